"""MH-11: called to a SIP, and none is established (LUS 4:2, HSL 16:4: without delay; the days are a local limit)."""

from collections.abc import Iterator

from domain.calendar import add_days, end_of_local_day, local_date
from domain.case import Case
from domain.facts.notification import ConsentRecorded
from domain.facts.planning import SipEstablished, SipMeetingCalled
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-11",
    "SIP established after the call",
    "LUS 4:2, local agreement",
    "local",
    values=("limits.sip_established_days",),
)


def rows(case: Case) -> Iterator[Row]:
    """From the first call that reached somebody, until the plan stands or the patient says no to it."""
    called = case.first_reaching(SipMeetingCalled)
    if called is None or not isinstance(called.fact, SipMeetingCalled):
        return
    days = case.agreed(called).limits.sip_established_days
    refused = next(
        (
            recorded
            for recorded, fact in case.stay.all(ConsentRecorded)
            if fact.scope == "sip"
            and fact.decision in ("refused", "withdrawn")
            and recorded.order > called.order
        ),
        None,
    )
    yield case.obligation(
        RULE,
        called,
        case.open_care(called.fact.unit),
        due_at=None if days is None else end_of_local_day(add_days(local_date(called.time), days)),
        done=case.stay.first(SipEstablished),
        endings=(
            Ending(refused, "not-needed"),
            Ending(case.died, "deceased"),
            Ending(case.readmitted, "readmitted"),
            case.stopped(),
        ),
    )
