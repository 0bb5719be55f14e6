"""NS-review, lag 2022:1250: *egenvård* is reviewed when the assessment says that it shall be."""

import pytest
from given import given, instant
from units import CENTRE, egenvard, reviewed
from ward import admitted, amended, died, discharged

ASSESSED = egenvard("2026-03-02T10:00", review="2026-04-01T12:00")
LATER = "2026-06-01T10:00"


def test_no_review_was_asked_for_or_it_is_health_care() -> None:
    assert given(egenvard("2026-03-02T10:00", review=None)).duties("NS-review", LATER) == []
    care = egenvard("2026-03-02T10:00", review="2026-04-01T12:00", outcome="health-care")
    assert given(care).duties("NS-review", LATER) == []


def test_the_unit_that_assessed_owes_it_without_any_stay() -> None:
    duty = given(ASSESSED).duty("NS-review", "2026-03-02T10:00")
    assert (duty.state, duty.due_at) == ("due", instant("2026-04-01T12:00"))
    assert (duty.party, duty.role, duty.unit) == ("region:21", "open-care", CENTRE)
    assert (duty.severity, duty.stay) == ("next-step", None)


def test_the_region_owes_it_also_where_a_municipality_assessed() -> None:
    said = egenvard("2026-03-02T10:00", review="2026-04-01T12:00", principal="2180")
    assert given(said).duty("NS-review", LATER).party == "region:21"


@pytest.mark.parametrize(
    ("made", "state"),
    [
        ("2026-03-20T10:00", "done"),
        ("2026-04-01T12:00:00", "done"),
        ("2026-04-01T12:00:01", "late"),
    ],
)
def test_reviewed(made: str, state: str) -> None:
    assert given(ASSESSED, reviewed(made, outcome="ended")).duty("NS-review", LATER).state == state


def test_not_reviewed() -> None:
    story = given(ASSESSED)
    assert story.duty("NS-review", "2026-04-01T12:00:00").state == "due"
    assert story.duty("NS-review", "2026-04-01T12:00:01").state == "missed"


def test_it_goes_on_and_the_next_review_is_owed() -> None:
    story = given(ASSESSED, reviewed("2026-03-20T10:00", review="2026-05-01T12:00"))
    first, second = sorted(story.duties("NS-review", LATER), key=lambda duty: duty.valid_from)
    assert (first.state, second.state) == ("done", "missed")
    assert (second.due_at, second.unit) == (instant("2026-05-01T12:00"), CENTRE)


def test_it_came_to_an_end_and_nothing_more_is_owed() -> None:
    over = reviewed("2026-03-20T10:00", review="2026-05-01T12:00", outcome="ended")
    assert len(given(ASSESSED, over).duties("NS-review", LATER)) == 1


@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-20T10:00", "cancelled"), ("2026-04-20T10:00", "missed")]
)
def test_it_becomes_health_care(time: str, state: str) -> None:
    again = egenvard(time, review=None, outcome="health-care")
    duty = given(ASSESSED, again).duty("NS-review", LATER)
    assert (duty.state, duty.outcome) == (state, "health-care")


def test_death_ends_it_and_a_stay_does_not() -> None:
    assert given(ASSESSED, died("2026-03-20T10:00")).duty("NS-review", LATER).state == "cancelled"
    stay = (admitted("2026-03-20T10:00"), discharged("2026-03-22T10:00"))
    assert given(ASSESSED, *stay).duty("NS-review", LATER).state == "missed"


def test_the_review_stands_at_a_time_on_the_night_summer_time_ends() -> None:
    """02:30 comes twice on 25 October; the one that is told with its offset is meant."""
    story = given(egenvard("2026-10-01T10:00", review="2026-10-25T02:30+01:00"))
    assert story.duty("NS-review", "2026-10-25T02:30+02:00").state == "due"
    assert story.duty("NS-review", "2026-10-25T02:30:01+01:00").state == "missed"


def test_the_time_of_the_review_is_corrected() -> None:
    made = reviewed("2026-04-02T10:00", outcome="ended", message="review")
    right = amended("2026-04-03T10:00", "review", reviewed("2026-03-31T10:00", outcome="ended"))
    assert given(ASSESSED, made, right).duty("NS-review", LATER).state == "done"
