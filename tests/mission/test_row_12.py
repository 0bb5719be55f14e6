"""Row 12: ever new contacts: who is the fast vårdkontakt at every moment, the days without one, the hand-overs."""

import pytest
from mission_way import (
    BY_GAVLE,
    BY_HEALTH_CENTRE,
    BY_WARD,
    GAVLE,
    GAVLEBORG,
    HEALTH_CENTRE,
    Patient,
    Way,
    changes,
    told,
    told_at,
)

pytestmark = pytest.mark.broker

PATIENT = "ROW12"
OTHER_WARD, OTHER_CENTRE = "hsa:SE2321000198-WARD2", "hsa:SE2321000198-HC2"
LATER = "2026-04-20T12:00"


def tell(way: Way) -> None:
    """In from 2 to 6 March on two wards; the contact at the health centre quits on the 16th, the next comes in April."""
    say = way.patient(PATIENT).record
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, "--municipality", "Gävle", "--care-form", "somatic")
    told_ = ("--recipient", f"open-care,unit={HEALTH_CENTRE}")
    estimate = ("--estimated-discharge-at", "2026-03-06T12:00")
    say("2026-03-02T12:00", "admission-notified", *BY_WARD, *told_, *estimate)
    say("2026-03-03T12:00", "care-contact-appointed", *BY_HEALTH_CENTRE)
    say("2026-03-04T12:00", "patient-transferred", *BY_WARD, "--to-unit", OTHER_WARD)
    say("2026-03-06T12:00", "patient-informed-at-discharge", "--unit", OTHER_WARD, "--care-contact-named")
    say("2026-03-06T12:00", "discharge-information-transferred", "--unit", OTHER_WARD, *told_)
    say("2026-03-06T12:00", "patient-discharged", "--unit", OTHER_WARD, "--destination", "home")
    nursing = ("--municipality", "Gävle", "--service", "home-nursing")
    say("2026-03-06T14:00", "municipal-care-started", *BY_GAVLE, *nursing)
    say("2026-03-16T12:00", "care-contact-ended", *BY_HEALTH_CENTRE, "--reason", "staff-left")
    say("2026-04-15T12:00", "care-contact-appointed", "--unit", OTHER_CENTRE)
    say("2026-04-16T09:00", "visit-made", "--unit", OTHER_CENTRE)


@pytest.mark.parametrize(
    ("moment", "unit"),
    [
        ("2026-03-03T11:59", None),
        ("2026-03-03T12:00", HEALTH_CENTRE),
        ("2026-03-16T11:59", HEALTH_CENTRE),
        ("2026-03-16T12:00", None),
        ("2026-04-15T12:00", OTHER_CENTRE),
    ],
)
def test_who_is_the_contact_at_every_moment(patient: Patient, moment: str, unit: str | None) -> None:
    contacts = told(patient.responsible(moment, "care_contact"), "party", "role", "unit")
    assert contacts == (set() if unit is None else {(GAVLEBORG, "open-care", unit)})


def test_who_gives_the_care_meanwhile(patient: Patient) -> None:
    assert told(patient.responsible("2026-03-05T12:00"), "role", "unit") == {("inpatient", OTHER_WARD)}
    at_home = told(patient.responsible("2026-03-20T12:00"), "party", "role")
    assert at_home == {(GAVLEBORG, "open-care"), (GAVLE, "municipal-health")}


def test_the_days_without_one(patient: Patient) -> None:
    """30 days from 16 March to 15 April, less the hour of the summer time."""
    (wait,) = patient.waits(LATER, "W-21")
    assert (wait["value"], wait["started_at"], wait["ended_at"], wait["party"]) == (
        29.9583,
        "2026-03-16T12:00:00+01:00",
        "2026-04-15T12:00:00+02:00",
        GAVLEBORG,
    )
    (first,) = patient.waits(LATER, "W-03")
    assert first["value"] == 1.0


def test_nothing_was_missed_by_law(patient: Patient) -> None:
    """The law asks for a contact before the discharge, and there was one."""
    assert patient.missed(LATER) == patient.findings(LATER) == []
    (why,) = patient.explain(LATER, "MH-06")
    assert why["state"] == "done"


def test_hand_overs_and_units_met(patient: Patient) -> None:
    assert patient.figures(LATER, "W-19") == dict.fromkeys(
        ("patient-admitted", "patient-transferred", "patient-discharged", "municipal-care-started"), 1.0
    )
    met = {line["unit"] for line in patient.explain(LATER, "W-20")}
    assert met == {BY_WARD[1], OTHER_CENTRE}


def test_the_replay_loses_the_contact_and_finds_another(patient: Patient) -> None:
    replay = patient.replay(LATER)
    assert told_at(replay, "2026-03-04T12:00:00+01:00") == ["patient-transferred"]
    assert {("care_contact", "ended", GAVLEBORG), ("W-21", "waiting", GAVLEBORG)} <= changes(
        replay, "2026-03-16T12:00:00+01:00"
    )
    assert {("care_contact", "current", GAVLEBORG), ("W-21", "ended", GAVLEBORG)} <= changes(
        replay, "2026-04-15T12:00:00+02:00"
    )
