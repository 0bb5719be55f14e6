"""NS-tell: a unit that joined after the *inskrivningsmeddelande* is told of the admission as well (LUS 2:1)."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.messages import ParticipantChanged
from domain.facts.notification import AdmissionNotified
from domain.rows import Row
from domain.rules.ns_plan import removal
from domain.subject import Ending, Owner, Rule

RULE = Rule("NS-tell", "Unit that joined told of the admission", "LUS 2:1", "next-step")


def rows(case: Case) -> Iterator[Row]:
    """For each unit that was added; before any notice is sent MH-01 asks for all of them."""
    first = case.first_reaching(AdmissionNotified)
    for changed, fact in case.stay.all(ParticipantChanged):
        if first is None or first.order > changed.order:
            continue
        for owner in dict.fromkeys(case.receiver(added) for added in fact.added):
            if owner.role in ("inpatient", "emergency"):
                continue
            yield case.obligation(
                RULE,
                changed,
                case.hospital(changed),
                done=_told(case, changed, owner),
                endings=(
                    Ending(removal(case, owner, changed), "removed"),
                    case.stay_ended(),
                    case.stopped(),
                ),
                key=f"{owner.party or ''}/{owner.role}/{owner.unit or ''}",
            )


def _told(case: Case, changed: RecordedFact, owner: Owner) -> RecordedFact | None:
    """The first notice at or after the change that reached somebody in that capacity and municipality."""
    for notice, _ in case.stay.all(AdmissionNotified):
        reached = (case.receiver(recipient) for recipient in case.recipients(notice))
        if notice.time >= changed.time and any(
            (other.party, other.role) == (owner.party, owner.role) for other in reached
        ):
            return notice
    return None
