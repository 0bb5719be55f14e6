"""A source's rhythm by weekday and hour, and when its silence is longer than that rhythm explains.

A source that falls silent looks like calm. What is learned of it is how often each hour of the week had anything of
it at all: a night's import of ten thousand messages is one hour with something, as is one message. An hour of the
week that was empty in a share ``q`` of the weeks is as empty as a Poisson process leaves it whose rate an hour is
``-ln q``; how many messages were to be expected since the last one is the sum of those rates, and the chance of none
at all is ``e`` to minus that sum.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from domain.calendar import STOCKHOLM, add_days, is_holiday, local_date, start_of_local_day

WEEKS = 8
"""So many weeks before the last message are learned from."""
LEAST_WEEKS = 2
"""A source heard for fewer whole weeks is not judged."""
CHANCE = 0.001
"""A silence is told once its chance, by the rhythm, is below this."""
LEAST = timedelta(hours=3)
"""A shorter silence is never told."""
SUREST = 3.0
"""No hour counts for more expected messages than this: nothing seen a few times is surer than 95 % (``1 - e**-3``)."""
LAPSES = 4
"""Whoever was silent beyond the rhythm more often than once in so many weeks has none, and is not judged."""
_ENOUGH = -math.log(CHANCE)
_HOUR = timedelta(hours=1)
_FARTHEST = timedelta(weeks=5)
_SUNDAY = 6

Slot = tuple[int, int]
"""Day of the week (0 is Monday, 6 is Sunday and every *röd dag*) and hour of the day, in Sweden."""


@dataclass(frozen=True)
class Rhythm:
    """What to expect of a source in each hour of the week."""

    rates: Mapping[Slot, float]
    """Expected messages an hour; a slot without a rate has none."""
    weeks: int
    """How many weeks it was learned from."""
    lapses: int
    """How often in those weeks the source was silent beyond it, and came back."""

    @property
    def regular(self) -> bool:
        """Whether it says anything: of an irregular source no silence is told."""
        return bool(self.rates) and self.lapses * LAPSES <= self.weeks


@dataclass(frozen=True)
class Silence:
    """A source has not been heard for longer than its rhythm explains. Times are UTC."""

    since: datetime
    """The last that was heard."""
    due_at: datetime
    """When something should have been heard by."""
    expected: float
    """How many messages its rhythm lets expect since the last one, each hour counting for ``SUREST`` at most."""


def learn(heard: Collection[datetime], first: datetime, last: datetime) -> Rhythm | None:
    """The rhythm from the whole weeks before the day of ``last``; ``None`` where there are fewer than two of them.

    ``heard`` are the hours (their beginnings, UTC) in which anything came, ``first`` and ``last`` when the source was
    heard for the first and for the last time (UTC). What comes later changes nothing: while a source is silent, its
    rhythm stays what it was.
    """
    end = local_date(last)
    weeks = min(WEEKS, (end - add_days(local_date(first), 1)).days // 7)
    if weeks < LEAST_WEEKS:
        return None
    hours = list(_hours(start_of_local_day(add_days(end, -7 * weeks)), start_of_local_day(end)))
    there = set(heard)
    all_of, with_any = Counter(map(slot, hours)), Counter(slot(hour) for hour in hours if hour in there)
    rates = {one: _rate(with_any[one], all_of[one]) for one in with_any}
    return Rhythm(rates, weeks, _lapses(hours, there, rates))


def silent(rhythm: Rhythm, last: datetime, now: datetime) -> Silence | None:
    """The silence of a source last heard at ``last``, where there is one at ``now`` (both UTC)."""
    due_at = due(rhythm, last)
    if due_at is None or now < due_at:
        return None
    return Silence(last, due_at, expected(rhythm, last, now))


def due(rhythm: Rhythm, last: datetime) -> datetime | None:
    """From when on nothing but silence would be told; ``None`` for an irregular source."""
    reached = _reached(rhythm, last, _ENOUGH) if rhythm.regular else None
    return None if reached is None else max(reached, last + LEAST)


def awaited(rhythm: Rhythm, last: datetime) -> datetime | None:
    """When, by the rhythm, one message is to be expected after ``last``; ``None`` for an irregular source."""
    return _reached(rhythm, last, 1.0) if rhythm.regular else None


def expected(rhythm: Rhythm, since: datetime, until: datetime) -> float:
    """How many messages the rhythm lets expect between two instants (UTC)."""
    return sum(rate * ((end - begin) / _HOUR) for begin, end, rate in _parts(rhythm, since, until))


@lru_cache(maxsize=16_384)  # the hours of the last weeks, of every source alike
def slot(hour: datetime) -> Slot:
    """Where in the week an instant falls in Sweden. The hour that comes twice in autumn is the same slot twice."""
    local = hour.astimezone(STOCKHOLM)
    return (_SUNDAY if is_holiday(local.date()) else local.weekday(), local.hour)


def _rate(with_any: int, of_all: int) -> float:
    """The rate of a Poisson process that leaves this share of the hours empty."""
    return SUREST if with_any == of_all else min(SUREST, -math.log(1 - with_any / of_all))


def _lapses(hours: list[datetime], there: set[datetime], rates: Mapping[Slot, float]) -> int:
    """How often the source was silent beyond the rhythm and came back: the rhythm held against what it is made from."""
    lapses, missed, length = 0, 0.0, timedelta()
    for hour in hours:
        if hour in there:
            lapses += missed >= _ENOUGH and length >= LEAST
            missed, length = 0.0, timedelta()
        else:
            missed += rates.get(slot(hour), 0.0)
            length += _HOUR
    return lapses


def _reached(rhythm: Rhythm, last: datetime, wanted: float) -> datetime | None:
    """When so many messages were to be expected since ``last``."""
    for begin, end, rate in _parts(rhythm, last, last + _FARTHEST):
        here = rate * ((end - begin) / _HOUR)
        if here >= wanted:
            return begin + wanted / rate * _HOUR
        wanted -= here
    return None


def _parts(rhythm: Rhythm, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, float]]:
    """The hours between two instants that have a rate, the first and the last as far as they lie between."""
    for hour in _hours(since.replace(minute=0, second=0, microsecond=0), until):
        rate = rhythm.rates.get(slot(hour), 0.0)
        begin, end = max(hour, since), min(hour + _HOUR, until)
        if rate > 0 and begin < end:
            yield begin, end, rate


def _hours(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += _HOUR
