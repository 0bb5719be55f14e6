"""Agreements made up from a seed: none to four, of any parties, valid for a part of a journey, with any values."""

from datetime import date, timedelta
from random import Random
from typing import Any

Values = dict[str, Any]

LIMITS: dict[str, tuple[Any, ...]] = {
    "discharge_ready_notice_minutes": (30, 60, 120),
    "takeover_answer_hours": (6, 12, 24),
    "municipal_start_hours": (12, 24, 48),
    "acknowledgement_hours": (2, 4, 8),
    "planning_input_hours": (12, 24, 48),
    "estimate_changed_days": (0, 1, 2),
    "care_contact_before_ready": (True, True, False),
    "sip_established_days": (1, 3, 7),
    "sip_call_rolls_over": (True, True, False),
    "withdrawal_minutes": (30, 240),
    "resend_hours": (3, 8),
    "dispute_day_of_month": (5, 12, 28),
    "readmission_by": ("dates", "hours"),
    "home_contact_hours": (12, 24),
    "follow_up_from_hours": (0, 24, 48),
    "follow_up_within_hours": (48, 72),
}
LIABILITY: dict[str, tuple[Any, ...]] = {
    "late_admission_notice": ("bar", "delay"),
    "late_sip_call": ("bar", "delay"),
    "open_care_cleared": ("bar", "delay"),
    "refused_sip_waives_call": (True, False),
}
FORMS = ("somatic", "psychiatric", "compulsory-open-care")
NAMES = ("north", "south", "common", "supplement")


def agreements(seed: int, first: date, last: date, towns: tuple[str, ...]) -> list[Values]:
    """As they could stand in files, the one adopted first first; beginnings and ends lie about the days of a journey."""
    dice = Random(f"agreements {seed}")
    days = max((last - first).days, 1)
    found: list[Values] = []
    for _ in range(dice.choice((0, 1, 2, 3, 3, 4, 4))):
        name = dice.choice(NAMES)
        version = 1 + sum(one["id"] == name for one in found)
        found.append({"id": name, "version": version, "title": name, **_parties(dice, towns)})
        found[-1].update(_validity(dice, first, days))
        found[-1].update(_values(dice))
    for one in found:
        others = [other["id"] for other in found if other["id"] != one["id"]]
        if others and dice.random() < 0.35:
            one["supplements"] = dice.choice(others)
    return found


def _parties(dice: Random, towns: tuple[str, ...]) -> Values:
    parties: Values = {}
    if dice.random() < 0.4:
        parties["regions"] = dice.choice((["21"], ["21"], ["23"], ["21", "23"]))
    if dice.random() < 0.35:
        parties["municipalities"] = sorted(dice.sample(towns, dice.choice((1, 1, 2))))
    if dice.random() < 0.25:
        only = dice.random() < 0.5
        parties["care_forms" if only else "excluded_care_forms"] = dice.sample(FORMS, dice.choice((1, 1, 2)))
    return parties


def _validity(dice: Random, first: date, days: int) -> Values:
    """Some from always, some until further notice; half of the others begin or end in the middle of the journey."""
    validity: Values = {}
    begins = first + timedelta(days=dice.choice((-30, dice.randint(0, min(days, 12)), dice.randint(0, days))))
    if dice.random() < 0.5:
        validity["valid_from"] = begins.isoformat()
    if dice.random() < 0.4:
        ends = begins + timedelta(days=dice.choice((0, dice.randint(0, 12), dice.randint(0, days) + 30)))
        validity["valid_to"] = ends.isoformat()
    return validity


def _values(dice: Random) -> Values:
    values: Values = {
        "limits": {name: dice.choice(given) for name, given in LIMITS.items() if dice.random() < 0.6},
        "liability": {name: dice.choice(given) for name, given in LIABILITY.items() if dice.random() < 0.5},
    }
    if dice.random() < 0.85:
        values["payment"] = _payment(dice)
    return values


def _payment(dice: Random) -> Values:
    """Each value may be silent, so that the agreement that is supplemented, or the statute, says it."""
    given: Values = {
        "model": dice.choice(("individual", "individual", "monthly-average", *["monthly-average-with-individual-cap"] * 3)),
        "free_days": dice.choice((0, 1, 2, 3, 5)),
        "day_type": dice.choice(("calendar", "weekday", "weekday")),
        "cutoff_local_time": dice.choice(("none", "08:00:00", "12:00:00", "14:30:00")),
        "threshold_days": dice.choice((1.5, 3.0)),
        "individual_cap_days": dice.choice((0, 1, 2, 3, 5)),
        "capped": dice.choice(("apart", "beyond-cap")),
    }  # fmt: skip
    return {name: value for name, value in given.items() if dice.random() < 0.85}
