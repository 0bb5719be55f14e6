"""Swedish days, working days and the forms of an instant, with the nights when the clocks are moved."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from domain import calendar
from domain.calendar import STOCKHOLM, Instant
from domain.errors import Refused


def utc(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


# Summer time 2026: from 29 March 02:00 (01:00 UTC) to 25 October 03:00 (01:00 UTC).
@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (utc(2026, 3, 28, 22, 59, 59), date(2026, 3, 28)),
        (utc(2026, 3, 28, 23, 0), date(2026, 3, 29)),
        (utc(2026, 3, 29, 21, 59, 59, 999999), date(2026, 3, 29)),
        (utc(2026, 3, 29, 22, 0), date(2026, 3, 30)),
        (utc(2026, 10, 24, 22, 0), date(2026, 10, 25)),
        (utc(2026, 10, 25, 22, 59, 59), date(2026, 10, 25)),
        (utc(2026, 10, 25, 23, 0), date(2026, 10, 26)),
        (datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=5))), date(2026, 6, 30)),
    ],
)
def test_local_date(instant: datetime, day: date) -> None:
    assert calendar.local_date(instant) == day


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 1, 15), utc(2026, 1, 14, 23), utc(2026, 1, 15, 22, 59, 59, 999999)),
        (date(2026, 7, 15), utc(2026, 7, 14, 22), utc(2026, 7, 15, 21, 59, 59, 999999)),
        (date(2026, 3, 29), utc(2026, 3, 28, 23), utc(2026, 3, 29, 21, 59, 59, 999999)),
        (date(2026, 10, 25), utc(2026, 10, 24, 22), utc(2026, 10, 25, 22, 59, 59, 999999)),
    ],
)
def test_a_local_day_begins_and_ends(day: date, start: datetime, end: datetime) -> None:
    assert calendar.start_of_local_day(day) == start
    assert calendar.end_of_local_day(day) == end
    assert calendar.end_of_local_day(day).utcoffset() == timedelta(0)


def test_days_are_counted_by_date() -> None:
    assert calendar.add_days(date(2026, 3, 28), 3) == date(2026, 3, 31)
    assert calendar.add_days(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert calendar.add_days(date(2026, 1, 1), -1) == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 3, 28), date(2026, 3, 30), 2),
        (utc(2026, 3, 28, 22, 59), utc(2026, 3, 28, 23, 0), 1),
        (utc(2026, 10, 24, 22, 0), utc(2026, 10, 25, 22, 59), 0),
        (utc(2026, 10, 24, 21, 59), date(2026, 10, 26), 2),
        (date(2026, 3, 30), date(2026, 3, 28), -2),
    ],
)
def test_date_difference(start: datetime | date, end: datetime | date, days: int) -> None:
    assert calendar.date_difference(start, end) == days


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 1, 6),
        date(2026, 4, 3),  # långfredagen
        date(2026, 4, 6),  # annandag påsk
        date(2026, 5, 1),
        date(2026, 5, 14),  # Kristi himmelsfärdsdag
        date(2026, 6, 6),
        date(2026, 6, 19),  # midsommarafton
        date(2026, 6, 20),
        date(2026, 10, 31),  # alla helgons dag
        date(2026, 12, 24),
        date(2026, 12, 25),
        date(2026, 12, 31),
        date(2026, 3, 8),  # an ordinary Sunday
    ],
)
def test_holidays_are_no_working_days(day: date) -> None:
    assert calendar.is_holiday(day)
    assert not calendar.is_weekday(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 5),
        date(2026, 4, 2),  # skärtorsdagen
        date(2026, 4, 30),
        date(2026, 5, 15),
        date(2026, 5, 25),  # annandag pingst, abolished in 2005
        date(2026, 6, 18),
        date(2026, 12, 23),
        date(2026, 11, 23),
    ],
)
def test_working_days(day: date) -> None:
    assert calendar.is_weekday(day)
    assert not calendar.is_holiday(day)


def test_an_ordinary_saturday_is_neither() -> None:
    assert not calendar.is_holiday(date(2026, 3, 7))
    assert not calendar.is_weekday(date(2026, 3, 7))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-29T10:00:00Z", utc(2026, 3, 29, 10)),
        ("2026-03-29t10:00:00z", utc(2026, 3, 29, 10)),
        ("2026-03-29T10:00:00.123456Z", utc(2026, 3, 29, 10, 0, 0, 123456)),
        ("2026-03-29T10:00:00,5Z", utc(2026, 3, 29, 10, 0, 0, 500000)),
        ("2026-03-29T10:00:00.123456789Z", utc(2026, 3, 29, 10, 0, 0, 123456)),
        ("2026-03-29T10:00:00+02:00", utc(2026, 3, 29, 8)),
        ("2026-03-29T10:00:00+0200", utc(2026, 3, 29, 8)),
        ("2026-03-29T10:00+02", utc(2026, 3, 29, 8)),
        # A wrong offset for Sweden is still believed.
        ("2026-07-01T10:00:00+01:00", utc(2026, 7, 1, 9)),
        ("2026-07-01T10:00:00-05:00", utc(2026, 7, 1, 15)),
        (" 2026-07-01 10:00 ", utc(2026, 7, 1, 8)),
        ("2026-01-15T10:00", utc(2026, 1, 15, 9)),
        ("2026-03-29T01:59:59", utc(2026, 3, 29, 0, 59, 59)),
        ("2026-03-29T03:00", utc(2026, 3, 29, 1)),
        # 02:30 comes twice on 25 October: the first is meant, unless the offset says the second.
        ("2026-10-25T02:30", utc(2026, 10, 25, 0, 30)),
        ("2026-10-25T02:30+01:00", utc(2026, 10, 25, 1, 30)),
        ("2026-10-25T03:00", utc(2026, 10, 25, 2)),
    ],
)
def test_parse_instant(text: str, instant: datetime) -> None:
    parsed = calendar.parse_instant(text)
    assert parsed == instant
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2026-03-29T02:00", "2026-03-29T02:30:00", "2026-03-29 02:59:59.999999"])
def test_an_hour_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="put forward that night") as refused:
        calendar.parse_instant(text)
    assert refused.value.hint.startswith(f"Did you mean 03:{text[14:16]}?")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-29",
        "10:00",
        "2026-02-30T10:00Z",
        "2026-13-01T10:00Z",
        "2026-03-29T25:00Z",
        "2026-03-29T10:61Z",
        "2026-03-29T10:00+25:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-01:00",
        "20260329T1000Z",
        "2026-W13-7T10:00Z",
        "1774771200",
        "195704289999",
        "２０２６-03-29T10:00Z",
    ],
)
def test_what_is_no_date_and_time_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refused) as refused:
        calendar.parse_instant(text)
    assert not text or text not in refused.value.message
    assert (
        refused.value.hint == "Write it as 2026-03-29T14:30, or with its offset as 2026-03-29T14:30:00+02:00."
    )


def test_a_time_without_zone_is_refused_where_none_is_assumed() -> None:
    with pytest.raises(Refused, match="which time zone"):
        calendar.parse_instant("2026-03-29T10:00", default_zone=None)
    assert calendar.parse_instant("2026-03-29T10:00", default_zone=UTC) == utc(2026, 3, 29, 10)


def test_forms_written() -> None:
    assert calendar.format_instant(utc(2026, 3, 29, 10)) == "2026-03-29T10:00:00.000000Z"
    summer = datetime(2026, 7, 1, 10, 0, 0, 1, tzinfo=STOCKHOLM)
    assert calendar.format_instant(summer) == "2026-07-01T08:00:00.000001Z"
    assert calendar.for_people(utc(2026, 7, 1, 8, 0, 0, 999999)) == "2026-07-01T10:00:00+02:00"
    assert calendar.for_people(utc(2026, 10, 25, 0, 30)) == "2026-10-25T02:30:00+02:00"
    assert calendar.for_people(utc(2026, 10, 25, 1, 30)) == "2026-10-25T02:30:00+01:00"


@pytest.mark.parametrize(
    "helper", [calendar.local_date, calendar.format_instant, calendar.for_people], ids=lambda f: f.__name__
)
def test_a_naive_time_is_never_taken(helper: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        helper(datetime(2026, 3, 29, 10))


class Note(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)
    at: Instant


def test_instant_field_is_kept_in_utc_in_a_strict_model() -> None:
    from_json = Note.model_validate_json('{"at": "2026-07-01T10:00:00+02:00"}')
    from_dict = Note.model_validate({"at": "2026-07-01T10:00:00+02:00"})
    from_python = Note(at=datetime(2026, 7, 1, 10, tzinfo=STOCKHOLM))
    assert from_json == from_dict == from_python
    assert from_json.at.tzinfo is UTC
    assert from_json.model_dump() == {"at": utc(2026, 7, 1, 8)}
    assert from_json.model_dump_json() == '{"at":"2026-07-01T08:00:00.000000Z"}'
    for mode in ("validation", "serialization"):
        schema = Note.model_json_schema(mode=mode)["properties"]["at"]
        assert (schema["type"], schema["format"]) == ("string", "date-time")


@pytest.mark.parametrize(
    "value", ["2026-07-01T10:00:00", "2026-07-01", "no", 1774771200, 1.5, None, datetime(2026, 7, 1)]
)
def test_instant_field_refuses_what_is_no_instant(value: object) -> None:
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(Instant).validate_python(value)
    assert invalid.value.errors()[0]["type"] == "refused"
    assert invalid.value.errors()[0]["ctx"]["hint"]
