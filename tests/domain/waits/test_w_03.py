"""W-03, LUS 2:5: days from the notice to open care until a *fast vårdkontakt* is appointed."""

from given import given
from units import contact_ended
from ward import NURSING, OPEN_CARE, admitted, contact, died, discharged, notified

ADMITTED = admitted("2026-03-02T10:00")
TOLD = notified("2026-03-02T12:00", OPEN_CARE)


def test_days_of_24_hours() -> None:
    wait = given(ADMITTED, TOLD, contact("2026-03-04T00:00")).wait("W-03", "2026-03-10T10:00")
    assert (wait.value, wait.value_unit, wait.party, wait.role) == (1.5, "days", "region:21", "open-care")


def test_discharge_does_not_end_it_and_death_does() -> None:
    assert (
        given(ADMITTED, TOLD, discharged("2026-03-04T10:00")).wait("W-03", "2026-03-10T10:00").state
        == "waiting"
    )
    assert (
        given(ADMITTED, TOLD, died("2026-03-04T10:00")).wait("W-03", "2026-03-10T10:00").outcome == "stopped"
    )


def test_only_where_open_care_was_told() -> None:
    assert given(ADMITTED, notified("2026-03-02T12:00", NURSING)).rows_of_wait("W-03") == []


def test_appointed_before_the_notice_waits_zero() -> None:
    assert given(ADMITTED, contact("2026-03-02T11:00"), TOLD).wait("W-03", "2026-03-10T10:00").value == 0.0


def test_a_contact_that_ended_before_the_discharge_was_waited_for_anew() -> None:
    story = given(
        ADMITTED,
        TOLD,
        contact("2026-03-03T12:00"),
        contact_ended("2026-03-04T12:00"),
        contact("2026-03-05T12:00"),
        discharged("2026-03-06T10:00"),
    )
    assert story.wait("W-03", "2026-03-04T00:00").value == 1.0
    assert story.wait("W-03", "2026-03-04T12:00").state == "waiting"
    assert story.wait("W-03", "2026-03-10T10:00").value == 3.0
