"""MH-16: the ward no longer has the patient as ready, and the notice is not withdrawn (Vårdhandboken; local)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case, ReadyPeriod
from domain.envelope import RecordedFact
from domain.facts.discharge_ready import DischargeReadyStatusObserved
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-16",
    "Discharge-ready withdrawn when no longer so",
    "Vårdhandboken, local agreement",
    "local",
    values=("limits.withdrawal_minutes",),
)


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        for observed, ready_again in _not_ready(case, period):
            minutes = case.agreed(observed).limits.withdrawal_minutes
            yield case.obligation(
                RULE,
                observed,
                case.hospital(observed),
                due_at=None if minutes is None else observed.time + timedelta(minutes=minutes),
                done=period.withdrawn,
                endings=(Ending(ready_again, "ready-again"), case.stay_ended(), case.stopped()),
            )


def _not_ready(case: Case, period: ReadyPeriod) -> Iterator[tuple[RecordedFact, RecordedFact | None]]:
    """Each stretch in which the ward's system says otherwise than the period: from when, and until when if it ended."""
    opened: RecordedFact | None = None
    for observed, fact in case.stay.all(DischargeReadyStatusObserved):
        if not _stands(case, period, observed):
            continue
        if fact.ready is False and opened is None:
            opened = observed
        elif fact.ready is True and opened is not None:
            yield opened, observed
            opened = None
    if opened is not None:
        yield opened, None


def _stands(case: Case, period: ReadyPeriod, observed: RecordedFact) -> bool:
    ends = [end.order for end in (period.withdrawn, case.stay.ended) if end is not None]
    return period.begun.order < observed.order and all(observed.order < end for end in ends)
