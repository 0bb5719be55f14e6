"""MH-25: a stay's days can be contested, and the municipality has not done so in time (LUS 4:5, Västra Götaland)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.calendar import date_difference, end_of_local_day, local_date
from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.messages import NotificationMisdirected
from domain.facts.settlement import CaseDisputed
from domain.liability import liabilities
from domain.rows import Row
from domain.rules import mh_20
from domain.subject import Rule

RULE = Rule(
    "MH-25",
    "Case disputed before the freeze",
    "LUS 4:5, local agreement",
    "money",
    values=("limits.dispute_day_of_month",),
)


def rows(case: Case) -> Iterator[Row]:
    """From the discharge, where the stay has days to pay for and something about them can be contested by then."""
    discharged = case.stay.discharged
    if discharged is None or case.stay.municipality is None:
        return
    number = _last_period(case, discharged)
    notice = case.ready_periods[number].notice if number is not None else None
    if number is None or notice is None or date_difference(notice.time, discharged.time) < 1:
        return
    if not _can_be_contested(case, number, discharged):
        return
    yield case.obligation(
        RULE,
        discharged,
        case.municipality(role="social-services"),
        due_at=_last_moment(case, discharged),
        done=case.stay.first(CaseDisputed),
        endings=(case.stopped(),),
        because=(notice,),
    )


def _last_period(case: Case, discharged: RecordedFact) -> int | None:
    """Which ready period stood, and had been told, when the patient left; what is said later changes nothing."""
    for number, period in enumerate(case.ready_periods):
        was_told = period.notice is not None and period.notice.order < discharged.order
        if was_told and (period.withdrawn is None or period.withdrawn.order > discharged.order):
            return number
    return None


def _can_be_contested(case: Case, number: int, discharged: RecordedFact) -> bool:
    """By the discharge liability had met an obstacle (MH-15), or a notice had gone astray (MH-21, MH-20)."""
    if any(liability.missing for liability in liabilities(case) if liability.period == number):
        return True
    astray = case.stay.first(NotificationMisdirected)
    if astray is not None and astray.time <= discharged.time:
        return True
    return any(row.valid_from <= discharged.time for row in mh_20.rows(case))


def _last_moment(case: Case, discharged: RecordedFact) -> datetime | None:
    """The end of the agreed day in the month after the discharge's, as months are in Sweden."""
    day = case.agreed(discharged).limits.dispute_day_of_month
    if day is None:
        return None
    month: date = local_date(discharged.time).replace(day=1) + timedelta(days=31)
    return end_of_local_day(month.replace(day=day))
