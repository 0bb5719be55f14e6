"""NS-discharge: the patient is ready and the municipality can receive, so the hospital discharges (LUS 3 chap.)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.municipal import MunicipalTakeoverAccepted
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("NS-discharge", "Discharge once the municipality can receive", "LUS 3 chap.", "next-step")


def rows(case: Case) -> Iterator[Row]:
    accepted = case.stay.first(MunicipalTakeoverAccepted)
    if accepted is None:
        return
    for period in case.ready_periods:
        if period.notice is None:
            continue
        opened = max(accepted, period.notice, key=lambda fact: fact.order)
        if period.withdrawn is not None and period.withdrawn.order < opened.order:
            continue
        yield case.obligation(
            RULE,
            opened,
            case.hospital(opened),
            done=case.stay.discharged,
            endings=(Ending(period.withdrawn, "withdrawn"), case.stay_ended(), case.stopped()),
        )
