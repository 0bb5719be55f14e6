"""W-04: from the judgement *utskrivningsklar* to the notice (LUS 3:1, 5:4)."""

from collections.abc import Iterator

from domain.case import Case
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "W-04",
    "Judgement to discharge-ready notice",
    "LUS 3:1",
    unit="minutes",
    word="coordinated",
    values=("limits.discharge_ready_notice_minutes",),
)


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        if period.declared is None:
            continue
        yield case.wait(
            RULE,
            period.declared,
            case.hospital(period.declared),
            done=period.notice,
            endings=(Ending(period.withdrawn, "withdrawn"), case.stay_ended(), case.stopped()),
            at_most=case.agreed(period.declared).limits.discharge_ready_notice_minutes,
        )
