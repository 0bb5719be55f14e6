"""MH-21: a notice went astray and has not been sent again; the 24 hours of LUS 2:3 have run on meanwhile."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.fact import Fact
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.messages import NotificationMisdirected
from domain.facts.notification import AdmissionNotified
from domain.facts.planning import SipMeetingCalled
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-21",
    "Misdirected notice sent again",
    "LUS 2:3, local agreement",
    "legal",
    values=("limits.resend_hours",),
)
SENT_AGAIN: dict[str, type[Fact]] = {
    kind.NAME: kind for kind in (AdmissionNotified, DischargeReadyNotified, SipMeetingCalled)
}
"""The kinds of notice that are to be sent again, by name."""


def rows(case: Case) -> Iterator[Row]:
    """Each report, by whoever sent the notice: the ward, or open care where it was the call to a SIP."""
    for report, fact in case.stay.all(NotificationMisdirected):
        kind = SENT_AGAIN.get(fact.notification or "")
        if kind is None:
            continue
        is_call = kind is SipMeetingCalled
        hours = case.agreed(report).limits.resend_hours
        yield case.obligation(
            RULE,
            report,
            case.open_care() if is_call else case.hospital(report),
            due_at=None if hours is None else report.time + timedelta(hours=hours),
            done=case.first_reaching(kind, since=report.time),
            endings=(*_endings(case, is_call), case.stopped()),
            detail=fact.notification,
        )


def _endings(case: Case, is_call: bool) -> tuple[Ending, ...]:
    """A SIP is often made after the patient has come home, so its call is owed beyond the stay."""
    if is_call:
        return Ending(case.died, "deceased"), Ending(case.readmitted, "readmitted")
    return (case.stay_ended(),)
