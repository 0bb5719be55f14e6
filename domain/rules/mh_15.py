"""MH-15: liability would start, and a condition of LUS 5:3 is missing or 5:5 stands in the way: not liable, and why."""

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from domain.case import Case
from domain.liability import liabilities
from domain.liability_conditions import ADMISSION_NOTICE, LATE_ADMISSION_NOTICE
from domain.liability_parts import Liability
from domain.rows import Row
from domain.rules.mh_14 import fallen_away
from domain.subject import Ending, Owner, Rule

RULE = Rule(
    "MH-15",
    "Conditions for liability met when it starts",
    "LUS 5:3, 5:5",
    "money",
    values=(
        "liability.late_admission_notice",
        "liability.late_sip_call",
        "limits.sip_call_rolls_over",
        "liability.open_care_cleared",
        "liability.refused_sip_waives_call",
    ),
)


def rows(case: Case) -> Iterator[Row]:
    """One for each condition missing then, named by ``detail``; what came too late is never done."""
    for liability in liabilities(case):
        for missing in liability.missing:
            assert liability.settled_at is not None
            duty = case.obligation(
                RULE,
                liability.notice,
                _owner(case, liability, missing.condition),
                from_time=liability.settled_at,
                due_at=liability.settled_at,
                done=missing.done,
                endings=(
                    Ending(missing.not_needed, "not-needed"),
                    *fallen_away(liability),
                    case.stay_ended(),
                    case.stopped(),
                ),
                because=(liability.moved,) if liability.moved is not None else (),
                key=f"{missing.condition}/{liability.key}",
                detail=missing.condition,
            )
            yield structs.replace(duty, agreement=liability.agreement.name)


def _owner(case: Case, liability: Liability, condition: str) -> Owner:
    """The hospital for the admission notice, by the ward the patient was on then; open care for the rest."""
    if condition not in (ADMISSION_NOTICE, LATE_ADMISSION_NOTICE):
        return case.open_care()
    settled_at = liability.settled_at
    wards = [phase.unit for phase in case.stay.phases if settled_at is None or phase.since <= settled_at]
    return replace(case.hospital(liability.notice), unit=wards[-1] if wards else None)
