"""W-13, LUS 3:2: hours from discharge to the discharge information."""

from given import given
from ward import admitted, died, discharged, informed, notified

STAY = (admitted("2026-03-02T10:00"), notified("2026-03-02T12:00"), discharged("2026-03-05T14:00"))
LATER = "2026-03-20T10:00"


def test_hours() -> None:
    wait = given(*STAY, informed("2026-03-05T16:30")).wait("W-13", LATER)
    assert (wait.state, wait.value, wait.value_unit) == ("ended", 2.5, "hours")


def test_zero_when_sent_before() -> None:
    assert given(*STAY, informed("2026-03-05T10:00")).wait("W-13", LATER).value == 0.0


def test_waiting_until_sent_or_death() -> None:
    assert given(*STAY).wait("W-13", "2026-03-05T15:00").state == "waiting"
    assert given(*STAY, died("2026-03-05T15:00")).wait("W-13", LATER).state == "ended"


def test_nobody_concerned() -> None:
    assert given(STAY[0], STAY[2]).rows_of_wait("W-13") == []
