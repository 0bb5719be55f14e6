"""MH-19: discharged, and no follow-up within the agreed window (Fyrbodal's 48-72 hours, a local routine)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES
from domain.facts.discharge import PatientDischarged
from domain.facts.follow_up import FollowUpCompleted, FollowUpPlanned
from domain.rows import Obligation, Row
from domain.rules.mh_01 import first_yes
from domain.subject import Ending, Owner, Rule

RULE = Rule(
    "MH-19",
    "Follow-up after discharge",
    "local agreement (48-72 hours)",
    "local",
    values=("limits.follow_up_within_hours",),
)


def rows(case: Case) -> Iterator[Row]:
    """For patients judged to need services; a follow-up that is planned sets its own limit."""
    discharged, assessed = case.stay.discharged, first_yes(case)
    if discharged is None or assessed is None or assessed.time > discharged.time:
        return
    if isinstance(discharged.fact, PatientDischarged) and discharged.fact.destination == "other-hospital":
        return
    hours = case.agreed(discharged).limits.follow_up_within_hours
    limit = None if hours is None else discharged.time + timedelta(hours=hours)
    plans = [(recorded, fact) for recorded, fact in case.stay.all(FollowUpPlanned) if fact.due_at is not None]
    before = [plan for plan in plans if plan[0].time <= discharged.time]
    duty = case.obligation(
        RULE,
        discharged,
        case.open_care(),
        due_at=limit,
        done=case.stay.first(FollowUpCompleted, since=discharged.time),
        endings=(Ending(case.died, "deceased"), Ending(case.readmitted, "readmitted"), case.stopped()),
        because=(assessed,),
    )
    yield from _versions(case, duty, [*before[-1:], *(p for p in plans if p[0].time > discharged.time)])


def _versions(
    case: Case, duty: Obligation, plans: list[tuple[RecordedFact, FollowUpPlanned]]
) -> Iterator[Obligation]:
    """The duty as it stood before and after each plan; a plan made after it ended changes nothing."""
    current = duty
    for recorded, plan in plans:
        since = max(recorded.time, duty.valid_from)
        if duty.ended_at is not None and since > duty.ended_at:
            break
        if since > current.valid_from:
            yield replace(current, valid_to=since)
        current = _planned(case, replace(current, valid_from=since), recorded, plan)
    yield current


def _planned(case: Case, duty: Obligation, recorded: RecordedFact, plan: FollowUpPlanned) -> Obligation:
    owner = _owner(case, plan)
    due_at: datetime | None = plan.due_at
    return replace(
        duty,
        due_at=due_at,
        party=owner.party or duty.party,
        role=owner.role or duty.role,
        unit=owner.unit,
        opened_by=(*duty.opened_by, recorded.id),
    )


def _owner(case: Case, plan: FollowUpPlanned) -> Owner:
    if plan.role in MUNICIPAL_ROLES:
        return case.municipality(plan.municipality, plan.role, plan.unit)
    return case.open_care(plan.unit)
