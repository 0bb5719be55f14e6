"""What open care and the municipality do around a stay, planned: contact, SIP, takeover, care, follow-up."""

from datetime import datetime, timedelta
from typing import Literal

from consumers.simulator.clock import DAY, HOUR, MINUTE, SECOND, last_moment, swedish_day
from consumers.simulator.dice import Dice, Odds
from consumers.simulator.records import Answer, Party, Proposal, Receipt, Regime, Said, Start, Stay
from consumers.simulator.region import Area, Municipality

CARE_WITHIN = timedelta(hours=24)
"""MH-18 in the agreement that the answers assume, from the planned start or the discharge, the later one."""
FOLLOW_UP_WITHIN = timedelta(hours=72)
"""MH-19 in the agreement that the answers assume."""
CALL_WITHIN_DAYS = 3
"""LUS 4:3."""
CALL_ODDS: Odds = {"in-time": 58, "at-the-limit": 10, "just-late": 10, "late": 10, "never": 12}
"""A SIP is rarer than the rest, so its limit is met more often."""
HSL = ("home-nursing", "rehabilitation")
SOL = {
    "home": ("home-help",),
    "short-term-place": ("short-term-place",),
    "residential-care": ("residential-care",),
}


SipPlan = Literal["free", "agreed", "none"]
"""Anything may come of a SIP, or the patient says no no, or none is thought of."""


def plan_handoffs(dice: Dice, area: Area, municipality: Municipality, stay: Stay, sip: SipPlan) -> None:
    """Fill in the rest, from a stay whose end is known."""
    _receipts(dice, stay)
    _contact(dice, stay)
    parties = stay.readies[-1].to if stay.readies else stay.notices[0].to if stay.notices else ()
    roles = {party.role for party in parties}
    if "open-care" in roles and len(roles) > 1 and sip != "none":
        _sip(dice, stay, refusals=sip == "free")
    _takeovers(dice, area, municipality, stay, parties)
    _at_discharge(dice, stay)
    if any(assessment.outcome == "yes" for assessment in stay.assessments):
        _follow_up(dice, stay)


def _receipts(dice: Dice, stay: Stay) -> None:
    """Each receiver says once, or never, that it has read; some only after they were told again."""
    told = {party: notice.at for notice in reversed(stay.notices) for party in notice.to}
    for party, at in told.items():
        if dice.chance(0.8):
            stay.receipts.append(Receipt(at + dice.skewed(5 * HOUR, 1.2), party))


def _contact(dice: Dice, stay: Stay) -> None:
    """The *fasta vårdkontakt*, once open care has been told; due when the patient leaves (LUS 2:5)."""
    told = [notice.at for notice in stay.notices if any(party.role == "open-care" for party in notice.to)]
    if not told or stay.ended_at is None or told[0] >= stay.ended_at:
        return
    if stay.end == "discharged" or dice.chance(0.4):
        stay.contact_at = dice.handoff(told[0], stay.ended_at, late=30 * HOUR)


def _sip(dice: Dice, stay: Stay, refusals: bool) -> None:
    noticed = [ready for ready in stay.readies if ready.notified_at is not None]
    if not noticed:
        return
    notice_at = noticed[-1].notified_at
    assert notice_at is not None
    due = last_moment(swedish_day(notice_at) + timedelta(days=CALL_WITHIN_DAYS))
    _consent(dice, stay, notice_at, due, refusals)
    if not _sip_need(dice, stay, notice_at, due):
        return
    call = _call(dice, notice_at, stay.sip_needs[0].at, due, single=len(noticed) == 1)
    if call is None or any(no <= call for no in _nos(stay)):
        return  # nobody calls a meeting that the patient does not want, or that nobody needs
    if stay.destination == "compulsory-open-care" and stay.discharged_at and call >= stay.discharged_at:
        return
    stay.sip_calls.append(call)
    if dice.chance(0.1):
        stay.sip_calls.append(call + dice.span(HOUR, 30 * HOUR))  # called again with another time
    if dice.chance(0.6) and not _nos(stay):
        stay.sip_established_at = stay.sip_calls[-1] + dice.skewed(60 * HOUR, 0.7)


