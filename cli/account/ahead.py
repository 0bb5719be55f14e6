"""What comes next: who shall do what and by when, and the times that are set."""

from collections.abc import Iterator
from datetime import datetime

from cli.account import dates
from cli.account.duties import ACTS
from cli.account.gather import Line
from cli.account.model import Item, Section
from cli.account.teller import Teller
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import MunicipalCareStarted, MunicipalTakeoverAccepted
from domain.facts.notification import AdmissionNotified, EstimatedDischargeChanged
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipMeetingHeld
from domain.facts.referral import HandedBackToPrimaryCare, SharedCareAgreed
from domain.facts.residence import ResidentialCareOffered


def upcoming(teller: Teller) -> Section:
    """Who shall do what and by when, and the times that are set."""
    heading = "Vad som händer härnäst"
    duties = [line for line in teller.told.of("next_step") if line["rule"] in ACTS]
    items = (*_set_times(teller), *_distinct(_duty(teller, line) for line in duties))
    if items:
        return Section("next", heading, (), items)
    return Section("next", heading, ("Det finns inget planerat i de uppgifter som finns här.",))


def _duty(teller: Teller, line: Line) -> Item:
    due = line["due_at"]
    if due is None:
        by = "Ingen sista dag är bestämd."
    elif teller.told.now > due:
        by = f"Det är försenat. Det skulle ha varit klart senast {dates.by(due)}."
    else:
        by = f"Senast {dates.by(due)}."
    return Item(f"ska {teller.say(ACTS[line['rule']])}.", teller.places.who(line), (by,))


def _distinct(items: Iterator[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))


_TIMES = (
    (SipMeetingCalled, "meeting_at", (SipMeetingHeld, SipEstablished), "möte om {din} samordnade individuella plan (SIP)."),
    (MunicipalTakeoverAccepted, "planned_start_at", (MunicipalCareStarted,),
     "räknar kommunen med att börja ge vård eller hjälp."),
    (ResidentialCareOffered, "move_in_at", (), "erbjuden inflyttning på ett särskilt boende."),
    (LeaveStarted, "expected_return_at", (LeaveEnded, PatientDischarged), "väntas {du} tillbaka till avdelningen."),
    (MobileTeamTookOver, "review_at", (MobileTeamHandedBack,), "ska det mobila teamet se över {din} vård."),
    (SharedCareAgreed, "review_at", (HandedBackToPrimaryCare,),
     "ska specialistvården och vårdcentralen följa upp hur de delar ansvaret."),
)  # fmt: skip
"""A kind of fact, the time ahead that it names, what makes it a thing of the past, and the words after the time."""


def _set_times(teller: Teller) -> Iterator[Item]:
    """The times that were told last, where they lie ahead, in order."""
    found: list[tuple[datetime, str]] = []
    if any(line["state"] in ("inpatient", "on_leave") for line in teller.told.stays):
        estimate = _estimate(teller)
        if estimate is not None:
            found.append((estimate, "beräknas {du} kunna lämna sjukhuset."))
    for kind, field, over, words in _TIMES:
        at = _last(teller, kind, field, over)
        if at is not None:
            found.append((at, words))
    for at, words in sorted(found):
        if at > teller.told.now:
            yield Item(teller.say(words), dates.begin(dates.by(at)))


def _last(teller: Teller, kind: type[object], field: str, over: tuple[type[object], ...]) -> datetime | None:
    at: datetime | None = None
    for fact in teller.said:
        if isinstance(fact, kind):
            at = getattr(fact, field)
        elif isinstance(fact, over):
            at = None
    return at


def _estimate(teller: Teller) -> datetime | None:
    """When the patient is expected to leave, as last told in the last stay (LUS 2:4)."""
    estimate: datetime | None = None
    for fact in teller.said:
        match fact:
            case PatientAdmitted():
                estimate = None
            case AdmissionNotified(estimated_discharge_at=told) if told is not None:
                estimate = told
            case EstimatedDischargeChanged(new_estimate_at=told) if told is not None:
                estimate = told
    return estimate
