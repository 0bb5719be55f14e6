"""MH-13: discharged, and the patient has not been given the information in writing (LUS 3:3, patientlagen 3:2 b)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.discharge import PatientDischarged, PatientInformedAtDischarge
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("MH-13", "Patient informed at discharge", "LUS 3:3, patientlagen 3:2 b", "legal")


def rows(case: Case) -> Iterator[Row]:
    """Not for a patient who goes to another hospital: inpatient care goes on there."""
    discharged = case.stay.discharged
    if discharged is None:
        return
    if isinstance(discharged.fact, PatientDischarged) and discharged.fact.destination == "other-hospital":
        return
    yield case.obligation(
        RULE,
        discharged,
        case.hospital(discharged),
        due_at=discharged.time,
        done=case.stay.first(PatientInformedAtDischarge),
        endings=(Ending(case.died, "deceased"), case.stopped()),
    )
