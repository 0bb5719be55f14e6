"""MH-01: need judged, and no *inskrivningsmeddelande* within 24 hours (LUS 2:3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import AdmissionNotified, ServiceNeedAssessed
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("MH-01", "Admission notice within 24 hours", "LUS 2:3", "legal")
LIMIT = timedelta(hours=24)


def rows(case: Case) -> Iterator[Row]:
    assessed = first_yes(case)
    if assessed is None:
        return
    start = clock_start(case, assessed)
    yield case.obligation(
        RULE,
        assessed,
        case.hospital(assessed),
        started_at=start,
        due_at=start + LIMIT,
        done=case.first_reaching(AdmissionNotified),
        endings=(case.stay_ended(), case.stopped()),
    )


def first_yes(case: Case) -> RecordedFact | None:
    """The first judgement that services may be needed: it is what starts the duty (LUS 2:1)."""
    return case.stay.first(ServiceNeedAssessed, lambda fact: fact.outcome == "yes")


def clock_start(case: Case, assessed: RecordedFact) -> datetime:
    """Admission if it was judged at admission (as said, else by the times), else the judgement (LUS 2:3)."""
    admitted, fact = case.stay.admitted, assessed.fact
    assert admitted is not None
    assert isinstance(fact, ServiceNeedAssessed)
    at_admission = fact.at_admission if fact.at_admission is not None else assessed.time <= admitted.time
    return admitted.time if at_admission else assessed.time
