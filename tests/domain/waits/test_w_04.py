"""W-04, LUS 3:1: minutes from the judgement to the discharge-ready notice."""

from given import STATUTE_ONLY, given
from ward import admitted, discharged, not_ready, ready, told_ready

ADMITTED = admitted("2026-03-02T10:00")
READY = ready("2026-03-05T11:20")
LATER = "2026-03-10T10:00"


def test_minutes() -> None:
    wait = given(ADMITTED, READY, told_ready("2026-03-05T12:05:30")).wait("W-04", LATER)
    assert (wait.value, wait.value_unit, wait.at_most) == (45.5, "minutes", 60)


def test_the_statute_has_no_limit() -> None:
    story = given(ADMITTED, READY, told_ready("2026-03-05T12:05"), basis=STATUTE_ONLY)
    assert story.wait("W-04", LATER).at_most is None


def test_one_wait_for_each_judgement_that_stood() -> None:
    story = given(
        ADMITTED,
        READY,
        not_ready("2026-03-05T11:50"),
        ready("2026-03-06T09:00"),
        ready("2026-03-06T09:10"),  # said again: nothing new
        told_ready("2026-03-06T09:15"),
    )
    waits = sorted(story.rows_of_wait("W-04", LATER), key=lambda wait: wait.valid_from)
    assert [(wait.outcome, wait.value) for wait in waits] == [("withdrawn", 30.0), ("done", 15.0)]


def test_discharge_cuts_it_short() -> None:
    wait = given(ADMITTED, READY, discharged("2026-03-05T12:20")).wait("W-04", LATER)
    assert (wait.outcome, wait.value) == ("stay-ended", 60.0)
