"""W-23: days in inpatient care, hours over 24, in the 90 x 24 hours before and after a takeover."""

from given import Story, given
from ward import admitted, came_to_emergency, cancelled, care_started, died, discharged, voided

from domain.rows import Figure

LATER = "2026-12-30T10:00"
STAY = (admitted("2026-06-01T12:00", stay="A"), discharged("2026-06-10T12:00", stay="A"))
START = care_started("2026-06-10T15:00")
"""The anchor: 90 x 24 hours before is 12 March 14:00 (winter time), after is 8 September 15:00."""


def days(story: Story, now: str = LATER) -> dict[str | None, float]:
    return {row.detail: row.number for row in story.rows(Figure, now, "W-23")}


def test_the_stay_before_and_none_after() -> None:
    story = given(*STAY, START)
    assert days(story) == {"before": 9.0, "after": 0.0}
    assert {row.value_unit for row in story.rows(Figure, LATER, "W-23")} == {"days"}


def test_hours_over_24_with_four_decimals() -> None:
    """8 hours are a third of a day."""
    story = given(
        *STAY, START, admitted("2026-07-01T08:00", stay="B"), discharged("2026-07-01T16:00", stay="B")
    )
    assert days(story)["after"] == 0.3333


def test_stays_are_clipped_to_the_windows() -> None:
    """From 11 March noon: one day and two hours lie before the window; from 6 September 15:00: two days within."""
    story = given(
        admitted("2026-03-11T12:00", stay="0"),
        discharged("2026-03-13T14:00", stay="0"),
        *STAY,
        START,
        admitted("2026-09-06T15:00", stay="B"),
        discharged("2026-09-20T15:00", stay="B"),
    )
    assert days(story) == {"before": 10.0, "after": 2.0}
    # As it was known when the window closed: the patient was in then.
    assert days(story, "2026-09-08T15:00") == {"before": 10.0, "after": 2.0}


def test_over_the_night_when_summer_time_begins_a_day_has_23_hours() -> None:
    """28 March noon to 29 March noon: 23 hours of 24 are 0.9583."""
    story = given(
        admitted("2026-03-28T12:00", stay="0"), discharged("2026-03-29T12:00", stay="0"), *STAY, START
    )
    assert days(story)["before"] == 9.9583


def test_still_in_at_the_anchor_of_a_start_during_the_next_stay() -> None:
    story = given(
        *STAY,
        admitted("2026-06-12T15:00", stay="B"),
        care_started("2026-06-13T15:00"),
        discharged("2026-06-15T15:00", stay="B"),
    )
    assert days(story) == {"before": 10.0, "after": 2.0}


def test_cancelled_annulled_and_emergency_visits_are_no_days() -> None:
    cases = (
        (admitted("2026-07-01T08:00", stay="B"), cancelled("2026-07-02T08:00", stay="B")),
        (admitted("2026-07-01T08:00", stay="B", message="in"), voided("2026-07-02T08:00", "in")),
        (came_to_emergency("2026-07-01T08:00", stay="B"),),
    )
    for said_too in cases:
        assert days(given(*STAY, START, *said_too))["after"] == 0.0


def test_death_within_the_window_leaves_no_number_after() -> None:
    assert days(given(*STAY, START, died("2026-07-01T08:00"))) == {"before": 9.0}
