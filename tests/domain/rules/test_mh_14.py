"""MH-14, LUS 5:4: the municipality has been told, and the patient is to have left before liability starts."""

from datetime import timedelta

import pytest
from given import given, instant
from liable import ADMITTED, GAVLE, IN_TIME, JUDGED, MONDAY, OCKELBO, THURSDAY, moved, told
from ward import NURSING, OPEN_CARE, cancelled, closed, died, discharged, not_ready, told_ready

from domain.facts._parts import Recipient

LAST_MOMENT = instant(THURSDAY) - timedelta(microseconds=1)
MUCH_LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("left", "state"),
    [
        ("2026-03-02T10:00", None),  # the notice came when the patient had left
        ("2026-03-04T23:59:59.999999", "done"),
        (THURSDAY, "late"),
    ],
)
def test_discharged_before_the_start_date(left: str, state: str | None) -> None:
    duties = told(discharged(left)).duties("MH-14", MUCH_LATER)
    assert [duty.state for duty in duties] == ([] if state is None else [state])


def test_still_admitted() -> None:
    story = told()
    duty = story.duty("MH-14", "2026-03-04T23:59")
    assert (duty.state, duty.party, duty.role, duty.severity) == ("due", GAVLE, "municipal-health", "money")
    assert (duty.valid_from, duty.due_at) == (instant(MONDAY), LAST_MOMENT)
    assert story.duty("MH-14", THURSDAY).state == "missed"
    assert ("MH-14", GAVLE) in story.next_step(MUCH_LATER)


def test_over_the_night_in_which_summer_time_begins() -> None:
    duty = told(notice="2026-03-27T11:00").duty("MH-14", "2026-03-28T10:00")
    assert duty.due_at == instant("2026-03-30T00:00+02:00") - timedelta(microseconds=1)


def test_it_does_not_ask_for_the_conditions_of_5_3() -> None:
    """The municipality is to receive the patient also where the region would have to go on paying."""
    story = given(ADMITTED, JUDGED, told_ready(MONDAY))
    assert story.duty("MH-14", THURSDAY).state == "missed"


def test_only_the_municipality_that_was_told() -> None:
    assert given(*IN_TIME, told_ready(MONDAY, OPEN_CARE)).duties("MH-14", MUCH_LATER) == []


@pytest.mark.parametrize(
    ("end", "outcome"),
    [(not_ready, "withdrawn"), (died, "stay-ended"), (cancelled, "stay-ended"), (closed, "stopped")],
)
@pytest.mark.parametrize(
    ("when", "state"), [("2026-03-04T10:00", "cancelled"), ("2026-03-06T10:00", "missed")]
)
def test_it_falls_away(end: object, outcome: str, when: str, state: str) -> None:
    assert callable(end)
    duty = told(end(when)).duty("MH-14", MUCH_LATER)
    assert (duty.state, duty.outcome) == (state, outcome)


def test_each_notice_after_a_withdrawal_has_its_own() -> None:
    story = told(
        not_ready("2026-03-04T10:00"), told_ready("2026-03-09T10:00"), discharged("2026-03-11T10:00")
    )
    duties = sorted(story.duties("MH-14", MUCH_LATER), key=lambda duty: duty.valid_from)
    assert [duty.state for duty in duties] == ["cancelled", "done"]


def test_moved_it_is_the_other_municipalitys_once_that_is_told() -> None:
    other = Recipient(role="municipal-health", municipality="2101")
    story = told(moved("2026-03-03T10:00", "2101"), told_ready("2026-03-03T13:00", other))
    (mine,) = [duty for duty in story.duties("MH-14", MUCH_LATER) if duty.party == GAVLE]
    assert (mine.state, mine.outcome, mine.ended_at) == ("cancelled", "moved", instant("2026-03-03T10:00"))
    (theirs,) = [duty for duty in story.duties("MH-14", MUCH_LATER) if duty.party == OCKELBO]
    assert theirs.due_at == instant("2026-03-07T00:00") - timedelta(microseconds=1)


def test_both_told_at_once_the_other_has_it_from_the_move_on() -> None:
    other = Recipient(role="municipal-health", municipality="2101")
    story = given(*IN_TIME, told_ready(MONDAY, NURSING, other), moved("2026-03-03T10:00", "2101"))
    (theirs,) = [duty for duty in story.duties("MH-14", MUCH_LATER) if duty.party == OCKELBO]
    assert (theirs.valid_from, theirs.due_at) == (instant("2026-03-03T10:00"), LAST_MOMENT)
