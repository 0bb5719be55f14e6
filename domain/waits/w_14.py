"""W-14: from discharge to the follow-up that was made (Fyrbodal's 48-72 hours where agreed)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.follow_up import FollowUpCompleted
from domain.rows import Row
from domain.subject import Rule

RULE = Rule(
    "W-14",
    "Discharge to follow-up",
    "Fyrbodal / local agreement",
    unit="hours",
    word="health-promoting",
    values=("limits.follow_up_from_hours", "limits.follow_up_within_hours"),
)


def rows(case: Case) -> Iterator[Row]:
    discharged = case.stay.discharged
    if discharged is None:
        return
    done = case.stay.first(FollowUpCompleted, since=discharged.time)
    if done is None:
        return
    yield case.wait(
        RULE,
        discharged,
        case.open_care(),
        from_time=done.time,
        done=done,
        at_least=case.agreed(discharged).limits.follow_up_from_hours,
        at_most=case.agreed(discharged).limits.follow_up_within_hours,
    )
