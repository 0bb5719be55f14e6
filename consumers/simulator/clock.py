"""The simulator's own time arithmetic: Swedish days, and instants written with any offset.

It repeats on purpose what the domain can do: answers may not be worked out with the tools they are to check.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
_MICROSECOND = timedelta(microseconds=1)
_FIXED = {minutes: timezone(timedelta(minutes=minutes)) for minutes in (0, 60, 120, -300, 330)}
ABROAD = (-300, 330)
"""Offsets, in minutes, of senders whose clocks are set to another part of the world."""


def swedish_day(instant: datetime) -> date:
    """The calendar day in Sweden at `instant` (aware)."""
    return instant.astimezone(SWEDEN).date()


def on_day(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """The instant, in UTC, at which Swedish clocks show this; of an hour that comes twice, the first."""
    return datetime.combine(day, time(hour, minute, second), SWEDEN).astimezone(UTC)


def last_moment(day: date) -> datetime:
    """The last microsecond of `day` in Sweden, in UTC."""
    return on_day(day + timedelta(days=1), 0) - _MICROSECOND


def days_between(start: datetime, end: datetime) -> int:
    """Swedish midnights between two instants; negative when `end` is the earlier day."""
    return swedish_day(end).toordinal() - swedish_day(start).toordinal()


def elapsed(start: datetime, end: datetime, unit: timedelta) -> float:
    """The time between two instants in `unit`, four decimals, halves away from zero."""
    length, whole = abs(end - start) // _MICROSECOND, unit // _MICROSECOND
    ten_thousandths = (20_000 * length + whole) // (2 * whole)
    return ten_thousandths / 10_000 if end >= start else -ten_thousandths / 10_000


def in_utc(instant: datetime) -> str:
    """UTC with six decimals and ``Z``, as answers are written."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond:06d}Z"


def with_offset(instant: datetime, minutes: int | None) -> str:
    """The instant as a sender writes it: Swedish time for None, ``Z`` for 0, else that many minutes east."""
    if minutes == 0:
        return instant.isoformat().replace("+00:00", "Z")
    return instant.astimezone(SWEDEN if minutes is None else _FIXED[minutes]).isoformat()
