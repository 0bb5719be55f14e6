"""What the hospital does in one stay, planned: admission, need, notices, ready for discharge, and the end."""

from datetime import datetime, timedelta

from consumers.simulator.clock import DAY, HOUR, MINUTE, SECOND, on_day, swedish_day
from consumers.simulator.dice import Dice
from consumers.simulator.records import (
    Assessment,
    Estimate,
    Leave,
    Notice,
    Party,
    Ready,
    Stay,
    Transfer,
)
from consumers.simulator.region import PSYCHIATRIC, Area, Municipality

NOTIFY_WITHIN = timedelta(hours=24)
"""LUS 2:3."""
READY_NOTICE_WITHIN = timedelta(minutes=60)
"""MH-09 in the agreement that the answers assume."""
NEED_SHARE = 0.45
READY_DAYS = {0: 24, 1: 28, 2: 18, 3: 12, 4: 7, 5: 4, 6: 3, 8: 2, 12: 1.5, 20: 0.5}
"""Days from the notice to the discharge: a mean near two (`domain-facts.md` §3.3)."""


def plan_ward(dice: Dice, area: Area, municipality: Municipality, stay: Stay, *, cancellable: bool) -> None:
    """Fill in everything up to the end of the stay; what happens at or after its end is cut off later."""
    assert stay.admitted_at is not None
    _place(dice, area, stay)
    if dice.chance(0.03) and cancellable and stay.visit_at is None:
        stay.end, stay.ended_at = "cancelled", stay.admitted_at + dice.span(HOUR, 40 * HOUR)
    medical_end = stay.admitted_at + max(dice.skewed(80 * HOUR, 0.8), 4 * HOUR)
    if dice.chance(NEED_SHARE):
        medical_end += dice.skewed(30 * HOUR, 0.6)
        _with_need(dice, municipality, stay, medical_end)
    else:
        _without_need(dice, stay, medical_end)
    _moves(dice, area, stay)


def _place(dice: Dice, area: Area, stay: Stay) -> None:
    if dice.chance(0.14):
        stay.care_form = PSYCHIATRIC
        stay.compulsion = dice.pick({"voluntary": 0.65, "LPT": 0.3, "LRV": 0.05})
    stay.unit = dice.one_of(area.hospitals[stay.hospital].wards[stay.care_form])


def _without_need(dice: Dice, stay: Stay, leaves_at: datetime) -> None:
    assert stay.admitted_at is not None
    outcome = dice.pick({"none": 40, "no": 55, "unknown": 5})
    if outcome != "none":
        at = stay.admitted_at + dice.span(20 * MINUTE, 6 * HOUR)
        stay.assessments.append(Assessment(at, outcome, at_admission=dice.pick({True: 0.6, None: 0.4})))
    _end(dice, stay, _by_day(dice, leaves_at, stay.admitted_at))
    if stay.end == "discharged":
        stay.destination = dice.pick({"home": 94, "other-hospital": 4, "other": 2})


def _with_need(dice: Dice, municipality: Municipality, stay: Stay, medical_end: datetime) -> None:
    needs = _needs(dice)
    due = _assess(dice, stay, needs) + NOTIFY_WITHIN
    if dice.chance(0.03):  # the stay ends just before or just after the limit, with nobody told
        _end(dice, stay, due + dice.one_of((-SECOND, SECOND)))
        stay.destination = "home"
        return
    parties = _parties(dice, municipality, needs)
    _notify(dice, stay, due, parties, needs, medical_end)
    ready_at = max([medical_end, *(notice.at + HOUR for notice in stay.notices[:1])])
    _declare(dice, stay, parties, ready_at)
    _re_estimate(dice, stay)
    _end(dice, stay, _leaves_at(dice, stay, ready_at))
    if stay.end == "discharged":
        _destination(dice, stay, needs)


def _needs(dice: Dice) -> tuple[str, ...]:
    odds = {"social-services": 0.75, "municipal-health": 0.6, "open-care": 0.5}
    needs = tuple(need for need, share in odds.items() if dice.chance(share))
    return needs or ("social-services",)


