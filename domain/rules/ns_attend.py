"""NS-attend: those who were called to a SIP draw it up without delay (LUS 4:2, HSL 16:4, SoL 10:8)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.planning import SipEstablished, SipMeetingCalled
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("NS-attend", "SIP drawn up by those called", "LUS 4:2, HSL 16:4, SoL 10:8", "next-step")


def rows(case: Case) -> Iterator[Row]:
    """The plan is often made after discharge, so discharge does not end it; no paragraph sets a date."""
    called = case.first_reaching(SipMeetingCalled)
    if called is None or not isinstance(called.fact, SipMeetingCalled):
        return
    owners = [
        case.open_care(called.fact.unit),
        *(case.receiver(invitee) for invitee in case.recipients(called)),
    ]
    seen = set()
    for owner in owners:
        if owner.role == "inpatient" or (owner.party, owner.role) in seen:
            continue
        seen.add((owner.party, owner.role))
        yield case.obligation(
            RULE,
            called,
            owner,
            done=case.stay.first(SipEstablished),
            endings=(Ending(case.died, "deceased"), Ending(case.readmitted, "readmitted"), case.stopped()),
            key=owner.role or "",
        )
