"""W-12: how far the last told estimate was from the discharge, in dates; negative when discharge came before (LUS 2:4)."""

from collections.abc import Iterator
from datetime import datetime

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import AdmissionNotified, EstimatedDischargeChanged
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("W-12", "Estimated to actual discharge", "LUS 2:4", unit="dates", word="resource-efficient")


def rows(case: Case) -> Iterator[Row]:
    discharged = case.stay.discharged
    if discharged is None:
        return
    told = [(fact, estimate) for fact, estimate in _estimates(case) if fact.time <= discharged.time]
    if not told:
        return
    fact, estimate = told[-1]
    yield case.difference(RULE, discharged, case.hospital(discharged), since=estimate, because=(fact,))


def _estimates(case: Case) -> Iterator[tuple[RecordedFact, datetime]]:
    for recorded in case.stay.facts:
        fact = recorded.fact
        if isinstance(fact, AdmissionNotified) and fact.estimated_discharge_at is not None:
            yield recorded, fact.estimated_discharge_at
        elif isinstance(fact, EstimatedDischargeChanged) and fact.new_estimate_at is not None:
            yield recorded, fact.new_estimate_at
