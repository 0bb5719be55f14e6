"""Who comes, when, how often and how it ends: each journey is planned before a single fact is written."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consumers.simulator.clock import HOUR, MINUTE, SECOND, last_moment, on_day, swedish_day
from consumers.simulator.dice import Dice
from consumers.simulator.handoffs import CARE_WITHIN, FOLLOW_UP_WITHIN, SipPlan, plan_handoffs
from consumers.simulator.records import Journey, Stay
from consumers.simulator.region import Area, Municipality
from consumers.simulator.trim import trim
from consumers.simulator.ward import plan_ward

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
VISITS_PER_ADMISSION = 0.12
"""Emergency visits that lead to no admission: far fewer than in life, as nothing is handed over after."""
RETURN_SHARE = 0.19
"""Of those discharged: who come back. A month's watch sees fewer, about one in ten (`domain-facts.md` §3.3)."""
_WEEKDAYS = {0: 1.15, 1: 1.1, 2: 1.08, 3: 1.05, 4: 1.02, 5: 0.78, 6: 0.82}
_ACUTE_HOURS = dict(enumerate([2] * 7 + [3, 4, 5, 6, 7, 7, 7, 7, 7, 6, 6, 6, 5, 5, 4, 3, 3]))
_BOOKED_HOURS = {7: 6, 8: 6, 9: 4, 10: 3, 11: 2, 12: 2, 13: 2, 14: 1}


@dataclass(frozen=True)
class Month:
    """The admissions' month, by Swedish days, and the watch, which ends with it."""

    start: date

    @property
    def days(self) -> list[date]:
        first = self.start.replace(day=1)
        length = (first + timedelta(days=32)).replace(day=1) - first
        return [self.start + timedelta(days=number) for number in range(length.days)]

    @property
    def begins(self) -> datetime:
        return on_day(self.start, 0)

    @property
    def ends(self) -> datetime:
        """Nothing later has happened yet: the horizon of the answers."""
        return on_day(self.days[-1] + timedelta(days=1), 0)


def plan(
    area: Area, admissions: int, seed: int, month: Month, clear: Callable[[Journey], bool]
) -> Iterator[Journey]:
    """Journeys until so many admissions are planned, and the emergency visits that lead to none.

    A journey that is not `clear`, because two of its acts fall on one moment by chance, is planned again.
    """
    run = hashlib.sha256(f"{area.code}:{seed}:{month.start}".encode()).digest()
    prefix = _base36(int.from_bytes(run[:4], "big"), 6)[-6:]
    left, index = admissions, 0
    visits = round(admissions * VISITS_PER_ADMISSION)
    while left > 0 or visits > 0:
        patient = f"SIM-{prefix}{_base36(index, 4)}"
        dice = Dice("plan", area.code, seed, month.start.isoformat(), index)
        index += 1
        municipality = area.municipality(dice.pick(area.weights))
        if dice.number(0, left + visits) < visits:
            visits -= 1
            yield Journey(patient, municipality.code, [_visit(dice, area, patient, month)])
            continue
        journey = _journey(dice, area, municipality, patient, month, left)
        while not clear(journey):
            journey = _journey(dice, area, municipality, patient, month, left)
        left -= len(journey.stays)
        yield journey


def _base36(number: int, width: int) -> str:
    digits = ""
    while number or len(digits) < width:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _arrives(dice: Dice, month: Month, unplanned: bool) -> datetime:
    def often(day: date) -> float:
        return _WEEKDAYS[day.weekday()] * (1 if unplanned or day.weekday() < 5 else 0.1)

    day = dice.pick({day: often(day) for day in month.days})
    hour = dice.pick(_ACUTE_HOURS if unplanned else _BOOKED_HOURS)
    return on_day(day, hour) + dice.span(SECOND, 59 * MINUTE)


def _visit(dice: Dice, area: Area, patient: str, month: Month) -> Stay:
    hospital = int(dice.number(0, len(area.hospitals)))
    stay = Stay(f"{patient}-V1", hospital, visit_at=_arrives(dice, month, unplanned=True), unplanned=True)
    if dice.chance(0.03):  # still there as the watch ends
        stay.visit_at = month.ends - dice.span(10 * MINUTE, 100 * MINUTE)
    assert stay.visit_at is not None
    stay.end, stay.ended_at = "discharged", stay.visit_at + dice.skewed(4 * HOUR, 0.5)
    stay.destination = dice.pick({"home": 92, "residential-care": 5, "other": 3})
    trim(stay, month.ends)
    return stay


