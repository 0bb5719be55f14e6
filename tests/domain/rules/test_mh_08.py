"""MH-08, LUS 2:6: each receiver's *planeringsunderlag*, within Halland's 48 hours where that is agreed."""

import pytest
from given import STATUTE_ONLY, given, instant
from units import OTHER, agreed, left, planning
from ward import NURSING, OPEN_CARE, SOCIAL, admitted, died, discharged, notified, told_ready, voided

from domain.facts._parts import Recipient

HALLAND = agreed(planning_input_hours=48)
ADMITTED = admitted("2026-03-02T10:00")
SENT = "2026-03-02T12:00"
TOLD = (ADMITTED, notified(SENT, NURSING))
LATER = "2026-03-10T10:00"


def test_nobody_was_told() -> None:
    assert given(ADMITTED, basis=HALLAND).duties("MH-08", LATER) == []


def test_each_capacity_owes_its_own() -> None:
    everybody = notified(SENT, OPEN_CARE, NURSING, SOCIAL, Recipient(role="inpatient"))
    story = given(ADMITTED, everybody, planning("2026-03-03T10:00", "social-services", "2180"), basis=HALLAND)
    assert {(duty.party, duty.role, duty.state) for duty in story.duties("MH-08", "2026-03-03T10:00")} == {
        ("region:21", "open-care", "due"),
        ("municipality:2180", "municipal-health", "due"),
        ("municipality:2180", "social-services", "done"),
    }


@pytest.mark.parametrize(
    ("answered", "state"),
    [
        ("2026-03-03T12:00", "done"),
        ("2026-03-04T12:00:00", "done"),  # 48 hours exactly
        ("2026-03-04T12:00:01", "late"),
    ],
)
def test_submitted(answered: str, state: str) -> None:
    story = given(*TOLD, planning(answered, "municipal-health"), basis=HALLAND)
    duty = story.duty("MH-08", LATER)
    assert (duty.state, duty.due_at, duty.severity) == (state, instant("2026-03-04T12:00"), "local")


def test_not_submitted() -> None:
    story = given(*TOLD, basis=HALLAND)
    assert story.duty("MH-08", "2026-03-04T12:00:00").state == "due"
    assert story.duty("MH-08", "2026-03-04T12:00:01").state == "missed"


def test_from_receipt_where_that_is_known() -> None:
    received = NURSING.model_copy(update={"received_at": instant("2026-03-02T16:00")})
    story = given(ADMITTED, notified(SENT, received), basis=HALLAND)
    assert story.duty("MH-08", SENT).due_at == instant("2026-03-04T16:00")


def test_48_hours_over_the_night_summer_time_begins() -> None:
    """From Saturday 28 March at 12:00 by 48 hours: Monday at 13:00 in summer time."""
    story = given(admitted("2026-03-28T10:00"), notified("2026-03-28T12:00", NURSING), basis=HALLAND)
    assert story.duty("MH-08", "2026-03-29T12:00").due_at == instant("2026-03-30T13:00")


def test_the_statute_sets_no_limit() -> None:
    assert given(*TOLD, basis=STATUTE_ONLY).duty("MH-08", LATER).state == "open"


def test_another_municipality_or_no_capacity_answers_for_nobody_else() -> None:
    story = given(
        *TOLD,
        planning("2026-03-03T10:00", "municipal-health", OTHER),
        planning("2026-03-03T11:00", None),
        basis=HALLAND,
    )
    assert story.duty("MH-08", LATER).state == "missed"


def test_the_discharge_ready_notice_asks_for_more() -> None:
    duty = given(*TOLD, told_ready("2026-03-03T10:00"), basis=HALLAND).duty("MH-08", LATER)
    assert (duty.state, duty.outcome) == ("cancelled", "ready")


@pytest.mark.parametrize("end", [discharged, died])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-04T08:00", "cancelled"), ("2026-03-05T08:00", "missed")]
)
def test_the_end_of_the_stay_ends_it(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(*TOLD, end(time), basis=HALLAND).duty("MH-08", LATER).state == state


def test_who_no_longer_takes_part_owes_nothing_more() -> None:
    duty = given(*TOLD, left("2026-03-03T16:00", NURSING), basis=HALLAND).duty("MH-08", LATER)
    assert (duty.state, duty.outcome) == ("cancelled", "removed")


def test_an_annulled_input_was_none() -> None:
    story = given(
        *TOLD,
        planning("2026-03-03T10:00", "municipal-health", message="input"),
        voided("2026-03-03T11:00", "input"),
        basis=HALLAND,
    )
    assert story.duty("MH-08", LATER).state == "missed"
