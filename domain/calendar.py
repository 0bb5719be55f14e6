"""Pure helpers for time: Swedish local dates, working days, and the forms of an instant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from domain.errors import Refused, field_error

if TYPE_CHECKING:
    from holidays.countries.sweden import Sweden

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
"""The zone in which the acts count their days and people read their clocks."""

_ONE_MICROSECOND = timedelta(microseconds=1)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_HOW_TO_WRITE = "Write it as 2026-03-29T14:30, or with its offset as 2026-03-29T14:30:00+02:00."


def local_date(instant: datetime) -> date:
    """The calendar day in Sweden at `instant` (aware; ValueError when naive)."""
    return _aware(instant).astimezone(STOCKHOLM).date()


def start_of_local_day(day: date) -> datetime:
    """The instant, in UTC, when `day` begins in Sweden (00:00 local)."""
    return datetime.combine(day, time.min, STOCKHOLM).astimezone(UTC)


def end_of_local_day(day: date) -> datetime:
    """The last instant, in UTC, of `day` in Sweden (23:59:59.999999 local)."""
    return datetime.combine(day, time.max, STOCKHOLM).astimezone(UTC)


def add_days(day: date, days: int) -> date:
    """`day` moved by whole calendar days: date arithmetic and never hours, so summer time shifts nothing."""
    return day + timedelta(days=days)


def date_difference(start: datetime | date, end: datetime | date) -> int:
    """Whole calendar days from `start` to `end`; an instant counts as its Swedish local date.

    Same day is 0; negative when `end` is the earlier day. ValueError on a naive instant.
    """
    return (_as_day(end) - _as_day(start)).days


@lru_cache(maxsize=4096)
def is_holiday(day: date) -> bool:
    """Whether `day` is a Sunday, an allmän helgdag, or one of the eves that count as one.

    Sundays and the named days by lag (1989:253) 1 §; midsommarafton, julafton and nyårsafton are put on a par
    with them by semesterlagen (1977:480) 7 § and lag (1930:173) 2 §. An ordinary Saturday is none.
    """
    return day in _sweden()


def is_weekday(day: date) -> bool:
    """Whether `day` is a working day (helgfri vardag): Monday to Friday and no holiday."""
    return day.weekday() < 5 and not is_holiday(day)


def next_working_day(day: date) -> date:
    """`day` itself where it is a working day, else the first one after it (lag 1930:173 2 §)."""
    while not is_weekday(day):
        day += timedelta(days=1)
    return day


def working_days_after(day: date, days: int) -> date:
    """The working day (helgfri vardag) that comes as number `days` after `day`; `day` itself for none."""
    for _ in range(days):
        day = next_working_day(day + timedelta(days=1))
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and with `end`; 0 when `end` is not later."""
    return sum(is_weekday(start + timedelta(days=number)) for number in range(1, (end - start).days + 1))


def parse_instant(text: str, default_zone: tzinfo | None = STOCKHOLM) -> datetime:
    """Read an ISO 8601 date and time as an instant in UTC.

    An offset is believed as written. Without one the time is local in `default_zone`, or refused when that is
    None. An hour that comes twice (autumn) is read as the first; one that never was (spring) is refused. More
    than six decimals are cut. Raises Refused, and never repeats what it could not read.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise Refused("This is not a date and a time that can be read.", _HOW_TO_WRITE)
    try:
        read = datetime.fromisoformat(match[0].upper())
        if match["zone"] is not None:
            return read.astimezone(UTC)
        if default_zone is None:
            raise Refused("The time does not say which time zone it is in.", _HOW_TO_WRITE)
        return _from_local(read, default_zone)
    except (ValueError, OverflowError):
        raise Refused("There is no such date or time of day.", _HOW_TO_WRITE) from None


def format_instant(instant: datetime) -> str:
    """The stored form: UTC, exactly six decimals and `Z` (ValueError when naive)."""
    return _aware(instant).astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def for_people(instant: datetime) -> str:
    """The form people are shown: Swedish local time to the second and its offset (ValueError when naive)."""
    return _aware(instant).astimezone(STOCKHOLM).isoformat(timespec="seconds")


def _from_local(naive: datetime, zone: tzinfo) -> datetime:
    """The instant of a local time; the way there and back finds a time that the clocks jumped over."""
    instant = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    back = instant.astimezone(zone)
    if back.replace(tzinfo=None) != naive:
        raise Refused(
            f"{naive:%H:%M} did not exist on {naive:%Y-%m-%d}: the clocks were put forward that night.",
            f"Did you mean {back:%H:%M}? Or write the time with its offset.",
        )
    return instant


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError("a time without a time zone is not an instant")
    return instant


def _as_day(moment: datetime | date) -> date:
    return local_date(moment) if isinstance(moment, datetime) else moment


@cache
def _sweden() -> Sweden:
    # Half a second to import, so only those pay for it who ask about working days.
    from holidays.constants import DE_FACTO, PUBLIC
    from holidays.countries.sweden import Sweden

    return Sweden(categories=(PUBLIC, DE_FACTO), include_sundays=True)


def _read_instant(value: object) -> datetime:
    try:
        if isinstance(value, str):
            return parse_instant(value, default_zone=None)
        if isinstance(value, datetime):
            return _aware(value).astimezone(UTC)
    except Refused as refused:
        raise field_error(refused) from None
    except (ValueError, OverflowError):
        raise field_error(Refused("The time does not say which time zone it is in.", _HOW_TO_WRITE)) from None
    raise field_error(Refused("This is not a date and a time that can be read.", _HOW_TO_WRITE))


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A field that is an instant: kept in UTC, read from text or datetime also in strict mode, naive refused."""
