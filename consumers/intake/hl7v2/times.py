"""Reads an HL7 v2 time (DT, TS, DTM): 8 to 14 digits, a fraction, an offset in any of the ways that senders write it."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from domain.calendar import parse_instant
from domain.errors import Refused, Unreadable
from domain.submission import TimePrecision

_TIME = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r"\s*(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?|[Zz])?",
    re.ASCII,
)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2199


@dataclass(frozen=True)
class Moment:
    """An instant in UTC and how finely it was given."""

    at: datetime
    precision: TimePrecision = "second"

    @classmethod
    def read(cls, text: str, zone: tzinfo, field: str, degree: str = "") -> "Moment | None":
        """What ``text`` says; ``None`` where it says nothing (empty, or ``""``, by which a sender takes a value back).

        An offset is believed as written; without one the time is local in ``zone``. A day alone begins at midnight
        there; an hour alone counts as its first minute. ``degree`` is the second component that old versions have:
        ``D``, ``H`` and ``M`` say that the time is known no finer than that. ``field`` is where it stood, for the error.
        Raises Unreadable (``invalid-time``), also for a year or a month alone.
        """
        text = text.strip()
        if text in ("", '""'):
            return None
        match = _TIME.fullmatch(text)
        if match is None:
            raise Unreadable("invalid-time", "The time is not written as a day or a day and a time.", field)
        is_day = match["hour"] is None or degree == "D"
        try:
            at = parse_instant(_iso(match, is_day), zone)
        except (Refused, ValueError, OverflowError):
            raise Unreadable("invalid-time", "There is no such day or time of day.", field) from None
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            raise Unreadable("invalid-time", "The year cannot be right.", field)
        if is_day:
            return cls(at, "day")
        return cls(at, "minute" if match["second"] is None or degree in ("M", "H") else "second")


def _iso(match: re.Match[str], is_day: bool) -> str:
    clock = "00:00" if is_day else f"{match['hour']}:{match['minute'] or '00'}"
    if not is_day and match["second"]:
        clock += f":{match['second']}.{(match['fraction'] or '0')[:6]}"
    day = f"{match['year']}-{match['month']}-{match['day']}"
    return f"{day}T{clock}{_offset(match)}"


def _offset(match: re.Match[str]) -> str:
    """``+02:00`` of ``+2``, ``+02``, ``+0200``, ``+02:00``; nothing where none is written."""
    if match["sign"] is not None:
        return f"{match['sign']}{int(match['hours']):02d}:{match['minutes'] or '00'}"
    return "Z" if match[0].rstrip()[-1:] in "Zz" else ""
