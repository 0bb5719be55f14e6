"""Reads the texts of a table's cells: times in a zone, units, municipalities, numbers, yes and no.

What cannot be read is ``Unreadable``: its field is the column as the mapping calls it, and nothing of the cell is told.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.mapping_parts import Value
from domain.calendar import format_instant
from domain.errors import Refused, Unreadable
from domain.identifiers import organisation_ref
from domain.reference import find_municipality
from domain.submission import TimePrecision

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d|\d{8})(?:[Tt ](\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?",
    re.ASCII,
)
_YES = frozenset({"true", "yes", "ja", "j", "y", "x", "1", "sant"})
_NO = frozenset({"false", "no", "nej", "n", "0", "falskt"})
_COARSENESS: tuple[TimePrecision, ...] = ("second", "minute", "day")
_NOT_IN_CODE = re.compile(r"[^\w.-]+")
_CODE_MAX = 64


class Moment(NamedTuple):
    """An instant in UTC, and how finely it was written."""

    at: datetime
    precision: TimePrecision


def read_time(text: str, mapping: Mapping, field: str) -> Moment:
    """A date, with or without a time of day; a date alone begins at midnight in the mapping's zone.

    Raises ``Unreadable`` (``invalid-time``, ``no-such-time``).
    """
    read, precision = _written(text, mapping.file.dates, field)
    at = _instant(read, mapping.zone, field, whole_day=precision == "day")
    if mapping.precision is not None:
        precision = max(precision, mapping.precision, key=_COARSENESS.index)
    return Moment(at, precision)


def _written(text: str, forms: tuple[str, ...], field: str) -> tuple[datetime, TimePrecision]:
    for form in forms:
        try:
            return datetime.strptime(text, form), _fineness(form)  # noqa: DTZ007  # the zone comes later
        except ValueError:
            continue
    match = _ISO.fullmatch(text)
    try:
        if match is not None:
            day, clock, seconds, zone = match.groups()
            read = datetime.combine(date.fromisoformat(day), time.min)
            if clock and clock != "24:00":
                read = datetime.combine(read.date(), time.fromisoformat(clock))
            elif clock:  # ISO 8601's end of the day
                read += timedelta(days=1)
            if seconds:
                read += _seconds(seconds)
            if zone:
                offset = datetime.strptime(_offset(zone), "%z").tzinfo
                read = read.replace(tzinfo=offset)
            return read, "second" if seconds else "minute" if clock else "day"
    except (ValueError, OverflowError):
        pass
    raise Unreadable("invalid-time", "This is not a date or a time that the mapping can read.", field)


def _seconds(text: str) -> timedelta:
    read = float(text[1:].replace(",", "."))
    if read >= 61:  # a leap second is one
        raise ValueError
    return timedelta(seconds=read)


def _offset(zone: str) -> str:
    if zone in "Zz":
        return "+0000"
    digits = zone.replace(":", "")
    return digits if len(digits) == 5 else f"{digits}00"


@lru_cache(maxsize=256)
def _fineness(form: str) -> TimePrecision:
    if "%S" in form or "%f" in form:
        return "second"
    return "minute" if "%H" in form or "%I" in form else "day"


def _instant(read: datetime, zone: ZoneInfo, field: str, *, whole_day: bool) -> datetime:
    try:
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        at = read.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) != read and not whole_day:
            raise Unreadable(
                "no-such-time", "There was no such time: the clocks were put forward then.", field
            )
    except (OverflowError, ValueError):
        raise Unreadable("invalid-time", "There is no such time.", field) from None
    return at


def read_unit(text: str, value: Value, mapping: Mapping, field: str) -> str:
    """A unit as ``system:value``. Raises ``Unreadable`` (``invalid-unit``)."""
    if value.system == "local" and not text.startswith(("hsa:", "sor:", "orgnr:", "local:")):
        return local_unit(text, value.issuer or mapping.source)
    # A table of values gives a unit with its system.
    for written in (text, f"{'hsa' if value.system in (None, 'local') else value.system}:{text}"):
        try:
            return organisation_ref(written)
        except Refused:
            continue
    if value.system not in (None, "local"):
        raise Unreadable("invalid-unit", "This is no unit of the system that the mapping names.", field)
    return local_unit(text, value.issuer or mapping.source)


def local_unit(code: str, issuer: str) -> str:
    """A sender's own code of a unit, as ``local:<issuer>/<code>``; signs that it may not have become hyphens."""
    issued = re.sub(r"[^A-Za-z0-9._-]+", "-", issuer)[:_CODE_MAX]
    return f"local:{issued}/{_NOT_IN_CODE.sub('-', code)[:_CODE_MAX]}"


def read_municipality(text: str, field: str) -> str:
    """SCB's four digits, of a code or a name. Raises ``Unreadable`` (``unknown-municipality``)."""
    try:
        return find_municipality(text.zfill(4) if text.isdecimal() else text).code
    except Refused:
        raise Unreadable("unknown-municipality", "There is no such municipality.", field) from None


def read_yes_no(text: str, field: str) -> bool:
    """Yes or no. Raises ``Unreadable`` (``invalid-value``)."""
    folded = text.casefold()
    if folded in _YES or folded in _NO:
        return folded in _YES
    raise Unreadable("invalid-value", "This is neither yes nor no.", field)


def read_whole(text: str, mapping: Mapping, field: str) -> int:
    """A whole number, also one written as ``12,0``. Raises ``Unreadable`` (``invalid-value``)."""
    plain = "".join(text.split()).replace(mapping.file.decimal, ".")
    whole, _, rest = plain.partition(".")
    try:
        if len(whole) <= 18 and not rest.strip("0"):
            return int(whole)
    except ValueError:
        pass
    raise Unreadable("invalid-value", "This is not a whole number.", field)


def read_field(kind: str, text: str, value: Value, mapping: Mapping, field: str) -> str | bool | int:
    """A cell as the JSON that a fact's field of this kind takes. Raises ``Unreadable``."""
    match kind:
        case "time":
            return format_instant(read_time(text, mapping, field).at)
        case "unit":
            return read_unit(text, value, mapping, field)
        case "municipality":
            return read_municipality(text, field)
        case "yes-no":
            return read_yes_no(text, field)
        case "whole":
            return read_whole(text, mapping, field)
        case _:
            return text
