"""W-14: hours from discharge to the follow-up, with the agreed window of 48 to 72."""

from given import STATUTE_ONLY, given
from ward import admitted, discharged, followed_up

STAY = (admitted("2026-03-02T10:00"), discharged("2026-03-05T14:00"))
LATER = "2026-03-20T10:00"


def test_hours() -> None:
    story = given(*STAY, followed_up("2026-03-07T15:00"), followed_up("2026-03-09T15:00"))
    wait = story.wait("W-14", LATER)
    assert (wait.value, wait.value_unit, wait.at_least, wait.at_most) == (49.0, "hours", 48, 72)
    assert story.rows_of_wait("W-14", "2026-03-07T14:59") == []


def test_the_statute_has_no_window() -> None:
    wait = given(*STAY, followed_up("2026-03-07T15:00"), basis=STATUTE_ONLY).wait("W-14", LATER)
    assert (wait.at_least, wait.at_most) == (None, None)


def test_a_contact_before_the_discharge_is_none() -> None:
    assert given(STAY[0], followed_up("2026-03-05T13:00"), STAY[1]).rows_of_wait("W-14") == []