def _assess(dice: Dice, stay: Stay, needs: tuple[str, ...]) -> datetime:
    """Plan the judgement and return from when the hospital's 24 hours run (LUS 2:3)."""
    admitted = stay.admitted_at
    assert admitted is not None
    how = dice.pick({"at-admission": 45, "same-moment": 8, "soon-after": 17, "later": 20, "changed": 10})
    if how == "at-admission":
        at = admitted + dice.span(10 * MINUTE, 5 * HOUR)
        stay.assessments.append(Assessment(at, "yes", needs, at_admission=True))
        return admitted
    if how == "same-moment":
        stay.assessments.append(Assessment(admitted, "yes", needs))
        return admitted
    if how == "changed":
        no_at = admitted + dice.span(10 * MINUTE, 5 * HOUR)
        stay.assessments.append(Assessment(no_at, dice.pick({"no": 0.8, "unknown": 0.2}), at_admission=True))
    days = 3 if how in ("later", "changed") else 0
    at = admitted + dice.span(6 * HOUR, 8 * HOUR) + dice.span(HOUR, HOUR + days * 12 * HOUR)
    stay.assessments.append(Assessment(at, "yes", needs, at_admission=dice.pick({None: 0.6, False: 0.4})))
    return at


def _parties(dice: Dice, municipality: Municipality, needs: tuple[str, ...]) -> tuple[Party, ...]:
    """Whom it concerns; last the region's open care, which municipal health care brings in (LUS 2:1)."""
    parties = []
    if "social-services" in needs:
        parties.append(Party("social-services", municipality.home_care, municipality.code))
    if "municipal-health" in needs:
        parties.append(Party("municipal-health", municipality.nursing, municipality.code))
    if "open-care" in needs or "municipal-health" in needs or dice.chance(0.4):
        parties.append(Party("open-care", municipality.health_centre))
    return tuple(parties)


def _notify(
    dice: Dice,
    stay: Stay,
    due: datetime,
    parties: tuple[Party, ...],
    needs: tuple[str, ...],
    medical_end: datetime,
) -> None:
    """The admission notice, and often a second one to open care that was forgotten in the first."""
    assessed = stay.assessments[-1].at
    at = dice.handoff(assessed, due, late=9 * HOUR)
    if at is None:
        return
    everybody = parties
    forgotten = "municipal-health" in needs and len(parties) > 1 and dice.chance(0.3)
    if forgotten:
        everybody = tuple(party for party in parties if party.role != "open-care")
    stay.notices.append(Notice(at, everybody, _estimate(dice, medical_end)))
    if not forgotten:
        if dice.chance(0.12):  # told again; a receiver has known since the first time
            stay.notices.append(
                Notice(at + dice.span(HOUR, 30 * HOUR), parties, _estimate(dice, medical_end))
            )
        return
    second = dice.handoff(at, due, late=9 * HOUR) if at < due - MINUTE else at + dice.span(HOUR, 20 * HOUR)
    if second is not None:
        open_care = tuple(party for party in parties if party.role == "open-care")
        stay.notices.append(Notice(second, open_care, _estimate(dice, medical_end)))


def _estimate(dice: Dice, medical_end: datetime) -> datetime | None:
    if dice.chance(0.08):
        return None
    day = swedish_day(medical_end) + timedelta(days=dice.pick({-2: 1, -1: 3, 0: 5, 1: 3, 2: 2, 4: 1}))
    return on_day(day, dice.one_of((10, 12, 14)))


def _re_estimate(dice: Dice, stay: Stay) -> None:
    if not stay.notices or not stay.readies:
        return
    start, end = stay.notices[0].at, stay.readies[0].declared_at
    told = stay.notices[-1].estimate
    for _ in range(dice.pick({0: 55, 1: 33, 2: 12})):
        start = dice.between(start, end)
        new = on_day(swedish_day(end) + timedelta(days=dice.pick({-1: 1, 0: 6, 1: 2, 3: 1})), 13)
        stay.estimates.append(Estimate(start, new, told))
        told = new


def _declare(dice: Dice, stay: Stay, parties: tuple[Party, ...], ready_at: datetime) -> None:
    """Ready for discharge, told, sometimes withdrawn and often declared anew (LUS 3:1)."""
    if dice.chance(0.06):
        return  # the patient simply leaves: with a municipality concerned that is a miss
    at = ready_at
    if dice.chance(0.88):
        at = on_day(swedish_day(ready_at) + timedelta(days=1), 8) + dice.span(SECOND, 8 * HOUR)
    if dice.chance(0.06):  # close to midnight, where a day counted in UTC is another day
        at = on_day(swedish_day(ready_at) + timedelta(days=2), 0) + dice.span(-10 * MINUTE, 50 * MINUTE)
    concerned_by_municipality = any(party.municipality for party in parties)
    while True:
        due = at + READY_NOTICE_WITHIN
        told = dice.handoff(at, due, late=3 * HOUR)
        if not dice.chance(0.13):
            stay.readies.append(Ready(at, parties, told))
            return
        withdrawn = (told or due) + dice.skewed(9 * HOUR, 0.8)
        if dice.chance(0.3):  # before anybody was told, on either side of the limit
            told, withdrawn = None, due + dice.one_of((-20 * MINUTE, -SECOND, SECOND, 3 * HOUR))
        reason = dice.pick({"worse": 8, "error": 1, "other": 1})
        stay.readies.append(Ready(at, parties, told, withdrawn, reason))
        if not concerned_by_municipality and dice.chance(0.3):
            return
        at = on_day(swedish_day(withdrawn) + timedelta(days=dice.pick({1: 3, 2: 2, 4: 1})), 9)
        at += dice.span(SECOND, 6 * HOUR)


