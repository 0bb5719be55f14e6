"""NS-treat: the judgement *utskrivningsklar* was withdrawn, so the hospital treats on (LUS 1:3)."""

from collections.abc import Iterator

from domain.case import Case
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("NS-treat", "Treatment until ready again", "LUS 1:3", "next-step")


def rows(case: Case) -> Iterator[Row]:
    for number, period in enumerate(case.ready_periods):
        if period.withdrawn is None:
            continue
        again = case.ready_periods[number + 1] if number + 1 < len(case.ready_periods) else None
        yield case.obligation(
            RULE,
            period.withdrawn,
            case.hospital(period.withdrawn),
            done=again.begun if again is not None else None,
            endings=(case.stay_ended(), case.stopped()),
        )
