"""Gap: a referral came back, nobody else was asked, and the patient waits for nobody (HSF 6:1)."""

from collections.abc import Iterator, Sequence

from domain.care._parts import regional
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.contact import VISITS
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
)
from domain.mismatches._parts import finding, first
from domain.rows import Finding, Responsibility
from domain.subject import Ending, Owner

CODE = "gap-referral"
TEXTS = {CODE: "A referral was returned without being passed on, and nobody has been asked since."}
_TAKEN_UP = (
    ReferralSent,
    ReferralAccepted,
    HandedBackToPrimaryCare,
    *VISITS,
)


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until the track is taken up again: the unit that asked is the one to do it."""
    for recorded, fact in chain.all(ReferralReturned, where=lambda fact: fact.passed_on_to is None):
        taken_up = first(
            later
            for later, value in chain.all(*_TAKEN_UP)
            if later.order > recorded.order and value.track == fact.track
        )
        asker = _asker(chain, recorded, fact.track)
        yield from finding(chain, CODE, recorded, asker, Ending(taken_up, "taken-up"), detail=fact.track)


def _asker(chain: Chain, returned: RecordedFact, track: str | None) -> Owner:
    asked = [
        (recorded, fact)
        for recorded, fact in chain.all(ReferralSent, where=lambda fact: fact.track == track)
        if recorded.order < returned.order
    ]
    if not asked:
        return regional(chain, returned, "open-care")
    recorded, fact = asked[-1]
    return regional(chain, recorded, "open-care", fact.from_unit)
