"""MH-18: discharged to municipal care that was promised, and it has not started (a local limit)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import MunicipalCareStarted, MunicipalTakeoverAccepted
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-18",
    "Municipal care started as planned",
    "local agreement",
    "local",
    values=("limits.municipal_start_hours",),
)


def rows(case: Case) -> Iterator[Row]:
    discharged = case.stay.discharged
    if discharged is None:
        return
    for accepted in _promises(case, discharged):
        fact = accepted.fact
        assert isinstance(fact, MunicipalTakeoverAccepted)
        role = municipal_role(fact.regime())
        planned = max(fact.planned_start_at or discharged.time, discharged.time)
        hours = case.agreed(discharged).limits.municipal_start_hours
        yield case.obligation(
            RULE,
            discharged,
            case.municipality(fact.municipality, role, fact.unit),
            started_at=planned,
            due_at=None if hours is None else planned + timedelta(hours=hours),
            done=_started(case, fact),
            endings=(
                Ending(case.died, "deceased"),
                Ending(case.readmitted, "readmitted"),
                case.stopped(),
            ),
            because=(accepted,),
            key=role,
        )


def _promises(case: Case, discharged: RecordedFact) -> list[RecordedFact]:
    """The last acceptance per municipality (the patient's own where none is named) and regime, at discharge."""
    last: dict[tuple[str | None, str], RecordedFact] = {}
    for recorded, fact in case.stay.all(MunicipalTakeoverAccepted):
        if recorded.time <= discharged.time:
            last[case.municipality(fact.municipality).party, fact.regime()] = recorded
    return list(last.values())


def _started(case: Case, promise: MunicipalTakeoverAccepted) -> RecordedFact | None:
    party = case.municipality(promise.municipality).party
    return case.stay.first(
        MunicipalCareStarted,
        lambda fact: (
            case.municipality(fact.municipality).party == party and fact.regime() == promise.regime()
        ),
    )
