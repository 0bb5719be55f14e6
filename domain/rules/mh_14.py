"""MH-14: the discharge-ready notice is sent and the patient is still admitted when liability starts (LUS 5:4)."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from domain.case import Case
from domain.liability import liabilities
from domain.liability_parts import START_VALUES, Liability
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("MH-14", "Patient received before liability starts", "LUS 5:4", "money", values=START_VALUES)


def rows(case: Case) -> Iterator[Row]:
    """Owed by the municipality from the notice on, whether or not LUS 5:3's other conditions hold.

    Without a limit where a month's mean is settled: no date is one patient's.
    """
    for liability in liabilities(case):
        starts_at = liability.starts_at
        duty = case.obligation(
            RULE,
            liability.notice,
            case.municipality(liability.municipality),
            from_time=liability.since,
            due_at=None if starts_at is None else starts_at - timedelta(microseconds=1),
            done=case.stay.discharged,
            endings=(*fallen_away(liability), case.stay_ended(), case.stopped()),
            because=(liability.moved,) if liability.moved is not None else (),
            key=liability.key,
        )
        yield replace(duty, agreement=liability.agreement.name)


def fallen_away(liability: Liability) -> tuple[Ending, ...]:
    """What takes a notice's effect away while the patient is in."""
    return (Ending(liability.withdrawn, "withdrawn"), Ending(liability.succeeded, "moved"))