def _call(
    dice: Dice, notice_at: datetime, needed_at: datetime, due: datetime, single: bool
) -> datetime | None:
    opening = max(notice_at, needed_at)
    if single and dice.chance(0.1):
        early = notice_at - dice.span(MINUTE, 6 * HOUR)
        return early if needed_at < early else None
    if opening < due - HOUR:
        return dice.handoff(opening, due, late=20 * HOUR, odds=CALL_ODDS)
    return opening + dice.span(HOUR, 9 * HOUR)


def _nos(stay: Stay) -> list[datetime]:
    consents = [consent.at for consent in stay.consents if consent.what in ("refused", "withdrawn")]
    return consents + [need.at for need in stay.sip_needs if need.what == "no"]


def _consent(dice: Dice, stay: Stay, notice_at: datetime, due: datetime, refusals: bool) -> None:
    """Given, or not asked, or refused before the notice, or taken back on either side of the limit."""
    before = notice_at - dice.span(20 * MINUTE, 5 * HOUR)
    how = dice.pick({"given": 55, "not-asked": 20, "incapable": 3, "refused": 10, "taken-back": 12})
    if how in ("refused", "taken-back") and not refusals:
        how = "given"
    if how in ("given", "refused", "incapable"):
        stay.consents.append(Said(before, how))
    elif how == "taken-back":
        at = dice.handoff(notice_at, due, late=9 * HOUR) or notice_at + dice.span(HOUR, 20 * HOUR)
        if dice.chance(0.5):
            stay.consents.append(Said(before, "given"))
            stay.consents.append(Said(at, "withdrawn"))
        else:
            stay.consents.append(Said(at, "refused"))


def _sip_need(dice: Dice, stay: Stay, notice_at: datetime, due: datetime) -> bool:
    """Plan what is decided about the need of a SIP; True when it is a yes that somebody may act on."""
    odds = {"before": 48, "after": 22, "after-discharge": 6, "no": 12, "undecided": 12}
    how = dice.pick(odds)
    exempt = stay.destination == "compulsory-open-care"
    if exempt and how != "no" and dice.chance(0.5):
        how = "after-discharge"  # too late to matter: a samordnad vårdplan takes the SIP's place (LUS 4:1)
    if how == "undecided" or (how == "after-discharge" and stay.discharged_at is None):
        return False
    moments = {
        "before": notice_at - dice.span(MINUTE, 20 * HOUR),
        "after": notice_at + dice.span(10 * MINUTE, 40 * HOUR),
        "after-discharge": (stay.discharged_at or due) + dice.span(HOUR, 20 * HOUR),
        "no": notice_at + dice.span(-10 * HOUR, 10 * HOUR),
    }
    stay.sip_needs.append(Said(moments[how], "no" if how == "no" else "yes"))
    if how in ("before", "after") and dice.chance(0.06):
        stay.sip_needs.append(Said(max(moments[how], notice_at) + dice.span(HOUR, 80 * HOUR), "no"))
    return how != "no"


def _takeovers(
    dice: Dice, area: Area, municipality: Municipality, stay: Stay, parties: tuple[Party, ...]
) -> None:
    roles = {party.role for party in parties}
    left = stay.discharged_at
    if left is None or stay.destination in ("other-hospital", "compulsory-open-care"):
        return
    if not dice.chance(0.85 if stay.readies else 0.4):
        return  # for those who leave unannounced the municipality is seldom asked either
    told = max([ready.declared_at for ready in stay.readies] or [left - 5 * HOUR])
    asked_at = dice.between(told, left) if dice.chance(0.8) else told - dice.span(HOUR, 15 * HOUR)
    asked_at = max(asked_at, stay.admitted_at + MINUTE) if stay.admitted_at else asked_at
    wanted: list[tuple[Regime, tuple[str, ...]]] = []
    if "municipal-health" in roles:
        wanted.append(("HSL", HSL[: dice.pick({1: 0.7, 2: 0.3})]))
    if "social-services" in roles:
        wanted.append(("SoL", SOL.get(stay.destination, SOL["home"])))
    together = dice.chance(0.5)
    begin_together: datetime | None = None
    for regime, services in wanted:
        stay.proposals.append(Proposal(asked_at, municipality.code, regime, services))
        planned = _answer(dice, stay, municipality.code, regime, services, asked_at, left)
        begins = _begins(dice, planned, left)
        if together and begins is not None and planned is not None and len(wanted) == 2 and dice.chance(0.5):
            begin_together = begins = begin_together or begins
        if begins is not None:
            code = municipality.code if dice.chance(0.97) else dice.one_of(area.municipalities).code
            stay.starts.append(Start(begins, code, regime, services))
        if not together:
            asked_at += dice.span(MINUTE, 20 * MINUTE)


