"""MH-24: a takeover was proposed and the municipality has not answered (a local limit; silence moves nothing)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import (
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-24",
    "Proposed takeover answered",
    "local agreement",
    "local",
    values=("limits.takeover_answer_hours",),
)


def rows(case: Case) -> Iterator[Row]:
    for proposed, fact in case.stay.all(MunicipalTakeoverProposed):
        role = municipal_role(fact.regime())
        hours = case.agreed(proposed).limits.takeover_answer_hours
        yield case.obligation(
            RULE,
            proposed,
            case.municipality(fact.municipality, role),
            due_at=None if hours is None else proposed.time + timedelta(hours=hours),
            done=_answer(case, proposed, fact),
            endings=(
                Ending(case.died, "deceased"),
                Ending(case.readmitted, "readmitted"),
                case.stopped(),
            ),
        )


def _answer(case: Case, proposed: RecordedFact, proposal: MunicipalTakeoverProposed) -> RecordedFact | None:
    """Yes or no by the municipality that was asked (the patient's own where none is named), on the same law."""
    asked = case.municipality(proposal.municipality).party
    for fact in case.stay.facts:
        value = fact.fact
        if (
            isinstance(value, MunicipalTakeoverAccepted | MunicipalTakeoverDeclined)
            and fact.order > proposed.order
            and case.municipality(value.municipality).party == asked
            and fact.envelope.regime == proposed.envelope.regime
        ):
            return fact
    return None
