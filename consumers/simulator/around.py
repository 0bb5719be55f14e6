"""All else that ward, open care and municipality say around a stay: planning, the patient's words, the meeting."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from consumers.simulator.clock import DAY, HOUR, MINUTE, SECOND, days_between, swedish_day
from consumers.simulator.desk import recipients
from consumers.simulator.dice import Dice
from consumers.simulator.records import Act, Answer, Party, Proposal, Ready, Sender, Start, Stay

GOALS = (
    "Att få vara hemma med min katt.",
    "Att orka gå ut på gården igen.",
    "Att slippa berätta allt en gång till.",
    "Att min man inte ska behöva oroa sig.",
)
REPORTS = ("Klarade sig själv hemma.", "Hemtjänst tre gånger om dagen.", "Nyligen ramlat hemma.")
SERVICES = ("home-visit", "rehabilitation", "equipment", "primary-care-visit", "specialist-visit")


def plan_around(dice: Dice, stay: Stay, until: datetime) -> None:
    """Add to a stay that is planned to its end. `until` is when nothing more of it can happen (UTC)."""
    assert stay.admitted_at is not None
    inside = min(stay.ended_at or until, until)
    needs = any(judged.outcome == "yes" for judged in stay.assessments)
    _words(dice, stay, stay.admitted_at, inside, needs)
    _planning(dice, stay, inside)
    for ready in stay.readies:
        _status(dice, stay, ready, inside)
        _open_care(dice, stay, ready, inside)
    _meeting(dice, stay, until)
    _contact_ends(dice, stay, until)
    _details(dice, stay)
    if stay.discharged_at is not None:
        _homegoing(dice, stay, stay.admitted_at, stay.discharged_at, needs)
        _dispute(dice, stay, stay.discharged_at, until)
        if dice.chance(0.03):
            closed = stay.last_at + dice.span(HOUR, 60 * HOUR)
            stay.closed_at = closed if closed < until else None


def _say(stay: Stay, limit: datetime, at: datetime, kind: str, by: Sender, **data: Any) -> bool:
    """Told, unless it would be too late."""
    if at >= limit:
        return False
    stay.acts.append(Act(at, kind, by, data))
    return True


def _answer(stay: Stay, limit: datetime, at: datetime, kind: str, party: Party, **data: Any) -> None:
    """Told by a receiver, which says who it is."""
    said = {"unit": party.unit, "role": party.role, "municipality": party.municipality}
    if at < limit:
        stay.acts.append(Act(at, kind, party.role, said | data, party.unit, party.municipality))


def _words(dice: Dice, stay: Stay, admitted: datetime, inside: datetime, needs: bool) -> None:
    """What matters to the patient, and whether information may be shared."""
    if dice.chance(0.25 if needs else 0.06):
        at = admitted + dice.skewed(20 * HOUR, 0.8)
        _say(stay, inside, at, "patient-goal-stated", "ward", goal=dice.one_of(GOALS))
    if dice.chance(0.3 if needs else 0.05):
        at = admitted + dice.skewed(5 * HOUR, 0.7)
        decision = dice.pick({"given": 88, "refused": 8, "incapable": 4})
        _say(stay, inside, at, "consent-recorded", "ward", scope="information-sharing", decision=decision)


def _planning(dice: Dice, stay: Stay, inside: datetime) -> None:
    """What receivers answer to the admission notice (LUS 2:6), and messages without effect."""
    for notice in stay.notices:
        for party in notice.to:
            colour = dice.pick({"blue": 3, "green": 4, "yellow": 2, "red": 1})
            complete = dice.chance(0.9)
            if dice.chance(0.35):
                at = notice.at + dice.skewed(22 * HOUR, 0.9)
                _answer(stay, inside, at, "planning-input-submitted", party, colour=colour, complete=complete)
            if party.municipality is not None and dice.chance(0.25):
                at = notice.at + dice.skewed(6 * HOUR, 0.8)
                report = {"report": dice.one_of(REPORTS), "received_at": at + 2 * MINUTE}
                _answer(stay, inside, at, "home-situation-reported", party, **report)
    if stay.notices and dice.chance(0.2):
        notice, subject = stay.notices[-1], dice.one_of(("medicines", "aids", "relatives"))
        at = notice.at + dice.skewed(25 * HOUR, 0.8)
        to = recipients(*notice.to)
        sent = _say(stay, inside, at, "message-sent", "ward", recipients=to, subject=subject)
        if sent and dice.chance(0.7):
            read = at + dice.skewed(4 * HOUR, 0.9)
            _answer(stay, inside, read, "message-acknowledged", dice.one_of(notice.to))


def _status(dice: Dice, stay: Stay, ready: Ready, inside: datetime) -> None:
    """What the ward's own system shows, which need not agree with what was told."""
    if not dice.chance(0.15):
        return
    limit = min(ready.withdrawn_at or inside, inside)
    told = stay.estimates[-1].new if stay.estimates else None
    estimate = told + dice.one_of((-2, 0, 0, 1, 3)) * DAY if told is not None else None
    at = ready.declared_at + dice.span(MINUTE, 3 * HOUR)
    seen = "discharge-ready-status-observed"
    _say(stay, limit, at, seen, "ward", ready=True, estimated_discharge_at=estimate)
    if ready.withdrawn_at is not None or dice.chance(0.3):
        at = (ready.withdrawn_at or at + dice.span(5 * HOUR, 30 * HOUR)) - dice.span(2 * MINUTE, 4 * HOUR)
        if at > ready.declared_at + 3 * HOUR:
            _say(stay, limit, at, seen, "ward", ready=False)
            if ready.withdrawn_at is None and dice.chance(0.7):
                _say(stay, inside, at + dice.span(10 * MINUTE, 6 * HOUR), seen, "ward", ready=True)