def _answer(
    dice: Dice,
    stay: Stay,
    code: str,
    regime: Regime,
    services: tuple[str, ...],
    asked_at: datetime,
    left: datetime,
) -> datetime | None:
    """Plan the answers; the planned start the municipality stands by, None where there is no yes in time."""
    how = dice.pick({"yes": 78, "yes-as-they-leave": 4, "yes-too-late": 4, "no": 8, "silence": 6})
    at = dice.between(asked_at, left) if left > asked_at + MINUTE else asked_at + 30 * SECOND
    if how == "silence":
        return None
    if how == "no":
        stay.answers.append(Answer(at, code, regime, services))
        return None
    planned = left + dice.span(-20 * HOUR, 20 * HOUR) if dice.chance(0.7) else left - dice.span(HOUR, 3 * DAY)
    if how == "yes-too-late":
        at = left + dice.span(SECOND, 5 * HOUR)
    elif how == "yes-as-they-leave":
        at = left
    stay.answers.append(Answer(at, code, regime, services, planned))
    if how == "yes" and at + MINUTE < left and dice.chance(0.1):
        planned = left + dice.span(2 * HOUR, 30 * HOUR)
        stay.answers.append(Answer(dice.between(at, left), code, regime, services, planned))
    return None if how == "yes-too-late" else planned


def _begins(dice: Dice, planned: datetime | None, left: datetime) -> datetime | None:
    if planned is None:
        return left + dice.span(5 * HOUR, 40 * HOUR) if dice.chance(0.3) else None
    if dice.chance(0.04):
        return left - dice.span(5 * MINUTE, 50 * MINUTE)
    return dice.handoff(left, max(planned, left) + CARE_WITHIN, late=15 * HOUR)


def _at_discharge(dice: Dice, stay: Stay) -> None:
    """What the receivers (LUS 3:2) and the patient (LUS 3:3) are told as the patient leaves."""
    left = stay.discharged_at
    if left is None:
        return
    if dice.chance(0.85):
        stay.informed_at = left - dice.span(5 * MINUTE, 50 * MINUTE)
    if not stay.notices and not any(ready.notified_at for ready in stay.readies):
        return
    how = dice.pick({"after": 74, "same-moment": 6, "before": 16, "day-before": 4})
    at: datetime | None = left
    if how == "after":
        at = dice.handoff(left, last_moment(swedish_day(left)), late=12 * HOUR)
    elif how != "same-moment":
        assert stay.admitted_at is not None
        early = dice.span(10 * MINUTE, 2 * HOUR) if how == "before" else dice.span(20 * HOUR, 30 * HOUR)
        at = max(left - early, stay.admitted_at + 5 * MINUTE)
    if at is not None:
        stay.information_at.append(at)
        if dice.chance(0.08):
            stay.information_at.append(max(at, left) + dice.span(HOUR, 30 * HOUR))  # a supplement


def _follow_up(dice: Dice, stay: Stay) -> None:
    """Who calls the patient after coming home, and whether anybody does (a local routine)."""
    left = stay.discharged_at
    if left is None or stay.destination == "other-hospital":
        return
    due = left + FOLLOW_UP_WITHIN
    if dice.chance(0.45):
        if dice.chance(0.25):
            due = left + dice.one_of((48 * HOUR, 120 * HOUR))
        stay.follow_up_due_at = due
        stay.follow_up_planned_at = left + dice.span(-3 * HOUR, 2 * HOUR)
    stay.follow_up_at = dice.handoff(left + (36 * HOUR if dice.chance(0.7) else HOUR), due, late=30 * HOUR)
    if stay.follow_up_planned_at and stay.follow_up_at and stay.follow_up_at <= stay.follow_up_planned_at:
        stay.follow_up_planned_at = left - 90 * SECOND
