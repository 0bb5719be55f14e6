"""MH-21: a notice that went astray is sent again; it satisfied no duty, and the 24 hours of LUS 2:3 ran on."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from units import OTHER_NURSING, agreed, astray
from ward import (
    NURSING,
    SOCIAL,
    admitted,
    amended,
    died,
    discharged,
    judged,
    notified,
    sip_called,
    told_ready,
    voided,
)

FOUR_HOURS = agreed(resend_hours=4)
ADMITTED = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"))
SENT = notified("2026-03-02T12:00", OTHER_NURSING)
REPORT = astray("2026-03-03T08:00", "admission-notified", OTHER_NURSING)
LATER = "2026-03-10T10:00"


def test_nobody_said_that_it_went_astray() -> None:
    assert given(*ADMITTED, SENT, basis=FOUR_HOURS).duties("MH-21", LATER) == []


@pytest.mark.parametrize(
    ("again", "state"),
    [
        ("2026-03-03T09:00", "done"),
        ("2026-03-03T12:00:00", "done"),  # four hours exactly
        ("2026-03-03T12:00:01", "late"),
    ],
)
def test_sent_again(again: str, state: str) -> None:
    duty = given(*ADMITTED, SENT, REPORT, notified(again, NURSING), basis=FOUR_HOURS).duty("MH-21", LATER)
    assert (duty.state, duty.due_at) == (state, instant("2026-03-03T12:00"))
    assert (duty.detail, duty.severity) == ("admission-notified", "legal")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "inpatient", WARD)


def test_not_sent_again() -> None:
    story = given(*ADMITTED, SENT, REPORT, basis=FOUR_HOURS)
    assert story.duties("MH-21", "2026-03-03T07:59") == []
    assert story.duty("MH-21", "2026-03-03T12:00:00").state == "due"
    assert story.duty("MH-21", "2026-03-03T12:00:01").state == "missed"


def test_the_statute_sets_no_limit() -> None:
    assert given(*ADMITTED, SENT, REPORT, basis=STATUTE_ONLY).duty("MH-21", LATER).state == "open"


def test_the_24_hours_of_the_first_notice_have_run_on() -> None:
    """LUS 2:3: what reached nobody satisfied nothing. Admitted 2 March 10:00; sent again an hour too late."""
    story = given(*ADMITTED, SENT, REPORT, notified("2026-03-03T11:00", NURSING), basis=FOUR_HOURS)
    assert story.duty("MH-01", "2026-03-03T07:59").state == "done"
    assert story.duty("MH-01", "2026-03-03T08:00").state == "due"
    assert story.duty("MH-01", "2026-03-03T10:30").state == "missed"
    assert story.duty("MH-01", LATER).state == "late"
    assert story.duty("MH-21", LATER).state == "done"


def test_another_receiver_of_the_same_notice_keeps_it_a_notice() -> None:
    both = notified("2026-03-02T12:00", OTHER_NURSING, SOCIAL)
    story = given(*ADMITTED, both, REPORT, basis=FOUR_HOURS)
    assert story.duty("MH-21", LATER).state == "missed"
    assert story.duty("MH-01", LATER).state == "done"


def test_only_a_notice_of_the_same_kind_counts() -> None:
    story = given(*ADMITTED, SENT, REPORT, told_ready("2026-03-03T09:00", NURSING), basis=FOUR_HOURS)
    assert story.duty("MH-21", LATER).state == "missed"


def test_sent_again_and_astray_again() -> None:
    story = given(
        *ADMITTED,
        SENT,
        REPORT,
        notified("2026-03-03T09:00", NURSING),
        astray("2026-03-03T10:00", "admission-notified", NURSING),
        notified("2026-03-03T11:00", SOCIAL),
        basis=FOUR_HOURS,
    )
    assert story.duty("MH-21", "2026-03-03T09:30").state == "done"
    assert [duty.state for duty in story.duties("MH-21", "2026-03-03T10:30")] == ["due", "due"]
    assert {duty.ended_at for duty in story.duties("MH-21", LATER)} == {instant("2026-03-03T11:00")}


def test_a_call_to_a_sip_is_open_cares_to_send_again_also_after_the_discharge() -> None:
    called = (
        sip_called("2026-03-04T09:00", NURSING),
        astray("2026-03-04T12:00", "sip-meeting-called", NURSING),
    )
    home = (*ADMITTED, *called, discharged("2026-03-04T14:00"))
    duty = given(*home, sip_called("2026-03-04T16:00", SOCIAL), basis=FOUR_HOURS).duty("MH-21", LATER)
    assert (duty.state, duty.party, duty.role) == ("done", "region:21", "open-care")
    again = given(*home, admitted("2026-03-04T15:00"), basis=FOUR_HOURS).duty("MH-21", LATER)
    assert (again.state, again.outcome) == ("cancelled", "readmitted")
    assert given(*home, died("2026-03-04T15:00"), basis=FOUR_HOURS).duty("MH-21", LATER).state == "cancelled"


@pytest.mark.parametrize("end", [discharged, died])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-03T10:00", "cancelled"), ("2026-03-04T10:00", "missed")]
)
def test_the_end_of_the_stay_ends_it(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(*ADMITTED, SENT, REPORT, end(time), basis=FOUR_HOURS).duty("MH-21", LATER).state == state


def test_a_report_that_names_no_kind_of_notice_owes_nothing() -> None:
    story = given(*ADMITTED, SENT, astray("2026-03-03T08:00", None, OTHER_NURSING), basis=FOUR_HOURS)
    assert story.duties("MH-21", LATER) == []


def test_an_annulled_report_owes_nothing_and_the_notice_counts() -> None:
    report = astray("2026-03-03T08:00", "admission-notified", OTHER_NURSING, message="report")
    story = given(*ADMITTED, SENT, report, voided("2026-03-03T09:00", "report"), basis=FOUR_HOURS)
    assert story.duties("MH-21", LATER) == []
    assert story.duty("MH-01", LATER).state == "done"


def test_the_time_of_the_report_is_corrected() -> None:
    report = astray("2026-03-03T08:00", "admission-notified", OTHER_NURSING, message="report")
    right = astray("2026-03-03T09:30", "admission-notified", OTHER_NURSING)
    story = given(*ADMITTED, SENT, report, amended("2026-03-03T11:00", "report", right), basis=FOUR_HOURS)
    assert story.duty("MH-21", LATER).due_at == instant("2026-03-03T13:30")
