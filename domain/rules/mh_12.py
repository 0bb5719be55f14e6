"""MH-12: discharged, and the receivers do not have the information the same calendar day (LUS 3:2)."""

from collections.abc import Iterator

from domain.calendar import end_of_local_day, local_date
from domain.case import Case
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge import DischargeInformationTransferred
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.notification import AdmissionNotified
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("MH-12", "Discharge information the same day", "LUS 3:2", "legal")


def rows(case: Case) -> Iterator[Row]:
    """Only where some unit is concerned: one that was sent a notice by then."""
    discharged = case.stay.discharged
    if discharged is None:
        return
    notices = (
        case.stay.first(AdmissionNotified, lambda fact: bool(fact.recipients)),
        case.stay.first(DischargeReadyNotified, lambda fact: bool(fact.recipients)),
        case.stay.first(CompulsoryOpenCareDecided, lambda fact: bool(fact.recipients)),
    )
    if not any(notice is not None and notice.time <= discharged.time for notice in notices):
        return
    yield case.obligation(
        RULE,
        discharged,
        case.hospital(discharged),
        due_at=end_of_local_day(local_date(discharged.time)),
        done=case.stay.first(DischargeInformationTransferred),
        endings=(Ending(case.died, "deceased"), case.stopped()),
    )
