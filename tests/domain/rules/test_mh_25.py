"""MH-25: what can be contested about a stay's days is contested in time (Västra Götaland: the 12th of the next month)."""

import pytest
from given import STATUTE_ONLY, given, instant
from units import OTHER_NURSING, agreed, astray, disputed
from ward import (
    NURSING,
    SOCIAL,
    admitted,
    amended,
    closed,
    died,
    discharged,
    judged,
    not_ready,
    notified,
    ready,
    told_ready,
)

from domain.command import Command

VG = agreed(dispute_day_of_month=12)
LATER = "2026-06-20T10:00"
ADMITTED = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"))
RIGHT = (*ADMITTED, notified("2026-03-02T12:00", NURSING, SOCIAL))
WRONG = (*RIGHT, notified("2026-03-02T13:00", OTHER_NURSING))
"""A notice went to a municipality that is not the patient's: MH-20."""
READY = (ready("2026-03-04T10:00"), told_ready("2026-03-04T10:00", NURSING, SOCIAL))
LEFT = discharged("2026-03-06T10:00")


def test_nothing_can_be_contested_where_all_was_done_right() -> None:
    assert given(*RIGHT, *READY, LEFT, basis=VG).duties("MH-25", LATER) == []


@pytest.mark.parametrize(
    "trouble",
    [
        notified("2026-03-02T13:00", OTHER_NURSING),
        astray("2026-03-03T10:00", "admission-notified", SOCIAL),
    ],
    ids=["the wrong municipality", "gone astray"],
)
def test_from_the_discharge_the_municipality_may_contest(trouble: Command) -> None:
    story = given(*RIGHT, trouble, *READY, LEFT, basis=VG)
    assert story.duties("MH-25", "2026-03-06T09:59") == []
    duty = story.duty("MH-25", "2026-03-06T10:00")
    assert (duty.state, duty.party, duty.role) == ("due", "municipality:2180", "social-services")
    assert (duty.severity, duty.due_at) == ("money", instant("2026-04-12T23:59:59.999999+02:00"))


@pytest.mark.parametrize(
    ("left", "owed"),
    [("2026-03-07T00:00:00", False), ("2026-03-07T00:00:01", True)],
)
def test_a_condition_that_was_missing_when_liability_would_have_begun(left: str, owed: bool) -> None:
    """No admission notice reached the municipality (5:3). Told on Wednesday 4 March 10:00, so Saturday 7 March."""
    story = given(*ADMITTED, *READY, discharged(left), basis=VG)
    assert bool(story.duties("MH-25", LATER)) is owed


def test_a_late_admission_notice_25_hours_after_a_later_judgement() -> None:
    """Judged on 2 March 12:00, sent 3 March 13:00: an hour too late, so 5:3 is not fulfilled (MH-15) on 7 March."""
    judged_later = (admitted("2026-03-02T10:00"), judged("2026-03-02T12:00"))
    late = (*judged_later, notified("2026-03-03T13:00", NURSING), *READY, discharged("2026-03-09T10:00"))
    assert given(*late, basis=VG).duty("MH-25", LATER).state == "missed"
    in_time = (*judged_later, notified("2026-03-03T12:00", NURSING), *READY, discharged("2026-03-09T10:00"))
    assert given(*in_time, basis=VG).duties("MH-25", LATER) == []


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("2026-03-05T10:00", "done"),  # before the patient left
        ("2026-03-20T10:00", "done"),
        ("2026-04-12T23:59:59.999999", "done"),
        ("2026-04-13T00:00:00", "late"),
    ],
)
def test_contested(said: str, state: str) -> None:
    assert given(*WRONG, *READY, LEFT, disputed(said), basis=VG).duty("MH-25", LATER).state == state


def test_not_contested() -> None:
    story = given(*WRONG, *READY, LEFT, basis=VG)
    assert story.duty("MH-25", "2026-04-12T23:59:59").state == "due"
    assert story.duty("MH-25", "2026-04-13T00:00:00").state == "missed"


