"""NS-plan: each unit that was told of the admission plans what safe discharge needs, from receipt on (LUS 2:6)."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts._parts import Recipient
from domain.facts.messages import ParticipantChanged
from domain.facts.notification import AdmissionNotified
from domain.rows import Row
from domain.subject import Ending, Owner, Rule

RULE = Rule("NS-plan", "Receivers plan for discharge", "LUS 2:6", "next-step")


@dataclass(frozen=True)
class Receiver:
    """Somebody outside the hospital who was told of the admission."""

    notice: RecordedFact
    """The first that was sent to them."""
    recipient: Recipient
    owner: Owner
    removed: RecordedFact | None
    """What took them out of the planning again."""


def rows(case: Case) -> Iterator[Row]:
    """Until the discharge-ready notice asks for more: then NS-receive and MH-10 say what."""
    ready = next((period.notice for period in case.ready_periods if period.notice is not None), None)
    for receiver in receivers(case):
        yield case.obligation(
            RULE,
            receiver.notice,
            receiver.owner,
            endings=(
                Ending(ready, "ready"),
                Ending(receiver.removed, "removed"),
                case.stay_ended(),
                case.stopped(),
            ),
            key=receiver.owner.role or "",
        )


def receivers(case: Case, each_unit: bool = False) -> Iterator[Receiver]:
    """Each party and capacity once (with ``each_unit`` each unit of it); anew when told again after its removal."""
    told: dict[tuple[str | None, str | None, str | None], Receiver] = {}
    for notice, _ in case.stay.all(AdmissionNotified):
        for recipient in case.recipients(notice):
            owner = case.receiver(recipient)
            key = (owner.party, owner.role, owner.unit if each_unit else None)
            before = told.get(key)
            if owner.role in ("inpatient", "emergency") or (before and _takes_part(before, notice)):
                continue
            told[key] = Receiver(notice, recipient, owner, removal(case, owner, notice))
            yield told[key]


def _takes_part(receiver: Receiver, at: RecordedFact) -> bool:
    return receiver.removed is None or receiver.removed.order > at.order


def removal(case: Case, owner: Owner, since: RecordedFact) -> RecordedFact | None:
    """The first change after ``since`` by which a unit no longer takes part (*byte av medverkande part*)."""
    for changed, fact in case.stay.all(ParticipantChanged):
        if changed.order > since.order and any(
            _is(owner, case.receiver(removed)) for removed in fact.removed
        ):
            return changed
    return None


def _is(owner: Owner, removed: Owner) -> bool:
    same_unit = None in (owner.unit, removed.unit) or owner.unit == removed.unit
    return (owner.party, owner.role) == (removed.party, removed.role) and same_unit
