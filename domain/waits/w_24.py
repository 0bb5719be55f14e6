"""W-24: the share of contacts that came to the patient, at home or digitally: one for each, zero for a visit."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.fact import Fact
from domain.facts.contact import DigitalVisitHeld, HomeVisitMade, VisitMade
from domain.rows import Row
from domain.subject import Rule
from domain.waits.w_20 import met

RULE = Rule("W-24", "Contacts at home or digital", "God och nära vård", unit="share", word="near")
FORMS: dict[type[Fact], str] = {HomeVisitMade: "home", DigitalVisitHeld: "digital", VisitMade: "unit"}


def chain_rows(chain: Chain) -> Iterator[Row]:
    for recorded in chain.history.facts:
        form = FORMS.get(recorded.kind)
        if form is not None:
            yield chain.figure(
                RULE,
                recorded,
                chain.owner(recorded, unit=met(recorded)),
                0 if form == "unit" else 1,
                detail=form,
            )
