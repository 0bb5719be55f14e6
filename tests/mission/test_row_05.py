"""Row 5: municipal care with its services, health care (HSL) and social services (SoL) kept apart."""

import pytest
from leaks import topics
from mission_way import (
    BY_GAVLE,
    BY_WARD,
    GAVLE,
    GAVLEBORG,
    HOME_NURSING,
    Patient,
    Way,
    changes,
    told,
    told_at,
)

pytestmark = pytest.mark.broker

PATIENT = "ROW05"
TO_GAVLE = ("--recipient", "municipal-health,municipality=Gävle")
HEALTH = ("--service", "home-nursing", "--service", "rehabilitation")
HELP = ("--service", "home-help")
BY_SOCIAL_SERVICES = ("--unit", "hsa:SE2120002338-HELP", "--principal", "2180", "--role", "social-services")

HOME, HELPED, LATER = "2026-03-07T12:00", "2026-03-10T12:00", "2026-05-20T12:00"


def tell(way: Way) -> None:
    """Home on Friday 6 March: nurses and training the same afternoon, the home help on Monday; in May a new home."""
    say = way.patient(PATIENT).record
    gavle = ("--municipality", "Gävle")
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, *gavle, "--care-form", "somatic")
    say("2026-03-04T09:00", "discharge-ready-declared", *BY_WARD)
    say("2026-03-04T09:10", "discharge-ready-notified", *BY_WARD, *TO_GAVLE)
    say("2026-03-04T10:00", "municipal-takeover-proposed", *BY_WARD, *gavle, *HEALTH, *HELP)
    planned = ("--planned-start-at", "2026-03-06T14:00")
    say("2026-03-05T09:00", "municipal-takeover-accepted", *BY_GAVLE, *gavle, *HEALTH, *HELP, *planned)
    say("2026-03-06T11:50", "patient-informed-at-discharge", *BY_WARD, "--summary-given")
    say("2026-03-06T12:00", "patient-discharged", *BY_WARD, "--destination", "home")
    say("2026-03-06T12:30", "discharge-information-transferred", *BY_WARD, *TO_GAVLE)
    say("2026-03-06T14:30", "municipal-care-started", *BY_GAVLE, *gavle, *HEALTH)
    say("2026-03-09T08:00", "municipal-care-started", *BY_SOCIAL_SERVICES, *gavle, *HELP)
    say("2026-04-01T10:00", "residential-care-applied", *BY_SOCIAL_SERVICES, *gavle)
    trained = ("--service", "rehabilitation", "--reason", "no-longer-needed")
    say("2026-04-20T09:00", "municipal-care-ended", *BY_GAVLE, *gavle, *trained)
    moves_in = ("--move-in-at", "2026-05-15T10:00")
    say("2026-05-01T10:00", "residential-care-offered", *BY_SOCIAL_SERVICES, *gavle, *moves_in)


def test_who_gives_which_kind_of_care(patient: Patient) -> None:
    physician = (GAVLEBORG, "open-care")
    nurses, training, home_help = (
        (GAVLE, role) for role in ("municipal-health", "rehabilitation", "social-services")
    )
    for moment, care in (
        (HOME, {physician, nurses, training}),
        (HELPED, {physician, nurses, training, home_help}),
        (LATER, {physician, nurses, home_help}),
    ):
        assert told(patient.responsible(moment), "party", "role") == care
    (nursing,) = [line for line in patient.responsible(HOME) if line["role"] == "municipal-health"]
    assert nursing["unit"] == HOME_NURSING


def test_how_long_they_waited_for_the_home_and_for_a_place(patient: Patient) -> None:
    (ready,) = patient.waits(HOME, "W-06")
    assert (ready["value"], ready["party"]) == (2.0, GAVLE)
    (place,) = patient.waits(LATER, "W-16")
    assert (place["value"], place["value_unit"], place["party"]) == (44.0, "days", GAVLE)


def test_one_started_without_the_other(patient: Patient) -> None:
    """Both were promised for Friday at 14; nothing is missed by law, which sets no hour for a start."""
    assert patient.missed(LATER) == []
    everything = patient.missed(HOME, "--all")
    assert ("MH-18", "open", "social-services", None) in told(
        [line for line in everything if line["rule"] == "MH-18"], "rule", "state", "role", "due_at"
    )
    fields = ("rule", "party", "role", "started_at", "ended_at", "state")
    friday, half_past, monday = (
        "2026-03-06T14:00:00+01:00",
        "2026-03-06T14:30:00+01:00",
        "2026-03-09T08:00:00+01:00",
    )
    social = (GAVLE, "social-services")
    assert told(patient.findings(HOME), *fields) == {
        ("gap-municipal-care", *social, friday, None, "open"),
        ("gap-municipal-care", GAVLE, "municipal-health", friday, half_past, "resolved"),
        ("regime-apart", *social, half_past, None, "open"),
    }
    assert {(line["ended_at"], line["state"]) for line in patient.findings(HELPED)} == {
        (half_past, "resolved"),
        (monday, "resolved"),
    }


def test_what_is_said_of_social_services_travels_sealed(way: Way) -> None:
    sent = b"".join(topics(way.pipeline.place).values())
    assert b"home-nursing" in sent
    assert b"home-help" not in sent


def test_the_replay_starts_the_two_on_their_own_days(patient: Patient) -> None:
    replay = patient.replay(LATER)
    assert told_at(replay, "2026-03-04T10:00:00+01:00") == ["municipal-takeover-proposed"] * 2
    assert ("care", "current", GAVLE) in changes(replay, "2026-03-06T14:30:00+01:00")
    assert ("care", "current", GAVLE) in changes(replay, "2026-03-09T08:00:00+01:00")
    assert changes(replay, "2026-04-20T09:00:00+02:00") == {("care", "ended", GAVLE)}
    assert changes(replay, "2026-05-15T10:00:00+02:00") == {("W-16", "ended", GAVLE)}
