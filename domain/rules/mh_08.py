"""MH-08: a unit that was told of the admission has sent no *planeringsunderlag* (LUS 2:6; Halland's 48 hours)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.messages import PlanningInputSubmitted
from domain.rows import Row
from domain.rules.ns_plan import Receiver, receivers
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-08",
    "Planning input from receivers",
    "local agreement (Halland: 48 hours)",
    "local",
    values=("limits.planning_input_hours",),
)


def rows(case: Case) -> Iterator[Row]:
    """From receipt where that is known, else from the sending, until the discharge-ready notice."""
    ready = next((period.notice for period in case.ready_periods if period.notice is not None), None)
    for receiver in receivers(case):
        hours = case.agreed(receiver.notice).limits.planning_input_hours
        received = receiver.recipient.received_at or receiver.notice.time
        yield case.obligation(
            RULE,
            receiver.notice,
            receiver.owner,
            due_at=None if hours is None else received + timedelta(hours=hours),
            done=_submitted(case, receiver),
            endings=(
                Ending(ready, "ready"),
                Ending(receiver.removed, "removed"),
                case.stay_ended(),
                case.stopped(),
            ),
            key=receiver.owner.role or "",
        )


def _submitted(case: Case, receiver: Receiver) -> RecordedFact | None:
    """By anybody in the receiver's capacity and, where both sides name one, of its municipality."""
    asked = receiver.recipient

    def meant(fact: PlanningInputSubmitted) -> bool:
        same = None in (fact.municipality, asked.municipality) or fact.municipality == asked.municipality
        return fact.role == asked.role and same

    return case.stay.first(PlanningInputSubmitted, meant)
