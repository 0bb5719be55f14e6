"""MH-04: the estimated discharge is passed or changed, and the units concerned are not told anew (LUS 2:4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import add_days, date_difference, end_of_local_day, local_date
from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.discharge_ready import DischargeReadyStatusObserved
from domain.facts.notification import AdmissionNotified, EstimatedDischargeChanged
from domain.rows import Row
from domain.subject import Owner, Rule

RULE = Rule(
    "MH-04", "New estimate told when it changes", "LUS 2:4", "legal", values=("limits.estimate_changed_days",)
)
OBSERVED_LIMIT = timedelta(hours=24)
"""From the ward's own change to its being told, where a number of days is agreed."""


@dataclass(frozen=True)
class Told:
    """An estimate as it was told to the units, until another is."""

    by: RecordedFact
    estimate: datetime
    next: RecordedFact | None


@dataclass(frozen=True)
class Trigger:
    """When, and by what, it shows that the estimate no longer holds."""

    time: datetime
    due_at: datetime | None
    observed: RecordedFact | None = None


def rows(case: Case) -> Iterator[Row]:
    """One duty per told estimate: from its passing, or from the ward's own system saying otherwise before that."""
    for told in _told(case):
        found = [trigger for trigger in (_passed(case, told), _observed(case, told)) if trigger is not None]
        trigger = min(found, key=lambda trigger: trigger.time, default=None)
        if trigger is None or _is_over(case, trigger.time):
            continue
        yield case.obligation(
            RULE,
            told.by,
            _ward(case, trigger.time),
            from_time=trigger.time,
            due_at=trigger.due_at,
            done=told.next,
            endings=(case.stay_ended(), case.stopped()),
            because=(trigger.observed,) if trigger.observed is not None else (),
        )


def _told(case: Case) -> list[Told]:
    """Each estimate that reached somebody, in order."""
    said: list[tuple[RecordedFact, datetime]] = []
    for recorded in case.stay.facts:
        fact = recorded.fact
        if isinstance(fact, AdmissionNotified) and fact.estimated_discharge_at and case.reached(recorded):
            said.append((recorded, fact.estimated_discharge_at))
        elif isinstance(fact, EstimatedDischargeChanged) and fact.new_estimate_at:
            said.append((recorded, fact.new_estimate_at))
    following = [*(recorded for recorded, _ in said), None][1:]
    return [Told(by, estimate, after) for (by, estimate), after in zip(said, following, strict=False)]


def _passed(case: Case, told: Told) -> Trigger | None:
    """The estimate's own instant, or its telling where it had passed by then; not where another was told by then."""
    time = case.begins(max(told.estimate, told.by.time))
    if told.next is not None and told.next.time <= time:
        return None
    days = case.agreed(told.by).limits.estimate_changed_days
    return Trigger(
        time, None if days is None else end_of_local_day(add_days(local_date(told.estimate), days))
    )


def _observed(case: Case, told: Told) -> Trigger | None:
    """The ward's own estimate is earlier, or later by more than what is agreed (any other date without that)."""
    days = case.agreed(told.by).limits.estimate_changed_days
    for recorded, fact in case.stay.all(DischargeReadyStatusObserved):
        if told.next is not None and recorded.order > told.next.order:
            return None
        if recorded.order < told.by.order or fact.estimated_discharge_at is None:
            continue
        moved = date_difference(told.estimate, fact.estimated_discharge_at)
        if moved < 0 or moved > (days or 0):
            return Trigger(
                case.begins(recorded.time), None if days is None else recorded.time + OBSERVED_LIMIT, recorded
            )
    return None


def _is_over(case: Case, time: datetime) -> bool:
    """The patient had left by then, or the case was closed."""
    ends = [end.fact.time for end in (case.stay_ended(), case.stopped()) if end.fact is not None]
    return any(end <= time for end in ends)


def _ward(case: Case, time: datetime) -> Owner:
    """The ward at a moment at which nothing need have been said: as after the last fact before it."""
    return case.hospital([fact for fact in case.stay.facts if fact.time <= time][-1])
