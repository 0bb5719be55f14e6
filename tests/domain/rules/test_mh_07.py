"""MH-07, LUS 2:5 as agreed: the *fast vårdkontakt* is appointed by the discharge-ready notice already."""

import pytest
from given import STATUTE_ONLY, given, instant
from units import agreed, contact_ended
from ward import (
    NURSING,
    OPEN_CARE,
    admitted,
    amended,
    contact,
    died,
    discharged,
    not_ready,
    notified,
    ready,
    told_ready,
)

AGREED = agreed(care_contact_before_ready=True)
TOLD = (admitted("2026-03-02T10:00"), notified("2026-03-02T12:00", OPEN_CARE, NURSING))
READY_AT = "2026-03-04T10:00"
READY = (ready(READY_AT), told_ready(READY_AT))
LATER = "2026-03-10T10:00"


def test_not_owed_before_the_notice_and_missed_right_after_it() -> None:
    story = given(*TOLD, *READY, basis=AGREED)
    assert story.duties("MH-07", "2026-03-04T09:59:59") == []
    duty = story.duty("MH-07", READY_AT)
    assert (duty.state, duty.due_at, duty.severity) == ("due", instant(READY_AT), "local")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "open-care", OPEN_CARE.unit)
    assert story.duty("MH-07", "2026-03-04T10:00:01").state == "missed"


def test_only_where_it_is_agreed() -> None:
    for basis in (STATUTE_ONLY, agreed()):
        assert given(*TOLD, *READY, basis=basis).duties("MH-07", LATER) == []


@pytest.mark.parametrize("appointed", ["2026-03-02T11:00", "2026-03-03T09:00", READY_AT])
def test_appointed_by_the_notice(appointed: str) -> None:
    assert given(*TOLD, contact(appointed), *READY, basis=AGREED).duties("MH-07", LATER) == []


def test_appointed_after_it_is_late() -> None:
    story = given(*TOLD, *READY, contact("2026-03-04T10:00:01"), basis=AGREED)
    assert story.duty("MH-07", LATER).state == "late"


def test_a_contact_that_had_ended_by_then_is_none() -> None:
    story = given(*TOLD, contact("2026-03-03T09:00"), contact_ended("2026-03-04T08:00"), *READY, basis=AGREED)
    assert story.duty("MH-07", LATER).state == "missed"


def test_open_care_that_had_not_been_told_owes_nothing() -> None:
    not_told = (admitted("2026-03-02T10:00"), notified("2026-03-02T12:00", NURSING), *READY)
    assert given(*not_told, basis=AGREED).duties("MH-07", LATER) == []
    too_late = notified("2026-03-04T11:00", OPEN_CARE)
    assert given(*not_told, too_late, basis=AGREED).duties("MH-07", LATER) == []


def test_only_the_first_notice_of_the_stay() -> None:
    again = (not_ready("2026-03-05T10:00"), ready("2026-03-06T10:00"), told_ready("2026-03-06T10:00"))
    story = given(*TOLD, *READY, *again, basis=AGREED)
    assert story.duty("MH-07", LATER).valid_from == instant(READY_AT)


@pytest.mark.parametrize("end", [discharged, died])
def test_the_end_of_the_stay_ends_it(end: object) -> None:
    """After the discharge MH-06 says it."""
    assert callable(end)
    duty = given(*TOLD, *READY, end("2026-03-05T10:00"), basis=AGREED).duty("MH-07", LATER)
    assert (duty.state, duty.ended_at) == ("missed", instant("2026-03-05T10:00"))


def test_the_time_of_the_appointment_is_corrected() -> None:
    story = given(
        *TOLD,
        *READY,
        contact("2026-03-05T09:00", message="contact"),
        amended("2026-03-05T12:00", "contact", contact("2026-03-03T09:00")),
        basis=AGREED,
    )
    assert story.duties("MH-07", LATER) == []
