"""MH-11, LUS 4:2: those called to a SIP draw it up, within the dates that are agreed (the law says without delay)."""

import pytest
from given import STATUTE_ONLY, given, instant
from units import agreed, astray
from ward import (
    NURSING,
    admitted,
    amended,
    consent,
    died,
    discharged,
    sip_called,
    sip_made,
)

WEEK = agreed(sip_established_days=7)
ADMITTED = admitted("2026-03-01T10:00")
CALLED = (ADMITTED, sip_called("2026-03-03T09:00", NURSING, unit="hsa:SE2321000198-VC1"))
LATER = "2026-03-20T10:00"


def test_nobody_was_called() -> None:
    assert given(ADMITTED, basis=WEEK).duties("MH-11", LATER) == []


@pytest.mark.parametrize(
    ("made", "state"),
    [
        ("2026-03-05T10:00", "done"),
        ("2026-03-10T23:59:59.999999", "done"),  # seven dates after 3 March
        ("2026-03-11T00:00:00", "late"),
    ],
)
def test_established(made: str, state: str) -> None:
    duty = given(*CALLED, sip_made(made), basis=WEEK).duty("MH-11", LATER)
    assert (duty.state, duty.severity) == (state, "local")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "open-care", "hsa:SE2321000198-VC1")


def test_not_established() -> None:
    story = given(*CALLED, basis=WEEK)
    assert story.duty("MH-11", "2026-03-10T23:59:59").state == "due"
    assert story.duty("MH-11", "2026-03-11T00:00:00").state == "missed"


def test_the_statute_sets_no_limit() -> None:
    assert given(*CALLED, basis=STATUTE_ONLY).duty("MH-11", LATER).state == "open"


@pytest.mark.parametrize(
    ("called", "due"),
    [
        ("2026-03-24T09:00", "2026-03-31T23:59:59.999999+02:00"),  # over the night summer time begins
        ("2026-10-20T09:00", "2026-10-27T23:59:59.999999+01:00"),  # over the night it ends
        ("2026-12-29T23:30", "2027-01-05T23:59:59.999999+01:00"),
    ],
)
def test_dates_are_local_dates(called: str, due: str) -> None:
    assert given(ADMITTED, sip_called(called), basis=WEEK).duty("MH-11", called).due_at == instant(due)


def test_called_again_the_first_call_counts() -> None:
    story = given(*CALLED, sip_called("2026-03-09T09:00"), basis=WEEK)
    assert story.duty("MH-11", "2026-03-11T00:00:00").state == "missed"


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-05T10:00", "cancelled"), ("2026-03-12T10:00", "missed")]
)
def test_the_patient_says_no(decision: str, time: str, state: str) -> None:
    duty = given(*CALLED, consent(time, decision), basis=WEEK).duty("MH-11", LATER)
    assert (duty.state, duty.outcome) == (state, "not-needed")


def test_a_no_before_the_call_or_to_something_else_ends_nothing() -> None:
    early = consent("2026-03-02T10:00", "refused")
    other = consent("2026-03-05T10:00", "refused", scope="information-sharing")
    assert given(ADMITTED, early, *CALLED[1:], other, basis=WEEK).duty("MH-11", LATER).state == "missed"


def test_discharge_does_not_end_it_but_readmission_and_death_do() -> None:
    home = (*CALLED, discharged("2026-03-05T10:00"))
    assert given(*home, sip_made("2026-03-09T10:00"), basis=WEEK).duty("MH-11", LATER).state == "done"
    again = given(*home, admitted("2026-03-08T10:00"), basis=WEEK).duty("MH-11", LATER)
    assert (again.state, again.outcome) == ("cancelled", "readmitted")
    assert given(*home, died("2026-03-08T10:00"), basis=WEEK).duty("MH-11", LATER).state == "cancelled"


def test_a_call_that_reached_nobody_is_none() -> None:
    story = given(*CALLED, astray("2026-03-04T09:00", "sip-meeting-called", NURSING), basis=WEEK)
    assert story.duty("MH-11", "2026-03-04T08:59").state == "due"
    assert story.duties("MH-11", "2026-03-04T09:00") == []


def test_the_sending_time_is_corrected_over_midnight() -> None:
    story = given(
        ADMITTED,
        sip_called("2026-03-03T23:30", message="call"),
        amended("2026-03-04T09:00", "call", sip_called("2026-03-04T00:10")),
        sip_made("2026-03-11T12:00"),
        basis=WEEK,
    )
    assert story.duty("MH-11", LATER).state == "done"
