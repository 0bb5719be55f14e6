"""MH-05: a unit that was sent the *inskrivningsmeddelande* has not acknowledged it (*kvittens*; a local limit)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import AdmissionAcknowledged
from domain.reference import party_of
from domain.rows import Row
from domain.rules.ns_plan import receivers
from domain.subject import Ending, Owner, Rule

RULE = Rule(
    "MH-05",
    "Admission notice acknowledged",
    "local agreement",
    "local",
    values=("limits.acknowledgement_hours",),
)


def rows(case: Case) -> Iterator[Row]:
    """Each unit for itself, from the first notice that was sent to it."""
    for receiver in receivers(case, each_unit=True):
        notice, owner = receiver.notice, receiver.owner
        hours = case.agreed(notice).limits.acknowledgement_hours
        yield case.obligation(
            RULE,
            notice,
            owner,
            due_at=None if hours is None else notice.time + timedelta(hours=hours),
            done=acknowledged(case, notice, owner),
            endings=(Ending(receiver.removed, "removed"), case.stay_ended(), case.stopped()),
            key=f"{owner.role}/{owner.unit or ''}",
        )


def acknowledged(case: Case, notice: RecordedFact, owner: Owner) -> RecordedFact | None:
    """A unit answers for itself; where a unit is not named on both sides, its capacity and municipality do.

    Where the notice named no municipality, the one that answered for the patient by then was to acknowledge.
    """
    for recorded, fact in case.stay.all(AdmissionAcknowledged):
        if recorded.time >= notice.time and _is_of(case, recorded, fact, owner):
            return recorded
    return None


def _is_of(case: Case, recorded: RecordedFact, fact: AdmissionAcknowledged, owner: Owner) -> bool:
    if fact.unit is not None and owner.unit is not None:
        return fact.unit == owner.unit
    then = party_of(case.stay.municipality_known(recorded.time)) if owner.follows else owner.party
    return fact.role == owner.role and (fact.municipality is None or then == party_of(fact.municipality))
