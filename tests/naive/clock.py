"""Date arithmetic of the naive implementation's own: Swedish local dates, and elapsed time rounded as people read it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
INSTANT = timedelta(microseconds=1)
SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}


def moment(text: str) -> datetime:
    """An instant with its offset, as UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def day(when: datetime) -> date:
    """The date in Sweden."""
    return when.astimezone(SWEDEN).date()


def midnight(of: date) -> datetime:
    """When the date begins in Sweden."""
    return datetime.combine(of, time(0), SWEDEN).astimezone(UTC)


def last_of(of: date) -> datetime:
    """The last instant of the date in Sweden."""
    return midnight(of + timedelta(days=1)) - INSTANT


def elapsed(length: timedelta, unit: str) -> float:
    """In the unit, to four decimals, halves up."""
    exact = Decimal(length // INSTANT) / (SECONDS[unit] * 1_000_000)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def between(start: datetime, end: datetime, unit: str) -> float:
    """Elapsed time, or whole dates."""
    if unit == "dates":
        return float((day(end) - day(start)).days)
    return elapsed(end - start, unit)
