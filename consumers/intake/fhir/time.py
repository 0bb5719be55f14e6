"""Reads a FHIR dateTime as an instant."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from domain.calendar import parse_instant
from domain.errors import Refused, Unreadable

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True)
class Moment:
    """An instant in UTC and how finely it was given."""

    at: datetime
    precision: Literal["second", "day"] = "second"

    @classmethod
    def read(cls, text: str | None) -> "Moment | None":
        """A FHIR dateTime. A date alone begins at midnight in Denmark; a time needs its offset.

        Raises Unreadable (`invalid-time`).
        """
        if text is None:
            return None
        try:
            if _DATE.fullmatch(text):
                midnight = datetime.combine(date.fromisoformat(text), time.min, _COPENHAGEN)
                return cls(midnight.astimezone(UTC), "day")
            return cls(parse_instant(text, default_zone=None))
        except (Refused, ValueError, OverflowError):
            raise Unreadable(
                "invalid-time", "A time in the message is not a date, or not a time with its offset."
            ) from None