def _leaves_at(dice: Dice, stay: Stay, ready_at: datetime) -> datetime:
    if not stay.readies or stay.readies[-1].withdrawn_at is not None:
        earliest = max([ready_at, *(ready.withdrawn_at or ready_at for ready in stay.readies)]) + 2 * HOUR
        return _by_day(dice, earliest, earliest)
    last = stay.readies[-1]
    if last.notified_at is None and dice.chance(0.6):  # gone before, or as, the notice was due
        return last.declared_at + dice.one_of(
            (25 * MINUTE, READY_NOTICE_WITHIN - SECOND, READY_NOTICE_WITHIN + SECOND)
        )
    told = last.notified_at or last.declared_at + dice.one_of((20 * MINUTE, 5 * HOUR))
    day = swedish_day(told) + timedelta(days=dice.pick(READY_DAYS))
    leaves = on_day(day, 10) + dice.span(SECOND, 6 * HOUR)
    if dice.chance(0.03):  # by night, when a day counted in UTC is another day
        leaves = on_day(day + timedelta(days=1), 0) + dice.span(MINUTE, 55 * MINUTE)
    return leaves if leaves > told + 10 * MINUTE else told + dice.span(11 * MINUTE, 4 * HOUR)


def _by_day(dice: Dice, earliest: datetime, floor: datetime) -> datetime:
    """People leave between ten and half past four: the next such time, or on the same day a little later."""
    leaves = on_day(swedish_day(earliest), 10) + dice.span(SECOND, 390 * MINUTE)
    return leaves if leaves > floor + 2 * HOUR else floor + dice.span(2 * HOUR, 9 * HOUR)


def _end(dice: Dice, stay: Stay, leaves_at: datetime) -> None:
    """Discharge, unless the stay was cancelled before or the patient dies first."""
    assert stay.admitted_at is not None
    if stay.end == "cancelled" and stay.ended_at is not None and stay.ended_at < leaves_at:
        return
    stay.end, stay.ended_at = "discharged", leaves_at
    if dice.chance(0.035):
        stay.end = "deceased"
        stay.ended_at = dice.between(stay.admitted_at, leaves_at) if dice.chance(0.8) else leaves_at


def _destination(dice: Dice, stay: Stay, needs: tuple[str, ...]) -> None:
    if stay.compulsion in ("LPT", "LRV") and dice.chance(0.75):
        stay.destination = "compulsory-open-care"
    elif needs == ("open-care",):
        stay.destination = dice.pick({"home": 94, "other-hospital": 6})
    else:
        stay.destination = dice.pick(
            {"home": 66, "short-term-place": 16, "residential-care": 11, "other-hospital": 5, "other": 2}
        )


def _moves(dice: Dice, area: Area, stay: Stay) -> None:
    """Other wards, and leaves (*permission*), one after the other."""
    assert stay.admitted_at is not None
    assert stay.ended_at is not None
    if dice.chance(0.15):
        wards = area.hospitals[stay.hospital].wards[stay.care_form]
        others = [ward for ward in wards if ward != stay.unit]
        stay.transfers.append(Transfer(dice.between(stay.admitted_at, stay.ended_at), dice.one_of(others)))
    often = 0.4 if stay.care_form == PSYCHIATRIC else 0.04
    if stay.ended_at - stay.admitted_at > 2 * DAY and dice.chance(often):
        start = stay.admitted_at + dice.span(20 * HOUR, 40 * HOUR)
        for _ in range(dice.pick({1: 3, 2: 1})):
            back = start + dice.span(3 * HOUR, 40 * HOUR)
            if dice.chance(0.08) or back >= stay.ended_at:
                stay.leaves.append(Leave(start))  # never comes back to the ward: the leave ends with the stay
                return
            stay.leaves.append(Leave(start, back))
            start = back + dice.span(5 * HOUR, 30 * HOUR)
            if start >= stay.ended_at:
                return
