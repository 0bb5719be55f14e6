"""W-01: from admission or judgement, as MH-01 starts its clock, to the admission notice (LUS 2:3)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import AdmissionNotified
from domain.rows import Row
from domain.rules.mh_01 import clock_start, first_yes
from domain.subject import Rule

RULE = Rule("W-01", "Admission to admission notice", "LUS 2:3", unit="hours", word="coordinated")


def rows(case: Case) -> Iterator[Row]:
    assessed = first_yes(case)
    if assessed is None:
        return
    yield case.wait(
        RULE,
        assessed,
        case.hospital(assessed),
        started_at=clock_start(case, assessed),
        done=case.first_reaching(AdmissionNotified),
        endings=(case.stay_ended(), case.stopped()),
        at_most=24,
    )
