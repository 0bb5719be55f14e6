"""W-15: days from discharge to the next admission where that one was unplanned."""

import pytest
from given import given
from ward import admitted, discharged

STAY = (admitted("2026-03-02T10:00", stay="A"), discharged("2026-03-05T14:00", stay="A"))
LATER = "2026-05-20T10:00"


@pytest.mark.parametrize(
    ("again", "days"),
    [
        ("2026-03-05T14:00", 0.0),
        ("2026-03-05T20:00", 0.25),
        ("2026-03-08T14:00", 3.0),
        ("2026-04-05T15:00", 31.0),
    ],
)
def test_days_of_24_hours(again: str, days: float) -> None:
    story = given(*STAY, admitted(again, unplanned=True, stay="B"))
    wait = story.wait("W-15", LATER)
    # The last one lies beyond the night when summer time begins: 31 times 24 hours is 15:00.
    assert (wait.value, wait.value_unit, wait.outcome) == (days, "days", "readmitted")


def test_not_known_before_the_readmission() -> None:
    story = given(*STAY, admitted("2026-03-08T14:00", unplanned=True, stay="B"))
    assert story.rows_of_wait("W-15", "2026-03-08T13:59") == []


@pytest.mark.parametrize("unplanned", [False, None])
def test_planned_or_not_said(unplanned: bool | None) -> None:
    story = given(*STAY, admitted("2026-03-08T14:00", unplanned=unplanned, stay="B"))
    assert story.rows_of_wait("W-15", LATER) == []


def test_only_the_next_admission() -> None:
    story = given(
        *STAY,
        admitted("2026-03-08T14:00", unplanned=False, stay="B"),
        discharged("2026-03-09T14:00", stay="B"),
        admitted("2026-03-10T14:00", unplanned=True, stay="C"),
    )
    assert [wait.value for wait in story.rows_of_wait("W-15", LATER)] == [1.0]
