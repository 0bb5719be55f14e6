"""W-23: days in inpatient care in the 90 days before and after a municipality or a mobile team took over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.anchors import before_and_after, cancelled_by
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.rows import Row, measure
from domain.subject import Rule

RULE = Rule(
    "W-23",
    "Inpatient days before and after takeover",
    "God och nära vård",
    unit="days",
    word="resource-efficient",
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    yield from before_and_after(RULE, chain, _days)


def _days(
    chain: Chain, start: datetime, end: datetime, known: datetime
) -> tuple[float, tuple[RecordedFact, ...]]:
    """From admission to the stay's end, clipped to the time, in days of 24 hours; leave is part of the stay."""
    total = timedelta()
    counted: list[RecordedFact] = []
    for stay in chain.stays.stays.values():
        if stay.admitted is None or cancelled_by(stay, known):
            continue
        left = min(stay.ended.time, end) if stay.ended is not None else end
        length = left - max(stay.admitted.time, start)
        if length > timedelta():
            total += length
            counted.append(stay.admitted)
    return measure(start, start + total, RULE.unit), tuple(counted)
