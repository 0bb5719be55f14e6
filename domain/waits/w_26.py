"""W-26: *egenvård* reviewed in time (lag 2022:1250), and the follow-up made in its agreed window (local)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.chain import Chain
from domain.facts.follow_up import FollowUpCompleted
from domain.rows import Obligation, Row
from domain.rules import mh_19, ns_review
from domain.subject import Owner, Rule

RULE = Rule(
    "W-26",
    "Egenvård reviewed, follow-up made in time",
    "lag (2022:1250); local agreement",
    unit="share",
    word="health-promoting",
    values=("limits.follow_up_from_hours", "limits.follow_up_within_hours"),
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    """Each review that was due: 1 when it was made in time; 0 from its day on when it was not, also if made later."""
    facts = {fact.id: fact for fact in chain.history.facts}
    for duty in ns_review.chain_rows(chain):
        assert isinstance(duty, Obligation)
        assert duty.due_at is not None
        opened, owner = facts[duty.opened_by[-1]], Owner(duty.party, duty.role, duty.unit)
        in_time = duty.ended_at is not None and duty.ended_at <= duty.due_at
        if duty.outcome == "done" and in_time:
            yield chain.figure(RULE, opened, owner, 1, detail="egenvard", known=facts[duty.closed_by[0]])
        elif not in_time:
            yield chain.figure(RULE, opened, owner, 0, detail="egenvard", known_at=duty.due_at)


def rows(case: Case) -> Iterator[Row]:
    """For the follow-ups of MH-19: the first one after discharge, in its window or outside; none by its end is 0."""
    discharged = case.stay.discharged
    if discharged is None:
        return
    limits = case.agreed(discharged).limits
    opens, closes = limits.follow_up_from_hours, limits.follow_up_within_hours
    if (opens is None and closes is None) or not any(True for _ in mh_19.rows(case)):
        return
    start = discharged.time + timedelta(hours=opens or 0)
    end = None if closes is None else discharged.time + timedelta(hours=closes)
    done = case.stay.first(FollowUpCompleted, since=discharged.time)
    cut = [fact for fact in (case.died, case.readmitted, case.stopped().fact) if fact is not None]
    stopped = min((fact.time for fact in cut), default=None)
    counts = done is not None and (stopped is None or done.time <= stopped)
    if done is not None and counts and (end is None or opens is None or done.time <= end):
        in_window = done.time >= start and (end is None or done.time <= end)
        yield case.figure(RULE, discharged, case.open_care(), int(in_window), detail="follow-up", known=done)
    elif end is not None and opens is not None and (stopped is None or stopped > end):
        yield case.figure(RULE, discharged, case.open_care(), 0, detail="follow-up", known_at=end)
