"""W-11: dates for which the municipality pays, from the start of its liability until discharge (LUS 5 chap.)."""

from collections.abc import Iterator

from msgspec.structs import replace

from domain.case import Case
from domain.liability import liabilities
from domain.liability_parts import START_VALUES
from domain.rows import Row, Wait, row_id
from domain.rules.mh_14 import fallen_away
from domain.subject import Ending, Rule

RULE = Rule(
    "W-11",
    "Days the municipality pays for",
    "LUS 5 chap.",
    unit="dates",
    word="resource-efficient",
    values=(*START_VALUES, "payment.capped"),
)


def rows(case: Case) -> Iterator[Row]:
    """Local dates from the one on which liability began; discharge on that date is 0. Withdrawn, they stand."""
    for liability in liabilities(case):
        if liability.liable_from is None:
            continue
        owner = case.municipality(liability.municipality)
        notice = liability.notice
        wait = case.wait(
            RULE,
            notice,
            owner,
            started_at=liability.liable_from,
            from_time=liability.liable_since,
            done=case.stay.discharged,
            outcome="discharged",
            endings=(*fallen_away(liability), Ending(case.stay.ended, case.stay.phase or "ended")),
            because=tuple(fact for fact in liability.because if fact is not notice),
        )
        yield replace(
            wait,
            id=row_id(Wait, RULE.id, notice.id, f"{owner.party}/{liability.key}"),
            agreement=liability.agreement.name,
        )
