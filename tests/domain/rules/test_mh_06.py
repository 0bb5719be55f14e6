"""MH-06, LUS 2:5: open care that was told of the admission appoints a *fast vårdkontakt* before the discharge."""

import pytest
from given import given, instant
from units import contact_ended
from ward import NURSING, OPEN_CARE, admitted, contact, died, discharged, judged, notified, voided

IN_STAY = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"))
TOLD = (*IN_STAY, notified("2026-03-02T12:00", OPEN_CARE, NURSING))


def test_open_until_the_discharge_and_missed_after_it() -> None:
    story = given(*TOLD, discharged("2026-03-05T14:00"))
    assert story.duty("MH-06", "2026-03-05T13:59").state == "open"
    assert story.duty("MH-06", "2026-03-05T13:59").due_at is None
    duty = story.duty("MH-06", "2026-03-05T14:00")
    assert (duty.state, duty.due_at) == ("due", instant("2026-03-05T14:00"))
    assert story.duty("MH-06", "2026-03-05T14:00:01").state == "missed"


def test_open_care_owes_it() -> None:
    duty = given(*TOLD).duty("MH-06", "2026-03-03T10:00")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "open-care", OPEN_CARE.unit)


@pytest.mark.parametrize(
    ("appointed", "state"),
    [
        ("2026-03-02T11:00", "done"),  # before the notice: an existing contact may continue
        ("2026-03-05T13:59", "done"),
        ("2026-03-05T14:00:01", "late"),
    ],
)
def test_appointed(appointed: str, state: str) -> None:
    story = given(*TOLD, contact(appointed), discharged("2026-03-05T14:00"))
    assert story.duty("MH-06", "2026-03-10T10:00").state == state


def test_appointed_late_was_missed_before() -> None:
    story = given(*TOLD, discharged("2026-03-05T14:00"), contact("2026-03-06T09:00"))
    assert story.duty("MH-06", "2026-03-06T08:00").state == "missed"


def test_open_care_that_was_not_told_owes_nothing() -> None:
    story = given(*IN_STAY, notified("2026-03-02T12:00", NURSING), discharged("2026-03-05T14:00"))
    assert story.duties("MH-06", "2026-03-10T10:00") == []


def test_told_only_after_the_discharge_the_limit_has_passed() -> None:
    story = given(
        *IN_STAY, discharged("2026-03-05T14:00"), notified("2026-03-06T09:00", OPEN_CARE, stay=None)
    )
    assert story.duty("MH-06", "2026-03-06T10:00").state == "missed"


def test_death_ends_it() -> None:
    assert given(*TOLD, died("2026-03-04T10:00")).duty("MH-06", "2026-03-10T10:00").state == "cancelled"


def test_an_annulled_discharge_is_no_limit() -> None:
    story = given(*TOLD, discharged("2026-03-05T14:00", message="out"), voided("2026-03-05T15:00", "out"))
    assert story.duty("MH-06", "2026-03-10T10:00").state == "open"


def test_a_contact_that_ended_before_the_discharge_is_owed_anew() -> None:
    """LUS 2:5 asks for one when the patient leaves; it was there in between, and that is not forgotten."""
    story = given(
        *TOLD, contact("2026-03-03T09:00"), contact_ended("2026-03-04T09:00"), discharged("2026-03-05T14:00")
    )
    assert story.duty("MH-06", "2026-03-03T12:00").state == "done"
    assert story.duty("MH-06", "2026-03-04T09:00").state == "open"
    assert story.duty("MH-06", "2026-03-05T14:00:01").state == "missed"


def test_another_contact_in_its_place() -> None:
    story = given(
        *TOLD,
        contact("2026-03-03T09:00"),
        contact_ended("2026-03-04T09:00"),
        contact("2026-03-05T09:00"),
        discharged("2026-03-05T14:00"),
    )
    duty = story.duty("MH-06", "2026-03-10T10:00")
    assert (duty.state, duty.ended_at) == ("done", instant("2026-03-05T09:00"))


def test_another_had_taken_over_before_the_first_ended() -> None:
    second = "hsa:SE2321000198-VC2"
    story = given(
        *TOLD,
        contact("2026-03-03T09:00"),
        contact("2026-03-03T15:00", second),
        contact_ended("2026-03-04T09:00", OPEN_CARE.unit),
        discharged("2026-03-05T14:00"),
    )
    duty = story.duty("MH-06", "2026-03-10T10:00")
    assert (duty.state, duty.ended_at) == ("done", instant("2026-03-03T09:00"))


def test_a_contact_that_ends_after_the_discharge_was_there() -> None:
    story = given(
        *TOLD, contact("2026-03-03T09:00"), discharged("2026-03-05T14:00"), contact_ended("2026-03-06T09:00")
    )
    assert story.duty("MH-06", "2026-03-10T10:00").state == "done"


def test_appointed_late_and_ended_again_is_late_all_the_same() -> None:
    story = given(
        *TOLD, discharged("2026-03-05T14:00"), contact("2026-03-06T09:00"), contact_ended("2026-03-07T09:00")
    )
    duty = story.duty("MH-06", "2026-03-10T10:00")
    assert (duty.state, duty.ended_at) == ("late", instant("2026-03-06T09:00"))
