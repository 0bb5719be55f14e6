"""Row 4: specialised and primary care on a track: referred, passed on, taken, shared and handed back; 3, 90 and 90 days."""

import pytest
from mission_way import BY_HEALTH_CENTRE, GAVLEBORG, HEALTH_CENTRE, Patient, Way, changes, told, told_at

pytestmark = pytest.mark.broker

PATIENT = "ROW04"
CARDIOLOGY, CLINIC = "hsa:SE2321000198-CARDIO", "hsa:SE2321000198-CLINIC"
HEART = ("--track", "heart-failure")
TRACKS = [
    "adult-psychiatry", "addiction-care", "heart-failure", "asthma-copd", "diabetes", "cancer-rehabilitation",
    "geriatrics",
]  # fmt: skip

ASKED, SHARED, BACK = "2026-01-20T12:00", "2026-05-15T12:00", "2026-06-02T12:00"


def tell(way: Way) -> None:
    """Sought care on Friday 9 January; cardiology passes the referral on, and the clinic takes it."""
    say = way.patient(PATIENT).record
    clinic = ("--unit", CLINIC, *HEART)
    say("2026-01-09T08:00", "care-contact-sought", *BY_HEALTH_CENTRE)
    say("2026-01-12T09:00", "care-assessed", *BY_HEALTH_CENTRE)
    referred = ("--from-unit", HEALTH_CENTRE, "--to-unit", CARDIOLOGY)
    say("2026-01-12T10:00", "referral-sent", *BY_HEALTH_CENTRE, *HEART, *referred)
    passed_on = ("--reason", "wrong-level", "--passed-on-to", CLINIC)
    say("2026-01-19T10:00", "referral-returned", "--unit", CARDIOLOGY, *HEART, *passed_on)
    say("2026-01-21T10:00", "referral-accepted", *clinic)
    away = (*HEART, "--step", "visit")
    say("2026-02-02T08:00", "wait-paused", "--unit", CLINIC, *away, "--ground", "abstains")
    say("2026-02-09T08:00", "wait-resumed", "--unit", CLINIC, *away)
    say("2026-04-20T10:00", "visit-made", *clinic)
    say("2026-04-20T11:00", "treatment-decided", *clinic)
    say("2026-05-04T11:00", "treatment-started", *clinic)
    units = ("--specialist-unit", CLINIC, "--primary-care-unit", HEALTH_CENTRE)
    say("2026-05-11T09:00", "shared-care-agreed", "--unit", CLINIC, *HEART, *units)
    home = ("--from-unit", CLINIC, "--to-unit", HEALTH_CENTRE)
    say("2026-06-01T09:00", "handed-back-to-primary-care", "--unit", CLINIC, *HEART, *home)


def test_who_has_the_patient_on_the_track(patient: Patient) -> None:
    fields = ("party", "role", "unit", "detail")
    clinic = (GAVLEBORG, "specialist", CLINIC, "heart-failure")
    centre = (GAVLEBORG, "open-care", HEALTH_CENTRE, "heart-failure")
    assert patient.responsible(ASKED) == []
    assert told(patient.responsible("2026-02-01T12:00"), *fields) == {clinic}
    assert told(patient.responsible(SHARED), *fields) == {clinic, centre}
    assert told(patient.responsible(BACK), *fields) == {centre}


def test_who_is_to_answer_a_referral_that_was_passed_on(patient: Patient) -> None:
    steps = patient.responsible(ASKED, "next_step")
    assert told(steps, "rule", "party", "role", "unit") == {
        ("NS-answer-referral", GAVLEBORG, "specialist", CLINIC)
    }


def test_the_three_clocks_of_the_care_guarantee(patient: Patient) -> None:
    (assessed,) = patient.waits(BACK, "W-17")
    assert (assessed["value"], assessed["at_most"]) == (3.0, 3.0)
    waits = {wait["role"]: wait for wait in patient.waits(BACK, "W-18")}
    # 98 days, an hour less for the summer time, and 7 days in which the patient abstained.
    assert (waits["visit"]["value"], waits["visit"]["at_most"]) == (90.9583, 90.0)
    assert (waits["treatment"]["value"], waits["treatment"]["at_most"]) == (14.0, 90.0)
    assert waits["visit"]["unit"] == CARDIOLOGY


def test_why_the_visit_took_so_long_and_who_could_have_ended_it(patient: Patient) -> None:
    sent, passed_on, taken = (f"2026-01-{day}T10:00:00+01:00" for day in ("12", "19", "21"))
    fields = ("cause", "party", "unit", "started_at", "ended_at")
    assert told(patient.why(BACK, "W-18"), *fields) == {
        ("referral-unanswered", GAVLEBORG, CARDIOLOGY, sent, passed_on),
        ("referral-unanswered", GAVLEBORG, CLINIC, passed_on, taken),
        ("abstains", "patient", None, "2026-02-02T08:00:00+01:00", "2026-02-09T08:00:00+01:00"),
    }


def test_the_visit_came_too_late_and_no_handoff_was_missed(way: Way, patient: Patient) -> None:
    """No paragraph sets a day for answering a referral: the guarantee's 90 days are what was not kept."""
    for unit, part, in_time in ((CARDIOLOGY, "visit", 0.0), (CLINIC, "treatment", 1.0)):
        asked = ("summary", "--unit", unit, "--measure", "W-18", "--small-groups")
        assert told(way.ask(*asked, as_of=BACK), "part", "count", "share", "word") == {
            (part, 1, in_time, "near")
        }
    assert patient.missed(BACK) == patient.findings(BACK) == []


def test_units_asked_and_referrals_returned_before_somebody_took_the_patient(patient: Patient) -> None:
    assert patient.figures(BACK, "W-27") == {"units-asked": 2, "returned": 1}


def test_the_wait_is_explained(patient: Patient) -> None:
    why = {line["role"]: line for line in patient.explain(BACK, "W-18")}["visit"]
    assert why["rule"]["source"] == "HSF 6:1-2"
    assert [fact["fact"] for fact in why["facts"]] == ["referral-sent", "visit-made"]


def test_the_replay_moves_the_patient_and_stops_both_clocks(patient: Patient) -> None:
    replay = patient.replay(BACK)
    assert told_at(replay, "2026-01-19T10:00:00+01:00") == ["referral-returned"]
    assert ("care", "current", GAVLEBORG) in changes(replay, "2026-01-21T10:00:00+01:00")
    assert ("W-18", "ended", GAVLEBORG) in changes(replay, "2026-04-20T10:00:00+02:00")
    assert ("W-18", "ended", GAVLEBORG) in changes(replay, "2026-05-04T11:00:00+02:00")
    assert changes(replay, "2026-06-01T09:00:00+02:00") == {
        ("care", "ended", GAVLEBORG),
        ("care", "current", GAVLEBORG),
    }


@pytest.mark.parametrize("track", TRACKS)
def test_each_track_of_the_regions_can_be_referred_to(way: Way, track: str) -> None:
    about = ("--patient", "-", "--unit", HEALTH_CENTRE, "--track", track, "--to-unit", CLINIC)
    out = way.carechain("record", "referral-sent", *about, "--dry-run", stdin="simulated:SIM-ROW04X\n")
    assert out.startswith("Would record referral-sent at ")
