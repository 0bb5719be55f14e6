"""Which agreement holds, and what it says (LUS 4:4-4:5): the most specific of those that bind, else the statute."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

Agreement = dict[str, Any]
STATUTE: Agreement = {"name": "statute@1", "limits": {}, "liability": {}, "payment": {}}
"""Nothing agreed: each value is then what the paragraphs say."""
SECTIONS = ("limits", "liability", "payment")
AVERAGE, CAPPED = "monthly-average", "monthly-average-with-individual-cap"


def holding(
    agreements: Sequence[Agreement], region: str | None, municipality: str | None, on: date, form: str | None
) -> Agreement:
    """The agreement of a region and a municipality (SCB codes) for a care form, on a date in Sweden."""
    best = None
    for agreement in agreements:
        if not (
            _binds(agreement, region, municipality) and _valid(agreement, on) and _covers(agreement, form)
        ):
            continue
        # Of two with the same standing the one adopted last, which comes last.
        if best is None or _standing(agreement) >= _standing(best):
            best = agreement
    return STATUTE if best is None else _said(best, agreements, on)


def _binds(agreement: Agreement, region: str | None, municipality: str | None) -> bool:
    """Its parties; where it names none of a kind, everybody of that kind."""
    regions, municipalities = agreement.get("regions") or (), agreement.get("municipalities") or ()
    return (not regions or region in regions) and (not municipalities or municipality in municipalities)


def _valid(agreement: Agreement, on: date) -> bool:
    """From its first day to its last, both included."""
    first, last = agreement.get("valid_from"), agreement.get("valid_to")
    return (first is None or on >= date.fromisoformat(first)) and (
        last is None or on <= date.fromisoformat(last)
    )


def _covers(agreement: Agreement, form: str | None) -> bool:
    only, never = agreement.get("care_forms") or (), agreement.get("excluded_care_forms") or ()
    return (not only or form in only) and form not in never


def _standing(agreement: Agreement) -> tuple[bool, bool, bool, str]:
    """Municipalities before care forms before regions before nobody, and then the later beginning."""
    forms = agreement.get("care_forms") or agreement.get("excluded_care_forms")
    return (
        bool(agreement.get("municipalities")), bool(forms), bool(agreement.get("regions")),
        agreement.get("valid_from") or "",
    )  # fmt: skip


def _said(agreement: Agreement, agreements: Sequence[Agreement], on: date) -> Agreement:
    """Its own values, then those of the agreement that it supplements; no average without a known threshold and cap."""
    overall: Agreement = {}
    for other in agreements:
        if other["id"] == agreement.get("supplements") and _valid(other, on):
            overall = other if not overall or _standing(other) >= _standing(overall) else overall
    said: Agreement = {name: {**overall.get(name, {}), **agreement.get(name, {})} for name in SECTIONS}
    money = said["payment"]
    model = money.get("model", "individual")
    unknown = model != "individual" and money.get("threshold_days") is None
    if unknown or (model == CAPPED and money.get("individual_cap_days") is None):
        said["payment"] = {}
    return {**said, "name": f"{agreement['id']}@{agreement['version']}"}


# -- working days ----------------------------------------------------------------------------------------------


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus of 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def holidays(year: int) -> set[date]:
    """Lag (1989:253) om allmänna helgdagar, and the three eves of lag (1930:173) 2 §; Sundays are no weekdays anyway."""
    sunday = easter(year)
    moving = [sunday + timedelta(days=days) for days in (-2, 0, 1, 39, 49)]
    midsummer = _saturday_from(date(year, 6, 20))
    fixed = [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]
    return {
        *moving, *(date(year, month, day) for month, day in fixed),
        midsummer - timedelta(days=1), midsummer, _saturday_from(date(year, 10, 31)),
    }  # fmt: skip


def _saturday_from(day: date) -> date:
    while day.isoweekday() != 6:
        day += timedelta(days=1)
    return day


def is_working(day: date) -> bool:
    """A weekday that is no holiday (*helgfri vardag*)."""
    return day.isoweekday() <= 5 and day not in holidays(day.year)


def working_days_after(day: date, number: int) -> date:
    """The n-th working day after a date."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_working(day)
    return day


def rolled(day: date) -> date:
    """A last day that is not a working day becomes the next one that is (lag 1930:173 2 §)."""
    while not is_working(day):
        day += timedelta(days=1)
    return day
