"""W-22: emergency visits in the 90 days before and after a municipality or a mobile team took over."""

from collections.abc import Iterator
from datetime import datetime

from domain.anchors import before_and_after, cancelled_by
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.emergency import EmergencyVisitStarted
from domain.rows import Row
from domain.subject import Rule

RULE = Rule(
    "W-22",
    "Emergency visits before and after takeover",
    "God och nära vård",
    unit="count",
    word="resource-efficient",
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    yield from before_and_after(RULE, chain, _visits)


def _visits(
    chain: Chain, start: datetime, end: datetime, known: datetime
) -> tuple[float, tuple[RecordedFact, ...]]:
    """Visits that began in the time, also those that led to admission; not those cancelled by then."""
    begun = tuple(
        stay.opened
        for stay in chain.stays.stays.values()
        if stay.opened is not None
        and stay.opened.kind is EmergencyVisitStarted
        and start <= stay.opened.time < end
        and not cancelled_by(stay, known)
    )
    return len(begun), begun
