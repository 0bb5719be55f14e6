"""HL7 v2 times as senders write them: 8 to 14 digits, fractions, strange offsets, and what is no time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from consumers.intake.hl7v2.time_rules import TIMES
from consumers.intake.hl7v2.times import Moment
from domain.errors import Unreadable

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def read(text: str, degree: str = "") -> Moment | None:
    return Moment.read(text, STOCKHOLM, "PV1-44", degree)


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("20260302", datetime(2026, 3, 1, 23, tzinfo=UTC), "day"),
        ("20260702", datetime(2026, 7, 1, 22, tzinfo=UTC), "day"),
        ("2026030208", datetime(2026, 3, 2, 7, tzinfo=UTC), "minute"),
        ("202603020815", datetime(2026, 3, 2, 7, 15, tzinfo=UTC), "minute"),
        ("20260302081530", datetime(2026, 3, 2, 7, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530.5", datetime(2026, 3, 2, 7, 15, 30, 500_000, tzinfo=UTC), "second"),
        ("20260302081530.1234567", datetime(2026, 3, 2, 7, 15, 30, 123_456, tzinfo=UTC), "second"),
        ("20260302081530+2", datetime(2026, 3, 2, 6, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530+02", datetime(2026, 3, 2, 6, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530+02:00", datetime(2026, 3, 2, 6, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530+0215", datetime(2026, 3, 2, 6, 0, 30, tzinfo=UTC), "second"),
        ("202603020815-0500", datetime(2026, 3, 2, 13, 15, tzinfo=UTC), "minute"),
        ("20260302081530-0000", datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530Z", datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC), "second"),
        ("20260302081530 +0100", datetime(2026, 3, 2, 7, 15, 30, tzinfo=UTC), "second"),
        ("20260302+0000", datetime(2026, 3, 2, tzinfo=UTC), "day"),
        (" 20260302 ", datetime(2026, 3, 1, 23, tzinfo=UTC), "day"),
        ("202610250230", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "minute"),  # comes twice: the first
    ],
)
def test_times(text: str, at: datetime, precision: str) -> None:
    moment = read(text)
    assert moment is not None
    assert (moment.at, moment.precision) == (at, precision)


@pytest.mark.parametrize(
    ("degree", "at", "precision"),
    [
        ("D", datetime(2026, 3, 1, 23, tzinfo=UTC), "day"),
        ("M", datetime(2026, 3, 2, 7, 15, 30, tzinfo=UTC), "minute"),
        ("S", datetime(2026, 3, 2, 7, 15, 30, tzinfo=UTC), "second"),
    ],
)
def test_degree_of_precision(degree: str, at: datetime, precision: str) -> None:
    assert read("20260302081530", degree) == Moment(at, precision)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "  ", '""'])
def test_nothing_is_said(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "202603",
        "2026030",
        "20261302",
        "20260230",
        "202603022515",
        "2026030208153",
        "20260302081530+9900",
        "20260302081530+",
        "02/03/2026",
        "yesterday",
        "00000000",
        "18991231",
        "99991231235959",
        "202603290230",  # the clocks were put forward over it
        "20260302081530.",
        "²0260302",
    ],
)
def test_what_is_no_time_is_told_with_its_field_and_never_repeated(text: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read(text)
    assert (unreadable.value.reason, unreadable.value.field) == ("invalid-time", "PV1-44")
    assert text not in str(unreadable.value)


def test_each_time_has_fields_and_a_reason() -> None:
    assert all(rule.what and rule.fields and rule.why for rule in TIMES.values())
