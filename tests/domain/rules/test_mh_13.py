"""MH-13, LUS 3:3 and patientlagen 3:2 b: at the discharge the patient has the information in writing."""

import pytest
from given import WARD, given, instant, said
from units import patient_informed
from ward import admitted, closed, died, discharged, voided

from domain.facts.discharge import PatientDischarged

ADMITTED = admitted("2026-03-02T10:00")
LEFT_AT = "2026-03-05T14:00"
LEFT = discharged(LEFT_AT)
LATER = "2026-03-20T10:00"


def test_not_owed_before_the_discharge() -> None:
    assert given(ADMITTED, LEFT).duties("MH-13", "2026-03-05T13:59") == []
    assert given(ADMITTED).duties("MH-13", LATER) == []


@pytest.mark.parametrize(
    ("given_at", "state", "ended"),
    [
        ("2026-03-05T09:00", "done", LEFT_AT),  # before the patient left
        (LEFT_AT, "done", LEFT_AT),
        ("2026-03-05T14:00:01", "late", "2026-03-05T14:00:01"),
    ],
)
def test_informed(given_at: str, state: str, ended: str) -> None:
    duty = given(ADMITTED, patient_informed(given_at), LEFT).duty("MH-13", LATER)
    assert (duty.state, duty.due_at, duty.ended_at) == (state, instant(LEFT_AT), instant(ended))
    assert (duty.party, duty.role, duty.unit, duty.severity) == ("region:21", "inpatient", WARD, "legal")


def test_not_informed() -> None:
    story = given(ADMITTED, LEFT)
    assert story.duty("MH-13", LEFT_AT).state == "due"
    assert story.duty("MH-13", "2026-03-05T14:00:00.000001").state == "missed"


def test_to_another_hospital_the_care_goes_on() -> None:
    assert given(ADMITTED, discharged(LEFT_AT, "other-hospital")).duties("MH-13", LATER) == []


def test_where_it_is_not_said_where_the_patient_went_it_is_owed() -> None:
    left = said(LEFT_AT, PatientDischarged())
    assert given(ADMITTED, left).duty("MH-13", LATER).state == "missed"


def test_death_is_no_discharge() -> None:
    assert given(ADMITTED, died(LEFT_AT)).duties("MH-13", LATER) == []


@pytest.mark.parametrize("end", [died, closed])
def test_what_ends_it_after_the_discharge(end: object) -> None:
    assert callable(end)
    duty = given(ADMITTED, LEFT, end("2026-03-06T10:00")).duty("MH-13", LATER)
    assert (duty.state, duty.ended_at) == ("missed", instant("2026-03-06T10:00"))


def test_death_at_the_very_moment_is_no_miss() -> None:
    assert given(ADMITTED, LEFT, died(LEFT_AT)).duty("MH-13", LATER).state == "cancelled"


def test_a_readmission_does_not_end_it() -> None:
    again = admitted("2026-03-07T10:00", stay="B")
    story = given(admitted("2026-03-02T10:00", stay="A"), discharged(LEFT_AT, stay="A"), again)
    assert story.duty("MH-13", LATER).ended_at is None


def test_an_annulled_discharge_owes_nothing() -> None:
    story = given(ADMITTED, discharged(LEFT_AT, message="out"), voided("2026-03-05T15:00", "out"))
    assert story.duties("MH-13", LATER) == []
