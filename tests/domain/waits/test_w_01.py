"""W-01, LUS 2:3: hours from admission or judgement to the admission notice."""

from given import given, instant
from ward import admitted, died, discharged, judged, notified

MONDAY_10 = "2026-03-02T10:00"


def test_from_admission_when_judged_then() -> None:
    story = given(
        admitted(MONDAY_10), judged("2026-03-02T14:00", at_admission=True), notified("2026-03-03T09:30")
    )
    wait = story.wait("W-01", "2026-03-10T10:00")
    assert (wait.state, wait.value, wait.value_unit, wait.at_most) == ("ended", 23.5, "hours", 24)
    assert (wait.started_at, wait.party) == (instant(MONDAY_10), "region:21")


def test_from_a_later_judgement() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T14:00"), notified("2026-03-03T09:30"))
    assert story.wait("W-01", "2026-03-10T10:00").value == 19.5


def test_still_waiting_grows_with_the_clock() -> None:
    story = given(admitted(MONDAY_10), judged(MONDAY_10), notified("2026-03-03T09:30"))
    wait = story.wait("W-01", "2026-03-02T11:15")
    assert (wait.state, wait.value, wait.ended_at) == ("waiting", 1.25, None)


def test_over_the_night_when_summer_time_begins() -> None:
    story = given(admitted("2026-03-28T12:00"), judged("2026-03-28T12:00"), notified("2026-03-29T12:00"))
    assert story.wait("W-01", "2026-03-30T12:00").value == 23.0


def test_nothing_judged_nothing_waited_for() -> None:
    assert given(admitted(MONDAY_10), notified("2026-03-02T11:00")).rows_of_wait("W-01") == []


def test_cut_short() -> None:
    for end, outcome in ((discharged, "stay-ended"), (died, "stay-ended")):
        story = given(admitted(MONDAY_10), judged(MONDAY_10), end("2026-03-02T20:00"))
        wait = story.wait("W-01", "2026-03-10T10:00")
        assert (wait.state, wait.outcome) == ("ended", outcome)
