"""W-15: from discharge to the next admission, where that one was unplanned (Öppna jämförelser: within 30 days)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.admission import PatientAdmitted
from domain.rows import Row
from domain.subject import Rule

RULE = Rule(
    "W-15",
    "Discharge to unplanned readmission",
    "Socialstyrelsen, Öppna jämförelser",
    unit="days",
    word="health-promoting",
)


def rows(case: Case) -> Iterator[Row]:
    discharged, readmitted = case.stay.discharged, case.readmitted
    if discharged is None or readmitted is None:
        return
    if isinstance(readmitted.fact, PatientAdmitted) and readmitted.fact.unplanned:
        yield case.wait(
            RULE,
            discharged,
            case.hospital(discharged),
            from_time=readmitted.time,
            done=readmitted,
            outcome="readmitted",
        )
