"""Row 11: care that comes to the patient: an ambulance that leaves at home, a home visit, a specialist on the screen."""

import pytest
from mission_way import JAMTLAND, Patient, Way, changes, told, told_at

pytestmark = pytest.mark.broker

PATIENT = "ROW11"
HARJEDALEN = "municipality:2361"
AMBULANCE, CENTRE, GERIATRICS = (f"hsa:SE2321000214-{name}" for name in ("AMBULANCE", "HEDE", "GERIATRICS"))
NURSING = "hsa:SE2120002510-NURSING"
BY_CENTRE = ("--unit", CENTRE, "--role", "open-care")
BY_NURSING = ("--unit", NURSING, "--principal", "2361", "--role", "municipal-health")

AT_NIGHT, MET, ALONE, LATER = "2026-03-02T23:00", "2026-03-03T12:00", "2026-04-06T12:00", "2026-04-10T12:00"


def tell(way: Way) -> None:
    """Left at home in the nurses' care on 2 March, and with nobody on 5 April."""
    say = way.patient(PATIENT).record
    nurses = f"municipal-health,municipality=Härjedalen,unit={NURSING}"
    at_home = ("--unit", AMBULANCE, "--outcome", "left-at-home")
    say("2026-03-02T22:00", "ambulance-attended", *at_home, "--handed-to", nurses)
    say("2026-03-03T09:00", "home-visit-made", *BY_NURSING, "--profession", "nurse")
    track = ("--track", "geriatrics")
    say("2026-03-04T10:00", "referral-sent", *BY_CENTRE, *track, "--to-unit", GERIATRICS)
    say("2026-03-18T10:00", "digital-visit-held", "--unit", GERIATRICS, *track, "--profession", "physician")
    say("2026-04-05T21:00", "ambulance-attended", *at_home)
    say("2026-04-07T09:00", "visit-made", *BY_CENTRE)


def test_the_nurses_have_the_patient_until_they_have_been_there(patient: Patient) -> None:
    assert told(patient.responsible(AT_NIGHT), "party", "role", "unit", "detail") == {
        (HARJEDALEN, "municipal-health", NURSING, "ambulance")
    }
    step = patient.responsible(AT_NIGHT, "next_step")
    assert told(step, "rule", "party", "unit") == {("NS-ambulance", HARJEDALEN, NURSING)}
    assert patient.responsible(MET) == patient.responsible(MET, "next_step") == []


def test_how_long_they_waited_for_the_specialist(patient: Patient) -> None:
    (wait,) = patient.waits(LATER, "W-18")
    assert (wait["value"], wait["at_most"], wait["outcome"]) == (14.0, 90.0, "done")


def test_left_with_nobody_is_a_gap_and_no_miss_for_no_hour_is_agreed(patient: Patient) -> None:
    gap = ("gap-after-ambulance", JAMTLAND, AMBULANCE, "2026-04-05T21:00:00+02:00")
    fields = ("rule", "party", "unit", "started_at", "state", "ended_at")
    assert told(patient.findings(ALONE), *fields) == {(*gap, "open", None)}
    assert told(patient.findings(LATER), *fields) == {(*gap, "resolved", "2026-04-07T09:00:00+02:00")}
    assert patient.missed(LATER) == []


def test_two_of_three_contacts_came_to_the_patient(patient: Patient) -> None:
    assert patient.figures(LATER, "W-24") == {"home": 1.0, "digital": 1.0, "unit": 0.0}


def test_the_replay_hands_over_at_the_door(patient: Patient) -> None:
    replay = patient.replay(LATER)
    assert ("care", "current", HARJEDALEN) in changes(replay, "2026-03-02T22:00:00+01:00")
    assert changes(replay, "2026-03-03T09:00:00+01:00") == {
        ("care", "ended", HARJEDALEN),
        ("NS-ambulance", "done", HARJEDALEN),
    }
    assert told_at(replay, "2026-03-18T10:00:00+01:00") == ["digital-visit-held"]
    assert told_at(replay, "2026-04-05T21:00:00+02:00") == ["ambulance-attended"]
