"""Row 6: a private provider under Hälsovalet runs the health centre on the region's behalf: both are shown."""

import pytest
from mission_way import BY_WARD, GAVLEBORG, WARD, Patient, Way, changes, told, told_at

pytestmark = pytest.mark.broker

PATIENT = "ROW06"
PROVIDER = "orgnr:5560160680"
CENTRE = "hsa:SE5560160680-CENTRE"
BY_CENTRE = ("--unit", CENTRE, "--principal", "21", "--role", "open-care")
COMMISSIONED = "hsa:SE2321000198-SOUTH"
"""A health centre with the region's own id, which another company runs."""
COMPANY = "orgnr:5561234567"

AT_HOME, CARED_FOR = "2026-03-08T12:00", "2026-03-10T12:00"


def tell(way: Way) -> None:
    """Home on Friday 6 March; the private health centre appoints a contact on Monday the 9th; training elsewhere."""
    say = way.patient(PATIENT).record
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, "--municipality", "Gävle", "--care-form", "somatic")
    told_ = ("--recipient", f"open-care,unit={CENTRE}", "--estimated-discharge-at", "2026-03-06T12:00")
    say("2026-03-02T12:00", "admission-notified", *BY_WARD, *told_)
    say("2026-03-06T11:50", "patient-informed-at-discharge", *BY_WARD)
    say("2026-03-06T12:00", "patient-discharged", *BY_WARD, "--destination", "home")
    to_centre = ("--recipient", f"open-care,unit={CENTRE}")
    say("2026-03-06T12:30", "discharge-information-transferred", *BY_WARD, *to_centre)
    say("2026-03-09T12:00", "care-contact-appointed", *BY_CENTRE)
    diabetes = ("--track", "diabetes")
    say("2026-03-09T13:00", "referral-sent", *BY_CENTRE, *diabetes, "--to-unit", COMMISSIONED)
    run_by = ("--provider", COMPANY, "--on-behalf-of", "Region Gävleborg")
    say("2026-03-09T14:00", "provider-commissioned", "--unit", COMMISSIONED, *run_by)
    say("2026-03-09T15:00", "referral-accepted", "--unit", COMMISSIONED, *diabetes)


def test_the_huvudman_and_the_provider_are_both_shown(patient: Patient) -> None:
    fields = ("party", "role", "unit", "organisation")
    assert told(patient.responsible(AT_HOME), *fields) == {(GAVLEBORG, "open-care", None, None)}
    assert told(patient.responsible(CARED_FOR), *fields) == {
        (GAVLEBORG, "open-care", CENTRE, PROVIDER),
        (GAVLEBORG, "specialist", COMMISSIONED, COMPANY),
    }
    assert told(patient.responsible(CARED_FOR, "care_contact"), *fields) == {
        (GAVLEBORG, "open-care", CENTRE, PROVIDER)
    }


def test_a_provider_is_asked_about_by_its_organisation_number(way: Way, patient: Patient) -> None:
    found = way.ask("responsible", "--unit", PROVIDER, as_of=CARED_FOR)
    assert told(found, "notion", "unit") == {("care", CENTRE), ("care_contact", CENTRE)}


def test_how_long_they_waited_for_a_contact(patient: Patient) -> None:
    (appointed,) = patient.waits(CARED_FOR, "W-03")
    assert (appointed["value"], appointed["party"], appointed["unit"]) == (7.0, GAVLEBORG, CENTRE)
    (without,) = patient.waits(CARED_FOR, "W-21")
    assert (without["value"], without["unit"]) == (3.0, CENTRE)


def test_the_contact_came_after_the_discharge(patient: Patient) -> None:
    assert told(patient.missed(CARED_FOR), "rule", "state", "party", "unit", "due_at") == {
        ("MH-06", "late", GAVLEBORG, CENTRE, "2026-03-06T12:00:00+01:00")
    }


def test_the_replay_shows_when_the_provider_came_in(patient: Patient) -> None:
    replay = patient.replay(CARED_FOR)
    assert told_at(replay, "2026-03-09T14:00:00+01:00") == ["provider-commissioned"]
    assert ("care_contact", "current", GAVLEBORG) in changes(replay, "2026-03-09T12:00:00+01:00")
    assert ("MH-06", "late", GAVLEBORG) in changes(replay, "2026-03-09T12:00:00+01:00")
    assert ("care", "ended", GAVLEBORG) in changes(replay, "2026-03-06T12:00:00+01:00")
    units = {change["unit"] for step in replay for change in step["changes"]}
    assert {WARD, CENTRE, COMMISSIONED} <= units