@dataclass(frozen=True)
class _Coming:
    """An admission that is planned, and the emergency visit before it if there is one."""

    admitted_at: datetime
    unplanned: bool
    visit_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.visit_at or self.admitted_at


def _journey(
    dice: Dice, area: Area, municipality: Municipality, patient: str, month: Month, most: int
) -> Journey:
    journey = Journey(patient, municipality.code, [])
    coming: _Coming | None = _first(dice, month)
    while coming is not None:
        stay = Stay(
            episode=f"{patient}-V{len(journey.stays) + 1}",
            hospital=int(dice.number(0, len(area.hospitals))),
            visit_at=coming.visit_at,
            admitted_at=coming.admitted_at,
            unplanned=coming.unplanned,
        )
        plan_ward(dice, area, municipality, stay, cancellable=not journey.stays)
        plan_handoffs(dice, area, municipality, stay, _sip(journey))
        journey.stays.append(stay)
        coming = _returns(dice, stay, month) if len(journey.stays) < most else None
        if coming is not None:
            trim(stay, coming.at)
        else:
            _no_more(dice, journey, stay, month)
    return journey


def _sip(journey: Journey) -> SipPlan:
    """Whether a no to a SIP outlives the stay it was said in is nothing the answers should hang on."""
    if not journey.stays:
        return "free"
    refused = any(said.what in ("refused", "withdrawn") for stay in journey.stays for said in stay.consents)
    return "none" if refused else "agreed"


def _first(dice: Dice, month: Month) -> _Coming:
    unplanned = dice.chance(0.7)
    admitted_at = _arrives(dice, month, unplanned)
    came = admitted_at - dice.span(40 * MINUTE, 9 * HOUR)
    by_emergency = unplanned and dice.chance(0.5) and came >= month.begins
    return _Coming(admitted_at, unplanned, came if by_emergency else None)


def _returns(dice: Dice, stay: Stay, month: Month) -> _Coming | None:
    """The next admission, if one is seen; sometimes on either side of a limit that an admission stops."""
    left = stay.discharged_at
    if left is None or stay.destination == "other-hospital" or not dice.chance(RETURN_SHARE):
        return None
    again = left + dice.skewed(6 * 24 * HOUR, 1.0) + 4 * HOUR
    unplanned, came = dice.chance(0.85), again - dice.span(40 * MINUTE, 9 * HOUR)
    by_emergency = unplanned and dice.chance(0.6) and came > left + HOUR
    if dice.chance(0.3):
        again, by_emergency = _at_a_limit(dice, stay, left), False
    if again >= month.ends or again >= left + timedelta(days=30):
        return None
    return _Coming(again, unplanned, came if by_emergency else None)


def _at_a_limit(dice: Dice, stay: Stay, left: datetime) -> datetime:
    """A second before or after something was due that nobody had done: what happens then makes it fall away."""
    promised = {
        (answer.municipality, answer.regime): max(answer.planned_start, left) + CARE_WITHIN
        for answer in stay.answers
        if answer.planned_start is not None and answer.at <= left
    }
    due = stay.follow_up_due_at or left + FOLLOW_UP_WITHIN
    if promised and dice.chance(0.6):
        due = dice.one_of(list(promised.values()))
        stay.starts = []
    else:
        stay.follow_up_at = None
    return due + dice.one_of((-SECOND, SECOND))


def _dies(dice: Dice, stay: Stay, left: datetime, frail: bool) -> datetime:
    how = dice.pick({"any-time": 30, "midnight": 40, "limit": 30 if frail else 0})
    if how == "midnight":
        stay.information_at = []
        return last_moment(swedish_day(left)).replace(microsecond=0) + dice.one_of((0, 0, 1)) * SECOND
    return _at_a_limit(dice, stay, left) if how == "limit" else left + dice.skewed(40 * HOUR, 1.0)


def _no_more(dice: Dice, journey: Journey, stay: Stay, month: Month) -> None:
    """Cut the last stay at the month's end, or at a death after it, sometimes at a midnight that matters."""
    left, stops_at = stay.discharged_at, month.ends
    frail = any(judged.outcome == "yes" for judged in stay.assessments)
    if left is not None and left < month.ends and dice.chance(0.12 if frail else 0.02):
        died = _dies(dice, stay, left, frail)
        if left < died < month.ends:
            journey.died_after_at = stops_at = died
    trim(stay, stops_at)
