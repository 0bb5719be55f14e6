"""MH-23: an unplanned admission within 30 days of the last discharge (Öppna jämförelser): a finding, nobody's duty."""

from collections.abc import Iterator
from datetime import timedelta

from domain.calendar import date_difference
from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.admission import PatientAdmitted
from domain.rows import Finding, Row, row_id
from domain.subject import Rule

RULE = Rule(
    "MH-23",
    "Unplanned readmission within 30 days",
    "Socialstyrelsen, Öppna jämförelser",
    "quality",
    values=("limits.readmission_by",),
)
DAYS = 30


def rows(case: Case) -> Iterator[Row]:
    admitted = case.stay.admitted
    if admitted is None or not isinstance(admitted.fact, PatientAdmitted) or not admitted.fact.unplanned:
        return
    discharged = _last_discharge(case, admitted)
    if discharged is None or not _is_within(case, discharged, admitted):
        return
    owner = case.hospital(admitted)
    yield Finding(
        id=row_id(Finding, RULE.id, admitted.id, owner.party),
        rule=RULE.id,
        rule_version=RULE.version,
        severity=RULE.severity,
        valid_from=admitted.time,
        started_at=admitted.time,
        party=owner.party,
        role=owner.role,
        unit=owner.unit,
        opened_by=(discharged.id, admitted.id),
        **case.common(admitted),
    )


def _last_discharge(case: Case, admitted: RecordedFact) -> RecordedFact | None:
    """The last discharge of another stay by the admission; on the day of discharge is within the days, too."""
    before = [
        stay.discharged
        for stay in case.stays.stays.values()
        if stay is not case.stay
        and stay.under_lus
        and stay.discharged is not None
        and stay.discharged.time <= admitted.time
    ]
    return max(before, key=lambda fact: fact.order, default=None)


def _is_within(case: Case, discharged: RecordedFact, admitted: RecordedFact) -> bool:
    """30 x 24 hours or 30 local dates: the published definition does not say which, so it is agreed."""
    if case.agreed(admitted).limits.readmission_by == "dates":
        return date_difference(discharged.time, admitted.time) <= DAYS
    return admitted.time - discharged.time <= timedelta(days=DAYS)
