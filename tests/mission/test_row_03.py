"""Row 3: a mobile team with members from region and municipality has a frail patient at home, and hands back."""

import pytest
from mission_way import JAMTLAND, Patient, Way, changes, told, told_at

pytestmark = pytest.mark.broker

PATIENT = "ROW03"
HARJEDALEN = "municipality:2361"
CENTRE, TEAM, HOSPITAL = (f"hsa:SE2321000214-{name}" for name in ("FUNAS", "TEAM", "MEDICINE"))
NURSING = "hsa:SE2120002510-NURSING"
BY_CENTRE = ("--unit", CENTRE, "--role", "open-care")
BY_NURSING = ("--unit", NURSING, "--principal", "2361", "--role", "municipal-health")
MEMBERS = (
    *("--member", f"open-care,unit={CENTRE}"),
    *("--member", f"municipal-health,municipality=Härjedalen,unit={NURSING}"),
    *("--member", f"inpatient,unit={HOSPITAL}"),
)

WITH_THE_TEAM, ALONE, AGAIN = "2026-03-15T12:00", "2026-03-31T12:00", "2026-04-03T12:00"


def tell(way: Way) -> None:
    """Sought care on Monday 2 March; the team had the patient from the 9th to the 30th, and left them to nobody."""
    patient = way.patient(PATIENT)
    say = patient.record
    say("2026-03-02T09:00", "care-contact-sought", *BY_CENTRE, "--channel", "telephone")
    say("2026-03-06T10:00", "care-assessed", *BY_CENTRE, "--profession", "physician")
    say("2026-03-09T13:00", "mobile-team-took-over", "--unit", TEAM, "--team", TEAM, *MEMBERS)
    say("2026-03-10T09:00", "home-visit-made", "--unit", TEAM, "--profession", "nurse")
    # A person is asked who goes on; the team's own system sends it without.
    back = {"team": TEAM, "reason": "stable"}
    way.ingest([patient.message("2026-03-30T10:00:00+02:00", "mobile-team-handed-back", back, TEAM)])
    started = ("--municipality", "Härjedalen", "--service", "home-nursing")
    say("2026-04-02T09:00", "municipal-care-started", *BY_NURSING, *started)


def test_the_team_and_each_member_are_responsible(patient: Patient) -> None:
    fields = ("party", "role", "unit", "organisation")
    assert told(patient.responsible(WITH_THE_TEAM), *fields) == {
        (JAMTLAND, "mobile-team", TEAM, None),
        (JAMTLAND, "team-member", CENTRE, TEAM),
        (HARJEDALEN, "team-member", NURSING, TEAM),
        (JAMTLAND, "team-member", HOSPITAL, TEAM),
    }
    assert patient.responsible(ALONE) == []
    assert told(patient.responsible(AGAIN), *fields) == {(HARJEDALEN, "municipal-health", NURSING, None)}


def test_how_long_they_waited_to_be_assessed(patient: Patient) -> None:
    """Four dates, one more than the care guarantee's three."""
    (wait,) = patient.waits(WITH_THE_TEAM, "W-17")
    assert (wait["value"], wait["at_most"], wait["party"], wait["unit"]) == (4.0, 3.0, JAMTLAND, CENTRE)


def test_nobody_after_the_team_is_a_gap(patient: Patient) -> None:
    gap = ("gap-after-team", "2026-03-30T10:00:00+02:00", JAMTLAND)
    fields = ("rule", "started_at", "party", "state", "ended_at")
    alone = told(patient.findings(ALONE), *fields)
    assert (*gap, "open", None) in alone
    assert {rule for rule, *_ in alone} == {"gap-after-team"}
    assert (*gap, "resolved", "2026-04-02T09:00:00+02:00") in told(patient.findings(AGAIN), *fields)


def test_the_replay_goes_from_team_to_nobody_to_the_municipality(patient: Patient) -> None:
    replay = patient.replay(AGAIN)
    assert told_at(replay, "2026-03-09T13:00:00+01:00") == ["mobile-team-took-over"]
    assert ("care", "current", HARJEDALEN) in changes(replay, "2026-03-09T13:00:00+01:00")
    assert changes(replay, "2026-03-30T10:00:00+02:00") >= {
        ("care", "ended", JAMTLAND),
        ("care", "ended", HARJEDALEN),
        ("gap-after-team", "open", JAMTLAND),
    }
    assert changes(replay, "2026-04-02T09:00:00+02:00") == {
        ("care", "current", HARJEDALEN),
        ("gap-after-team", "resolved", JAMTLAND),
    }
