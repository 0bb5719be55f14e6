"""A period from one Swedish day or moment until before another, in UTC."""

import pytest
import typer
from given import instant

from cli.period import read_period


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        (("2026-03-01", "2026-04-01"), "2026-02-28T23:00Z", "2026-03-31T22:00Z"),  # summer time between
        (("2026-03-02", "2026-03-03"), "2026-03-01T23:00Z", "2026-03-02T23:00Z"),
        (("2026-03-02T08:00", "2026-03-02T10:00Z"), "2026-03-02T07:00Z", "2026-03-02T10:00Z"),
        ((" 2026-03-02 ", "2026-03-02T00:01"), "2026-03-01T23:00Z", "2026-03-01T23:01Z"),
    ],
)
def test_days_and_moments(written: tuple[str, str], start: str, end: str) -> None:
    assert read_period(written) == (instant(start), instant(end))


@pytest.mark.parametrize("wrong", ["", "March", "2026-13-01", "2026-02-29", "2026-03-29T02:30"])
def test_what_is_no_day_nor_time(wrong: str) -> None:
    with pytest.raises(typer.BadParameter):
        read_period((wrong, "2027-01-01"))


@pytest.mark.parametrize("end", ["2026-03-01", "2026-03-02"])
def test_a_period_ends_after_it_begins(end: str) -> None:
    with pytest.raises(typer.BadParameter, match="earlier moment first"):
        read_period(("2026-03-02", end))
