"""What a day of inpatient care costs by Socialstyrelsen's regulations, and what some days cost together (LUS 5:6).

Money is told only from amounts read with their publisher; where one is not confirmed, the answer says so.
"""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.calendar import add_days

Confidence = Literal["primary", "secondary", "unconfirmed"]


class Amount(BaseModel):
    """SEK for each *vårddygn* of one calendar year, or since a day in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    valid_from: date
    sek: int | None = None
    regulation: str | None = None
    """As published in HSLF-FS."""
    source: str | None = None
    confidence: Confidence
    """Read with the publisher, read with another party, or not known."""


@dataclass(frozen=True)
class Cost:
    """What some days cost, or why that cannot be told."""

    amount: int | None
    """In SEK."""
    missing: str | None = None
    """A sentence for people, where ``amount`` is ``None``."""


@cache
def amounts() -> tuple[Amount, ...]:
    """All amounts known, confirmed or not, oldest first."""
    file = resources.files("domain") / "reference_data" / "amounts.toml"
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["amount"]
    return tuple(sorted(map(Amount.model_validate, entries), key=lambda amount: amount.valid_from))


def amount_on(day: date, known: Iterable[Amount] | None = None) -> Amount | None:
    """The amount of that day's year; one year's is never another's, as it is set anew for each."""
    of_year = [
        amount
        for amount in (amounts() if known is None else known)
        if amount.valid_from.year == day.year and amount.valid_from <= day
    ]
    return of_year[-1] if of_year else None


def cost(start: date, end: date, known: Iterable[Amount] | None = None) -> Cost:
    """What the dates from ``start`` up to, not including, ``end`` cost; nothing for none.

    Each day has the amount of its own year, so that a stay over New Year is counted by both.
    """
    of_day = None if known is None else tuple(known)

    def confirmed(day: date) -> int | None:
        amount = amount_on(day, of_day)
        return None if amount is None or amount.confidence != "primary" else amount.sek

    return summed(start, end, confirmed, "The amount per day is not confirmed for {}.")


def summed(start: date, end: date, sek_on: Callable[[date], int | None], missing: str) -> Cost:
    """The sum over the dates from ``start`` up to ``end``; ``missing`` with the years where any date has no amount."""
    total, unknown = 0, dict[int, None]()
    day = start
    while day < end:
        sek = sek_on(day)
        if sek is None:
            unknown[day.year] = None
        else:
            total += sek
        day = add_days(day, 1)
    if unknown:
        return Cost(None, missing.format(", ".join(map(str, unknown))))
    return Cost(total)
