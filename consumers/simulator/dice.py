"""Chance, from one seed: every draw goes through here, so that the same seed gives the same bytes."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from consumers.simulator.clock import SECOND

Item = TypeVar("Item")
Odds = Mapping[str, float]

DEADLINE: Odds = {"in-time": 72, "at-the-limit": 5, "just-late": 5, "late": 8, "never": 10}
"""How a handoff with a limit comes out. Real wards meet the exact second less often than a test needs."""


class Dice:
    """One stream of draws. Text seeds are hashed the same way by every Python process."""

    def __init__(self, *seed: str | int) -> None:
        self._random = random.Random(":".join(map(str, seed)))  # noqa: S311 - repeatable, not secret

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, odds: Mapping[Item, float]) -> Item:
        return self._random.choices(list(odds), list(odds.values()))[0]

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[int(self._random.random() * len(items))]

    def number(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def span(self, low: timedelta, high: timedelta) -> timedelta:
        """A whole number of seconds, evenly between the two."""
        return round(self.number(low / SECOND, high / SECOND)) * SECOND

    def skewed(self, median: timedelta, sigma: float) -> timedelta:
        """Log-normal, in whole seconds, at least one."""
        return max(1, round(self._random.lognormvariate(0, sigma) * (median / SECOND))) * SECOND

    def between(self, start: datetime, end: datetime) -> datetime:
        """An instant strictly inside; `start` plus a second where there is no room."""
        room = int((end - start) / SECOND)
        return start + max(1, round(self.number(0.02, 0.98) * room)) * SECOND

    def handoff(
        self, opening: datetime, due: datetime, late: timedelta, odds: Odds = DEADLINE
    ) -> datetime | None:
        """When something due at `due` is done: the outcome is drawn first, the moment follows from it.

        A limit at the last microsecond of a day is met at 23:59:59 and broken at 00:00:00.
        """
        outcome = self.pick(odds)
        if outcome == "in-time":
            return self.between(opening, due)
        if outcome == "at-the-limit":
            return due.replace(microsecond=0)
        if outcome == "just-late":
            return due.replace(microsecond=0) + SECOND
        if outcome == "late":
            return due.replace(microsecond=0) + self.skewed(late, 0.8) + SECOND
        return None