@pytest.mark.parametrize(
    ("left", "due"),
    [
        ("2026-03-31T23:59", "2026-04-12T23:59:59.999999"),
        ("2026-04-01T00:30", "2026-05-12T23:59:59.999999"),  # still 31 March in UTC
        ("2026-12-31T23:30", "2027-01-12T23:59:59.999999"),
    ],
)
def test_months_are_swedish_months(left: str, due: str) -> None:
    story = given(*WRONG, *READY, discharged(left), basis=VG)
    assert story.duty("MH-25", left).due_at == instant(due)


def test_the_statute_sets_no_day() -> None:
    assert given(*WRONG, *READY, LEFT, basis=STATUTE_ONLY).duty("MH-25", LATER).state == "open"


def test_day_zero_has_no_days_to_contest() -> None:
    assert given(*WRONG, *READY, discharged("2026-03-04T23:59"), basis=VG).duties("MH-25", LATER) == []
    assert given(*WRONG, *READY, discharged("2026-03-05T00:00"), basis=VG).duty("MH-25", LATER)


def test_not_ready_when_the_patient_left_or_never_told_so() -> None:
    assert given(*WRONG, LEFT, basis=VG).duties("MH-25", LATER) == []
    withdrawn = not_ready("2026-03-05T10:00")
    assert given(*WRONG, *READY, withdrawn, LEFT, basis=VG).duties("MH-25", LATER) == []


def test_the_last_period_counts() -> None:
    again = (not_ready("2026-03-05T10:00"), told_ready("2026-03-06T09:00", NURSING))
    assert given(*WRONG, *READY, *again, LEFT, basis=VG).duties("MH-25", LATER) == []


def test_what_was_missing_in_an_earlier_period_is_none_of_the_lasts() -> None:
    """On 7 March the municipality had not been told of the admission; told on the 10th, ready anew, home on the 12th."""
    story = given(
        *ADMITTED,
        *READY,
        not_ready("2026-03-09T10:00"),
        notified("2026-03-10T09:00", NURSING),
        ready("2026-03-10T10:00"),
        told_ready("2026-03-10T10:00", NURSING),
        discharged("2026-03-12T10:00"),
        basis=VG,
    )
    assert story.duties("MH-25", LATER) == []


def test_trouble_after_the_discharge_is_none_of_this() -> None:
    late = astray("2026-03-06T12:00", "admission-notified", SOCIAL)
    assert given(*RIGHT, *READY, LEFT, late, basis=VG).duties("MH-25", LATER) == []


def test_what_is_said_of_readiness_after_the_discharge_changes_nothing() -> None:
    after = (not_ready("2026-03-07T10:00"), told_ready("2026-03-08T10:00", NURSING))
    assert given(*WRONG, *READY, LEFT, *after, basis=VG).duty("MH-25", "2026-03-09T10:00").state == "due"


def test_death_while_ready_is_no_discharge() -> None:
    assert given(*WRONG, *READY, died("2026-03-06T10:00"), basis=VG).duties("MH-25", LATER) == []


@pytest.mark.parametrize("end", [died, closed])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-20T10:00", "cancelled"), ("2026-04-20T10:00", "missed")]
)
def test_death_or_closing_afterwards_ends_it(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(*WRONG, *READY, LEFT, end(time), basis=VG).duty("MH-25", LATER).state == state


def test_nobody_has_said_which_municipality() -> None:
    nowhere = (admitted("2026-03-02T10:00", municipality=None), *WRONG[1:])
    assert given(*nowhere, *READY, LEFT, basis=VG).duties("MH-25", LATER) == []


def test_the_discharge_is_corrected_over_the_month() -> None:
    story = given(
        *WRONG,
        *READY,
        discharged("2026-03-31T23:30", message="out"),
        amended("2026-04-02T10:00", "out", discharged("2026-04-01T00:30")),
        basis=VG,
    )
    assert story.duty("MH-25", "2026-04-20T10:00").state == "due"
