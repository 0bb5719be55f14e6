"""The chain outside hospital: who meets the patient at home, by video, at a unit, in an ambulance, at the emergency."""

from datetime import datetime, timedelta
from typing import Any

from consumers.simulator.clock import DAY, HOUR, MINUTE, last_moment, swedish_day
from consumers.simulator.desk import recipients
from consumers.simulator.dice import Dice
from consumers.simulator.outside import Stretch, at_home_at, moment
from consumers.simulator.records import Act, Journey, Party, Stay
from consumers.simulator.region import Area, Municipality

CONTACTS = {0: 30, 1: 26, 2: 20, 3: 14, 5: 7, 8: 3}
ASSESSED_WITHIN_DAYS = 3
"""HSF 6:1."""
PROFESSIONS = {
    "physician": 3,
    "nurse": 5,
    "assistant-nurse": 1,
    "physiotherapist": 2,
    "occupational-therapist": 2,
    "psychologist": 0.5,
    "social-worker": 0.5,
}


def plan_chain(dice: Dice, home: Municipality, journey: Journey, found: list[Stretch]) -> None:
    """Add contacts, care sought and the ambulance to a journey whose stays are planned."""
    for _ in range(dice.pick(CONTACTS)):
        at = moment(dice, found)
        if at is not None:
            journey.acts.append(_contact(dice, home, at))
    if dice.chance(0.2):
        _sought(dice, home, journey, found)
    _conveyed(dice, journey, found)
    if dice.chance(0.15 if home.far else 0.08):
        _left_at_home(dice, home, journey, found)


def _contact(dice: Dice, home: Municipality, at: datetime) -> Act:
    far = home.far
    kind = dice.pick(
        {
            "visit-made": 25 if far else 42,
            "home-visit-made": 35 if far else 28,
            "digital-visit-held": 30 if far else 18,
            "preventive-contact-made": 10,
        }
    )
    data: dict[str, Any] = {"profession": dice.pick(PROFESSIONS)}
    if dice.chance(0.25):
        data["person"] = f"{home.health_centre.partition(':')[2]}-P{int(dice.number(1, 40))}"
    if kind == "home-visit-made" and dice.chance(0.5):
        said = {"unit": home.nursing, "role": "municipal-health", "municipality": home.code}
        return Act(at, kind, "municipal-health", said | data)
    return Act(at, kind, "open-care", {"unit": home.health_centre, "role": "open-care"} | data)


def _sought(dice: Dice, home: Municipality, journey: Journey, found: list[Stretch]) -> None:
    """Care sought in primary care, and assessed within three days or not (HSF 6:1)."""
    at = moment(dice, found)
    if at is None:
        return
    channel = dice.pick({"telephone": 6, "digital": 3, "visit": 2, "letter": 0.5})
    sought = {"unit": home.health_centre, "channel": channel}
    journey.acts.append(Act(at, "care-contact-sought", "open-care", sought))
    due = last_moment(swedish_day(at) + timedelta(days=ASSESSED_WITHIN_DAYS))
    assessed = dice.handoff(at, due, late=2 * DAY)
    if assessed is not None and at_home_at(found, assessed):
        profession = dice.pick({"physician": 4, "nurse": 5, "physiotherapist": 2, "psychologist": 1})
        data = {"unit": home.health_centre, "profession": profession}
        journey.acts.append(Act(assessed, "care-assessed", "open-care", data))


def _conveyed(dice: Dice, journey: Journey, found: list[Stretch]) -> None:
    """Some come to the emergency department by ambulance."""
    for stay in journey.stays:
        if stay.visit_at is None or not dice.chance(0.3):
            continue
        at = stay.visit_at - dice.span(15 * MINUTE, 80 * MINUTE)
        if at_home_at(found, at):
            journey.acts.append(Act(at, "ambulance-attended", "ambulance", {"outcome": "conveyed"}))


def _left_at_home(dice: Dice, home: Municipality, journey: Journey, found: list[Stretch]) -> None:
    """The ambulance came, and the patient stayed at home in somebody's care, or in nobody's."""
    at = moment(dice, found)
    if at is None:
        return
    centre = Party("open-care", home.health_centre)
    nursing = Party("municipal-health", home.nursing, home.code)
    handed_to = dice.pick({(centre,): 35, (nursing,): 30, (nursing, centre): 12, (): 23})
    data = {"outcome": "left-at-home", "handed_to": recipients(*handed_to)}
    journey.acts.append(Act(at, "ambulance-attended", "ambulance", data))
    seen = at + dice.skewed(16 * HOUR, 1.0)
    if handed_to and dice.chance(0.7) and at_home_at(found, seen):
        by = handed_to[0]
        visit = {"unit": by.unit, "role": by.role, "municipality": by.municipality, "profession": "nurse"}
        journey.acts.append(Act(seen, "home-visit-made", by.role, visit))


def plan_visits(dice: Dice, area: Area, journey: Journey, found: list[Stretch]) -> None:
    """Visits to the emergency department that lead to no admission, long before the stays and after them.

    After a stay only when everything that is said of it has been said: what open care and municipality tell
    without naming a stay belongs to the last that ended.
    """
    visits: list[Stay] = []
    for stretch in found:
        if not dice.chance(0.16 if stretch.after is None else 0.12):
            continue
        start = max(stretch.after.last_at, stretch.start) + HOUR if stretch.after else stretch.start
        if stretch.end - start < DAY:
            continue
        at = dice.between(start, stretch.end)
        ends = at + dice.skewed(4 * HOUR, 0.5)
        if ends < stretch.end - HOUR:
            visit = Stay(f"{journey.patient}-A{len(visits) + 1}", int(dice.number(0, len(area.hospitals))))
            visit.visit_at, visit.unplanned, visit.end, visit.ended_at = at, True, "discharged", ends
            visits.append(visit)
    journey.stays = sorted([*journey.stays, *visits], key=lambda stay: stay.began_at)
