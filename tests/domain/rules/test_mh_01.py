"""MH-01, LUS 2:3: the admission notice within 24 hours of the admission, or of a later judgement."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from ward import (
    admitted,
    amended,
    came_to_emergency,
    cancelled,
    closed,
    died,
    discharged,
    judged,
    notified,
    transferred,
    voided,
)

MONDAY_10 = "2026-03-02T10:00"


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("2026-03-02T10:05", "done"),
        ("2026-03-03T10:00:00", "done"),  # 24 hours exactly
        ("2026-03-03T10:00:01", "late"),
    ],
)
def test_sent_by_the_24th_hour(sent: str, state: str) -> None:
    story = given(admitted(MONDAY_10), judged(MONDAY_10), notified(sent))
    duty = story.duty("MH-01", "2026-03-10T10:00")
    assert (duty.state, duty.due_at, duty.ended_at) == (state, instant("2026-03-03T10:00"), instant(sent))
    assert (duty.party, duty.role, duty.unit, duty.severity) == ("region:21", "inpatient", WARD, "legal")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-03-03T10:00:00", "due"),
        ("2026-03-03T10:00:00.000001", "missed"),
        ("2026-03-20T10:00", "missed"),
    ],
)
def test_not_sent(now: str, state: str) -> None:
    assert given(admitted(MONDAY_10), judged(MONDAY_10)).duty("MH-01", now).state == state


def test_sent_later_is_still_missed_as_of_the_time_between() -> None:
    story = given(admitted(MONDAY_10), judged(MONDAY_10), notified("2026-03-03T11:00"))
    assert story.duty("MH-01", "2026-03-03T10:59:59").state == "missed"
    assert story.duty("MH-01", "2026-03-03T11:00").state == "late"


def test_nobody_judged_and_nothing_is_owed() -> None:
    """LUS 2:1: no judgement that services may be needed, no duty."""
    assert given(admitted(MONDAY_10)).duties("MH-01", "2026-03-10T10:00") == []
    for outcome in ("no", "unknown"):
        story = given(admitted(MONDAY_10), judged("2026-03-02T11:00", outcome))
        assert story.duties("MH-01", "2026-03-10T10:00") == []


def test_judged_later_the_clock_starts_at_the_judgement() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T12:00"), notified("2026-03-03T11:00"))
    duty = story.duty("MH-01", "2026-03-10T10:00")
    # 25 hours after admission, 23 after the judgement.
    assert (duty.state, duty.due_at) == ("done", instant("2026-03-03T12:00"))


def test_said_to_be_judged_at_admission_the_clock_starts_there() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T12:00", at_admission=True))
    assert story.duty("MH-01", "2026-03-02T12:00").due_at == instant("2026-03-03T10:00")
    # Nobody could know of the duty before the judgement.
    assert story.duties("MH-01", "2026-03-02T11:59") == []


def test_said_not_to_be_judged_at_admission() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T10:00", at_admission=False))
    assert story.duty("MH-01", "2026-03-02T12:00").due_at == instant("2026-03-03T10:00")


def test_judged_before_the_admission_is_judged_at_it() -> None:
    story = given(admitted(MONDAY_10, stay="A"), judged("2026-03-02T09:00", stay="A"))
    assert story.duties("MH-01", "2026-03-02T09:30") == []
    assert story.duty("MH-01", MONDAY_10).due_at == instant("2026-03-03T10:00")


def test_no_need_at_first_and_then_yes() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T11:00", "no"), judged("2026-03-04T08:00"))
    assert story.duty("MH-01", "2026-03-04T09:00").due_at == instant("2026-03-05T08:00")


def test_the_first_yes_counts() -> None:
    story = given(admitted(MONDAY_10), judged("2026-03-02T11:00"), judged("2026-03-04T08:00"))
    assert story.duty("MH-01", "2026-03-04T09:00").due_at == instant("2026-03-03T11:00")


@pytest.mark.parametrize(
    ("admission", "due"),
    [
        ("2026-03-28T12:00", "2026-03-29T13:00"),  # summer time begins: 24 hours, not the same clock time
        ("2026-10-24T12:00", "2026-10-25T11:00"),  # summer time ends
        ("2026-12-31T18:00", "2027-01-01T18:00"),
    ],
)
def test_24_hours_are_hours(admission: str, due: str) -> None:
    story = given(admitted(admission), judged(admission))
    assert story.duty("MH-01", admission).due_at == instant(due)


def test_the_admission_counts_and_not_the_emergency_visit_before_it() -> None:
    story = given(
        came_to_emergency("2026-03-02T04:00", stay="A"),
        admitted(MONDAY_10, stay="A"),
        judged(MONDAY_10, stay="A"),
    )
    assert story.duty("MH-01", MONDAY_10).due_at == instant("2026-03-03T10:00")


def test_an_emergency_visit_alone_owes_nothing() -> None:
    """LUS 1:3: open care."""
    assert given(came_to_emergency(MONDAY_10), judged(MONDAY_10)).duties("MH-01", "2026-03-09T10:00") == []


def test_care_that_no_swedish_region_gives_is_outside_the_act() -> None:
    story = given(admitted(MONDAY_10, principal=None), judged(MONDAY_10))
    assert story.duties("MH-01", "2026-03-09T10:00") == []


@pytest.mark.parametrize("end", [discharged, died, cancelled, closed])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-02T20:00", "cancelled"), ("2026-03-03T20:00", "missed")]
)
def test_what_ends_the_stay_ends_the_duty(end: object, time: str, state: str) -> None:
    assert callable(end)
    story = given(admitted(MONDAY_10), judged(MONDAY_10), end(time))
    duty = story.duty("MH-01", "2026-03-09T10:00")
    assert (duty.state, duty.ended_at) == (state, instant(time))


def test_the_sending_time_is_corrected() -> None:
    story = given(
        admitted(MONDAY_10),
        judged(MONDAY_10),
        notified("2026-03-03T11:00", message="notice"),
        amended("2026-03-04T08:00", "notice", notified("2026-03-03T09:00")),
    )
    assert story.duty("MH-01", "2026-03-03T09:00").state == "done"


def test_the_notice_is_annulled() -> None:
    story = given(
        admitted(MONDAY_10),
        judged(MONDAY_10),
        notified("2026-03-02T11:00", message="notice"),
        voided("2026-03-02T12:00", "notice"),
    )
    assert story.duty("MH-01", "2026-03-04T10:00").state == "missed"


def test_the_ward_where_the_patient_was_at_the_judgement_owes_it() -> None:
    other = "hsa:SE2321000198-WARD2"
    story = given(admitted(MONDAY_10), transferred("2026-03-02T15:00", other), judged("2026-03-02T16:00"))
    assert story.duty("MH-01", "2026-03-02T17:00").unit == other


def test_the_agreement_is_named_on_the_duty() -> None:
    story = given(admitted(MONDAY_10), judged(MONDAY_10))
    assert story.duty("MH-01", MONDAY_10).agreement == "demo@1"
    statute = given(admitted(MONDAY_10), judged(MONDAY_10), basis=STATUTE_ONLY)
    assert statute.duty("MH-01", MONDAY_10).agreement == "statute@1"