def _open_care(dice: Dice, stay: Stay, ready: Ready, inside: datetime) -> None:
    """Something that the region's open care cannot give, so that the patient cannot leave (LUS 5:5)."""
    if ready.notified_at is None or not dice.chance(0.12):
        return
    service = dice.one_of(SERVICES)
    at = ready.notified_at + dice.span(30 * MINUTE, 90 * HOUR)
    until = at + dice.span(DAY, 4 * DAY)
    missing = "open-care-service-unavailable"
    if _say(stay, inside, at, missing, "open-care", service=service, expected_until=until):
        cleared = at + dice.skewed(24 * HOUR, 0.9)
        if dice.chance(0.7):
            _say(stay, inside, cleared, "open-care-service-cleared", "open-care", service=service)


def _meeting(dice: Dice, stay: Stay, until: datetime) -> None:
    """The meeting that the call was to, in a room, by video or by telephone; not where the patient said no."""
    stay.sip_form = dice.pick({"digital": 5, "in-person": 3, "telephone": 2})
    said_no = any(said.what in ("refused", "withdrawn") for said in stay.consents)
    if not stay.sip_calls or said_no or not dice.chance(0.85):
        return
    last = stay.sip_calls[-1]
    limit = min(stay.sip_established_at or until, until)
    held = dice.between(last, limit) if stay.sip_established_at else last + dice.skewed(50 * HOUR, 0.6)
    taking_part = stay.readies[-1].to if stay.readies else ()
    _say(
        stay,
        limit,
        held,
        "sip-meeting-held",
        "open-care",
        form=stay.sip_form,
        participants=recipients(*taking_part),
        patient_took_part=dice.chance(0.85),
    )


def _contact_ends(dice: Dice, stay: Stay, until: datetime) -> None:
    """The *fasta vårdkontakten* comes to an end, and another is appointed or not."""
    if stay.contact_at is None or not dice.chance(0.1):
        return
    ended = stay.contact_at + dice.skewed(5 * DAY, 0.8)
    reason = dice.pick({"staff-left": 4, "patient-chose": 3, "moved": 1, "no-longer-needed": 2})
    if _say(stay, until, ended, "care-contact-ended", "open-care", reason=reason) and dice.chance(0.6):
        unit = next((party.unit for notice in stay.notices for party in notice.to if _open(party)), None)
        if unit is not None:
            again = ended + dice.skewed(2 * DAY, 0.8)
            _say(stay, until, again, "care-contact-appointed", "open-care", unit=unit, reused=False)


def _open(party: Party) -> bool:
    return party.role == "open-care"


def _details(dice: Dice, stay: Stay) -> None:
    """What changes no time: words that a notice lacks, why a municipality says no, which services."""
    stay.notices = [
        replace(notice, lacks=_lacking(dice)) if dice.chance(0.06) else notice for notice in stay.notices
    ]
    reasons = {"no-place": 4, "needs-more-information": 2, "not-our-resident": 2, "medical-objection": 1}
    stay.answers = [replace(answer, reason=dice.pick(reasons)) for answer in stay.answers]
    if dice.chance(0.12):  # rehabilitation at home, and no nursing
        only = ("rehabilitation",)
        stay.proposals = [replace(item, services=only) if _hsl(item) else item for item in stay.proposals]
        stay.answers = [replace(item, services=only) if _hsl(item) else item for item in stay.answers]
        stay.starts = [replace(item, services=only) if _hsl(item) else item for item in stay.starts]


def _hsl(item: Proposal | Answer | Start) -> bool:
    return item.regime == "HSL"


def _lacking(dice: Dice) -> tuple[str, ...]:
    lacking = tuple(word for word in ("name", "identity", "address") if dice.chance(0.35))
    return lacking or ("address",)


def _homegoing(dice: Dice, stay: Stay, admitted: datetime, left: datetime, needs: bool) -> None:
    if dice.chance(0.35 if needs else 0.08):
        at = max(left - dice.span(10 * MINUTE, 20 * HOUR), admitted + 30 * SECOND)
        words = ("medicines", "aids", "transport", "home_keys")
        done = {word: dice.chance(0.9) for word in words}
        _say(stay, left, at, "homegoing-checklist-completed", "ward", **done)


def _dispute(dice: Dice, stay: Stay, left: datetime, until: datetime) -> None:
    """The municipality contests the days that it is to pay for (LUS 4:5)."""
    notified = [ready.notified_at for ready in stay.readies if ready.notified_at is not None]
    if not notified or days_between(notified[-1], left) < 1 or not dice.chance(0.12):
        return
    party = next((party for party in stay.readies[-1].to if party.municipality is not None), None)
    if party is None:
        return
    at = left + dice.span(DAY, 9 * DAY)
    reason = dice.pick({"open-care-missing": 4, "wrong-time": 3, "not-notified": 2, "not-discharge-ready": 1})
    if at < until:
        data = {"municipality": party.municipality, "month": f"{swedish_day(left):%Y-%m}", "reason": reason}
        act = Act(at, "case-disputed", "social-services", data, municipality=party.municipality)
        stay.acts.append(act)
