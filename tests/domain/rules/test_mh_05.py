"""MH-05: each unit that was sent the admission notice acknowledges it (*kvittens*, a local limit)."""

import pytest
from given import STATUTE_ONLY, given, instant
from units import OTHER, agreed, astray, joined, left
from ward import NURSING, OPEN_CARE, SOCIAL, acknowledged, admitted, amended, died, discharged, notified

from domain.facts._parts import Recipient

DAY = agreed(acknowledgement_hours=24)
ADMITTED = admitted("2026-03-02T10:00")
SENT = "2026-03-02T12:00"
TOLD = (ADMITTED, notified(SENT, NURSING))
LATER = "2026-03-10T10:00"


def test_nobody_was_told() -> None:
    assert given(ADMITTED, basis=DAY).duties("MH-05", LATER) == []


def test_each_receiver_owes_its_own() -> None:
    story = given(ADMITTED, notified(SENT, OPEN_CARE, NURSING, SOCIAL), basis=DAY)
    assert {(duty.party, duty.role, duty.unit, duty.state) for duty in story.duties("MH-05", SENT)} == {
        ("region:21", "open-care", OPEN_CARE.unit, "due"),
        ("municipality:2180", "municipal-health", None, "due"),
        ("municipality:2180", "social-services", None, "due"),
    }
    assert {duty.severity for duty in story.duties("MH-05", SENT)} == {"local"}


@pytest.mark.parametrize(
    ("answered", "state"),
    [
        ("2026-03-02T12:30", "done"),
        ("2026-03-03T12:00:00", "done"),  # 24 hours exactly
        ("2026-03-03T12:00:01", "late"),
    ],
)
def test_acknowledged(answered: str, state: str) -> None:
    story = given(*TOLD, acknowledged(answered, role="municipal-health"), basis=DAY)
    assert story.duty("MH-05", LATER).state == state


def test_not_acknowledged() -> None:
    story = given(*TOLD, basis=DAY)
    assert story.duty("MH-05", "2026-03-03T12:00:00").state == "due"
    assert story.duty("MH-05", "2026-03-03T12:00:01").state == "missed"


def test_the_statute_sets_no_limit() -> None:
    assert given(*TOLD, basis=STATUTE_ONLY).duty("MH-05", LATER).state == "open"


def test_24_hours_over_the_night_summer_time_ends() -> None:
    """From Saturday 24 October at 12:00, one hour more than a clock shows: Sunday at 11:00."""
    story = given(admitted("2026-10-24T10:00"), notified("2026-10-24T12:00", NURSING), basis=DAY)
    assert story.duty("MH-05", "2026-10-24T12:00").due_at == instant("2026-10-25T11:00")


def test_another_capacity_or_municipality_answers_for_itself_only() -> None:
    story = given(
        *TOLD,
        acknowledged("2026-03-02T13:00", role="social-services"),
        acknowledged("2026-03-02T14:00", role="municipal-health", municipality=OTHER),
        basis=DAY,
    )
    assert story.duty("MH-05", LATER).state == "missed"


def test_two_units_of_one_municipality_each_answer() -> None:
    north = Recipient(role="municipal-health", municipality="2180", unit="hsa:SE2120002338-NORTH")
    south = Recipient(role="municipal-health", municipality="2180", unit="hsa:SE2120002338-SOUTH")
    story = given(
        ADMITTED,
        notified(SENT, north, south),
        acknowledged("2026-03-02T13:00", unit=north.unit, role="municipal-health"),
        basis=DAY,
    )
    assert {(duty.unit, duty.state) for duty in story.duties("MH-05", LATER)} == {
        (north.unit, "done"),
        (south.unit, "missed"),
    }


def test_told_twice_the_first_notice_counts() -> None:
    story = given(*TOLD, notified("2026-03-04T12:00", NURSING), basis=DAY)
    assert story.duty("MH-05", LATER).due_at == instant("2026-03-03T12:00")


def test_another_ward_owes_no_acknowledgement() -> None:
    story = given(
        ADMITTED, notified(SENT, Recipient(role="inpatient"), Recipient(role="emergency")), basis=DAY
    )
    assert story.duties("MH-05", LATER) == []


@pytest.mark.parametrize("end", [discharged, died])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-03T08:00", "cancelled"), ("2026-03-04T08:00", "missed")]
)
def test_the_end_of_the_stay_ends_it(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(*TOLD, end(time), basis=DAY).duty("MH-05", LATER).state == state


def test_who_no_longer_takes_part_owes_nothing_more() -> None:
    duty = given(*TOLD, left("2026-03-02T16:00", NURSING), basis=DAY).duty("MH-05", LATER)
    assert (duty.state, duty.outcome, duty.ended_at) == ("cancelled", "removed", instant("2026-03-02T16:00"))


def test_back_again_and_told_again_it_begins_anew() -> None:
    story = given(
        *TOLD,
        left("2026-03-02T16:00", NURSING),
        joined("2026-03-04T09:00", NURSING),
        notified("2026-03-04T10:00", NURSING),
        basis=DAY,
    )
    duties = sorted(story.duties("MH-05", "2026-03-04T12:00"), key=lambda duty: duty.valid_from)
    assert [(duty.state, duty.due_at) for duty in duties] == [
        ("cancelled", instant("2026-03-03T12:00")),
        ("due", instant("2026-03-05T10:00")),
    ]


def test_who_says_it_was_not_for_them_owes_nothing_from_then() -> None:
    story = given(*TOLD, astray("2026-03-02T15:00", "admission-notified", NURSING), basis=DAY)
    assert story.duty("MH-05", "2026-03-02T14:59").state == "due"
    assert story.duties("MH-05", "2026-03-02T15:00") == []


def test_the_sending_time_is_corrected() -> None:
    story = given(
        ADMITTED,
        notified(SENT, NURSING, message="notice"),
        amended("2026-03-03T14:00", "notice", notified("2026-03-02T15:00", NURSING)),
        acknowledged("2026-03-03T14:30", role="municipal-health"),
        basis=DAY,
    )
    assert story.duty("MH-05", LATER).state == "done"
