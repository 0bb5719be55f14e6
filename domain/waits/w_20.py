"""W-20: each meeting with a unit, counted as different units per patient and month elsewhere."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.contact import VISITS, PreventiveContactMade
from domain.facts.follow_up import FollowUpCompleted
from domain.facts.guarantee import CareAssessed
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("W-20", "Contacts and units met", "God och nära vård", unit="count", word="coordinated")
CONTACTS: frozenset[type[Fact]] = frozenset({*VISITS, PreventiveContactMade, CareAssessed, FollowUpCompleted})


def chain_rows(chain: Chain) -> Iterator[Row]:
    """An emergency visit and the stay that it leads to are two contacts."""
    begun = {
        act.id
        for stay in chain.stays.stays.values()
        for act in (stay.opened, stay.admitted)
        if act is not None
    }
    for recorded in chain.history.facts:
        if recorded.kind in CONTACTS or recorded.id in begun:
            yield chain.figure(
                RULE, recorded, chain.owner(recorded, unit=met(recorded)), 1, detail=recorded.kind.NAME
            )


def met(recorded: RecordedFact) -> str | None:
    """The unit that the patient met: the one named, else the one that said it."""
    named: str | None = getattr(recorded.fact, "unit", None)
    return named or recorded.envelope.actorunit
