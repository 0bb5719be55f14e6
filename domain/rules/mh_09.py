"""MH-09: judged ready for discharge, and the units concerned are not told "as soon as possible" (LUS 3:1)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-09",
    "Discharge-ready notice after the judgement",
    "LUS 3:1",
    "legal",
    values=("limits.discharge_ready_notice_minutes",),
)


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        if period.declared is None:
            continue
        minutes = case.agreed(period.declared).limits.discharge_ready_notice_minutes
        yield case.obligation(
            RULE,
            period.declared,
            case.hospital(period.declared),
            due_at=None if minutes is None else period.declared.time + timedelta(minutes=minutes),
            done=period.notice,
            endings=(Ending(period.withdrawn, "withdrawn"), case.stay_ended(), case.stopped()),
        )
