"""W-06: days as *utskrivningsklar*, from the last valid notice to discharge, in dates; day 0 counts as zero.

SKR counts only stays of one day or more, Stockholm's payment mean the zeros too: the queries name both.
"""

from collections.abc import Iterator

from domain.case import Case
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "W-06", "Days ready for discharge", "SKR / Väntetider i vården", unit="dates", word="resource-efficient"
)


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        if period.notice is None:
            continue
        yield case.wait(
            RULE,
            period.notice,
            case.municipality(),
            done=case.stay.discharged,
            outcome="discharged",
            endings=(Ending(period.withdrawn, "withdrawn"), case.stay_ended(), case.stopped()),
        )
