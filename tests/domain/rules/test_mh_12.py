"""MH-12, LUS 3:2: the discharge information the same calendar day at the latest."""

import pytest
from given import WARD, given, instant
from ward import admitted, cancelled, died, discharged, informed, judged, notified, told_ready

STAY = (
    admitted("2026-03-02T10:00"),
    judged("2026-03-02T10:00"),
    notified("2026-03-02T12:00"),
    discharged("2026-03-05T14:00"),
)
MUCH_LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("2026-03-05T14:00", "done"),
        ("2026-03-05T23:59:59", "done"),
        ("2026-03-06T00:00:00", "late"),
    ],
)
def test_the_same_calendar_day(sent: str, state: str) -> None:
    duty = given(*STAY, informed(sent)).duty("MH-12", MUCH_LATER)
    assert (duty.state, duty.party, duty.role, duty.unit) == (state, "region:21", "inpatient", WARD)


def test_not_sent() -> None:
    story = given(*STAY)
    assert story.duties("MH-12", "2026-03-05T13:59") == []
    assert story.duty("MH-12", "2026-03-05T23:59:59").state == "due"
    assert story.duty("MH-12", "2026-03-06T00:00:00").state == "missed"


def test_sent_before_the_patient_left_is_done_at_the_discharge() -> None:
    duty = given(*STAY, informed("2026-03-05T09:00")).duty("MH-12", MUCH_LATER)
    assert (duty.state, duty.ended_at) == ("done", instant("2026-03-05T14:00"))


@pytest.mark.parametrize(
    ("left", "still_due", "missed"),
    [
        # 00:30 local on the night before the clocks change is the 28th in UTC, and the 29th in Sweden.
        ("2026-03-29T00:30", "2026-03-29T23:59:59+02:00", "2026-03-30T00:00:00+02:00"),
        ("2026-10-25T02:30+02:00", "2026-10-25T23:59:59+01:00", "2026-10-26T00:00:00+01:00"),
        ("2026-12-31T23:59", "2026-12-31T23:59:59+01:00", "2027-01-01T00:00:00+01:00"),
    ],
)
def test_the_day_is_the_local_day(left: str, still_due: str, missed: str) -> None:
    story = given(admitted("2026-03-02T10:00"), notified("2026-03-02T12:00"), discharged(left))
    assert story.duty("MH-12", still_due).state == "due"
    assert story.duty("MH-12", missed).state == "missed"


def test_nobody_is_concerned_and_nobody_must_be_informed() -> None:
    story = given(admitted("2026-03-02T10:00"), discharged("2026-03-05T14:00"))
    assert story.duties("MH-12", MUCH_LATER) == []


def test_a_discharge_ready_notice_also_names_whom_it_concerns() -> None:
    story = given(
        admitted("2026-03-02T10:00"), told_ready("2026-03-05T10:00"), discharged("2026-03-05T14:00")
    )
    assert story.duty("MH-12", MUCH_LATER).state == "missed"


@pytest.mark.parametrize(
    ("death", "state"), [("2026-03-05T20:00", "cancelled"), ("2026-03-06T08:00", "missed")]
)
def test_death_after_the_discharge(death: str, state: str) -> None:
    assert given(*STAY, died(death)).duty("MH-12", MUCH_LATER).state == state


@pytest.mark.parametrize("end", [died, cancelled])
def test_no_discharge_no_duty(end: object) -> None:
    assert callable(end)
    assert given(*STAY[:3], end("2026-03-05T14:00")).duties("MH-12", MUCH_LATER) == []
