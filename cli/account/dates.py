"""Days and lengths of time as people write them in Swedish: ``torsdag 5 mars 2026 kl. 11.40``, Swedish local time."""

from datetime import date, datetime, timedelta

from domain.calendar import STOCKHOLM, end_of_local_day, local_date

_DAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)


def of_day(day: date) -> str:
    """``torsdag 5 mars 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def clock(instant: datetime) -> str:
    """``kl. 11.40``, in Sweden. ``instant`` is aware."""
    return f"kl. {instant.astimezone(STOCKHOLM):%H.%M}"


def when(instant: datetime, *, day_only: bool = False) -> str:
    """``torsdag 5 mars 2026 kl. 11.40``; without the time of day where only the day is known."""
    day = of_day(local_date(instant))
    return day if day_only else f"{day} {clock(instant)}"


def by(instant: datetime) -> str:
    """A last moment; the end of a day is that day."""
    day = local_date(instant)
    return when(instant, day_only=instant == end_of_local_day(day))


def length(span: timedelta) -> str:
    """The two largest parts of a length of time: ``2 dagar och 3 timmar``."""
    minutes = int(span.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    named = (
        (days, "dag", "dagar"),
        (hours, "timme", "timmar"),
        (0 if days else minutes, "minut", "minuter"),
    )
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in named if count]
    return " och ".join(parts[:2]) or "mindre än en minut"


def begin(text: str) -> str:
    """A day or a time at the beginning of a sentence."""
    return text[:1].upper() + text[1:]
