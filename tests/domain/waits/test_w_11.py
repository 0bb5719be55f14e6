"""W-11, LUS 5 chap.: the dates a municipality pays for."""

import pytest
from given import instant
from liable import GAVLE, MONDAY, THURSDAY, blocked, told, unblocked
from ward import died, discharged, not_ready

MUCH_LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("left", "dates"),
    [
        ("2026-03-05T09:00", 0),  # on the start date
        ("2026-03-05T23:59:59", 0),
        ("2026-03-06T00:00:00", 1),
        ("2026-03-10T18:00", 5),
    ],
)
def test_from_the_start_date_to_the_date_of_discharge(left: str, dates: int) -> None:
    wait = told(discharged(left)).wait("W-11", MUCH_LATER)
    assert (wait.value, wait.value_unit, wait.outcome) == (dates, "dates", "discharged")
    assert (wait.party, wait.started_at) == (GAVLE, instant(THURSDAY))


def test_over_the_year() -> None:
    """Sent on Monday 28 December in the morning: from Thursday 31 December; 31 December and 1 January are two dates."""
    wait = told(discharged("2027-01-02T08:00"), notice="2026-12-28T10:00").wait("W-11", "2027-02-01T10:00")
    assert (wait.started_at, wait.value) == (instant("2026-12-31T00:00"), 2)


def test_running() -> None:
    story = told()
    assert story.rows_of_wait("W-11", "2026-03-04T23:59:59") == []
    wait = story.wait("W-11", "2026-03-07T00:00")
    assert (wait.state, wait.value) == ("waiting", 2)


def test_begun_late_it_counts_from_that_date() -> None:
    story = told(blocked("2026-03-03T10:00"), unblocked("2026-03-08T15:00"), discharged("2026-03-10T09:00"))
    wait = story.wait("W-11", MUCH_LATER)
    assert (wait.started_at, wait.value) == (instant("2026-03-08T15:00"), 2)


@pytest.mark.parametrize(("end", "outcome"), [(not_ready, "withdrawn"), (died, "deceased")])
def test_cut_short_the_dates_until_then_are_kept(end: object, outcome: str) -> None:
    assert callable(end)
    wait = told(end("2026-03-08T10:00")).wait("W-11", MUCH_LATER)
    assert (wait.value, wait.outcome) == (3, outcome)


def test_no_liability_no_wait() -> None:
    assert told(discharged("2026-03-04T10:00")).rows_of_wait("W-11") == []
    assert told(blocked(MONDAY)).rows_of_wait("W-11") == []
