"""MH-16: the ward no longer has the patient as ready, so the discharge-ready notice is withdrawn at once (local)."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from units import agreed, ward_says
from ward import admitted, amended, died, discharged, not_ready, ready, told_ready

HALF_HOUR = agreed(withdrawal_minutes=30)
ADMITTED = admitted("2026-03-02T10:00")
READY = (ADMITTED, ready("2026-03-04T10:00"), told_ready("2026-03-04T10:10"))
WORSE = ward_says("2026-03-05T08:00", ready=False)
LATER = "2026-03-20T10:00"


def test_not_owed_while_the_ward_says_the_same_or_nothing() -> None:
    story = given(
        *READY,
        ward_says("2026-03-04T12:00", ready=True),
        ward_says("2026-03-05T08:00", estimate="2026-03-06T10:00"),
        basis=HALF_HOUR,
    )
    assert story.duties("MH-16", LATER) == []


def test_not_owed_outside_a_ready_period() -> None:
    before = ward_says("2026-03-03T08:00", ready=False)
    after = ward_says("2026-03-06T08:00", ready=False)
    story = given(before, *READY, not_ready("2026-03-05T10:00"), after, basis=HALF_HOUR)
    assert story.duties("MH-16", LATER) == []
    assert given(ADMITTED, WORSE, basis=HALF_HOUR).duties("MH-16", LATER) == []


@pytest.mark.parametrize(
    ("withdrawn", "state"),
    [
        ("2026-03-05T08:10", "done"),
        ("2026-03-05T08:30:00", "done"),  # 30 minutes exactly
        ("2026-03-05T08:30:01", "late"),
    ],
)
def test_withdrawn(withdrawn: str, state: str) -> None:
    duty = given(*READY, WORSE, not_ready(withdrawn), basis=HALF_HOUR).duty("MH-16", LATER)
    assert (duty.state, duty.due_at) == (state, instant("2026-03-05T08:30"))
    assert (duty.party, duty.role, duty.unit, duty.severity) == ("region:21", "inpatient", WARD, "local")


def test_not_withdrawn() -> None:
    story = given(*READY, WORSE, basis=HALF_HOUR)
    assert story.duties("MH-16", "2026-03-05T07:59:59") == []
    assert story.duty("MH-16", "2026-03-05T08:30:00").state == "due"
    assert story.duty("MH-16", "2026-03-05T08:30:01").state == "missed"


def test_the_statute_sets_no_limit() -> None:
    assert given(*READY, WORSE, basis=STATUTE_ONLY).duty("MH-16", LATER).state == "open"


def test_declared_and_not_yet_told_is_a_ready_period_too() -> None:
    assert given(*READY[:2], WORSE, basis=HALF_HOUR).duty("MH-16", LATER).state == "missed"


@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-05T08:20", "cancelled"), ("2026-03-05T09:00", "missed")]
)
def test_ready_again_in_the_wards_system(time: str, state: str) -> None:
    duty = given(*READY, WORSE, ward_says(time, ready=True), basis=HALF_HOUR).duty("MH-16", LATER)
    assert (duty.state, duty.outcome) == (state, "ready-again")


def test_one_duty_at_a_time_and_a_new_one_after_ready_again() -> None:
    story = given(
        *READY,
        WORSE,
        ward_says("2026-03-05T08:15", ready=False),
        ward_says("2026-03-05T08:20", ready=True),
        ward_says("2026-03-06T08:00", ready=False),
        not_ready("2026-03-06T08:05"),
        basis=HALF_HOUR,
    )
    duties = sorted(story.duties("MH-16", LATER), key=lambda duty: duty.valid_from)
    assert [duty.state for duty in duties] == ["cancelled", "done"]
    assert [duty.valid_from for duty in duties] == [instant("2026-03-05T08:00"), instant("2026-03-06T08:00")]


@pytest.mark.parametrize("end", [discharged, died])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-05T08:20", "cancelled"), ("2026-03-05T09:00", "missed")]
)
def test_discharge_or_death_while_ready_ends_it(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(*READY, WORSE, end(time), basis=HALF_HOUR).duty("MH-16", LATER).state == state


def test_what_the_ward_shows_after_the_discharge_is_none_of_this() -> None:
    story = given(*READY, discharged("2026-03-04T16:00"), WORSE, basis=HALF_HOUR)
    assert story.duties("MH-16", LATER) == []


def test_minutes_over_the_night_summer_time_begins() -> None:
    """Sunday 29 March: 01:50 and half an hour is 03:20."""
    story = given(
        ADMITTED, ready("2026-03-28T10:00"), ward_says("2026-03-29T01:50", ready=False), basis=HALF_HOUR
    )
    assert story.duty("MH-16", "2026-03-29T03:00").due_at == instant("2026-03-29T03:20")


def test_the_time_of_the_withdrawal_is_corrected() -> None:
    story = given(
        *READY,
        WORSE,
        not_ready("2026-03-05T09:00", message="stop"),
        amended("2026-03-05T10:00", "stop", not_ready("2026-03-05T08:15")),
        basis=HALF_HOUR,
    )
    assert story.duty("MH-16", LATER).state == "done"
