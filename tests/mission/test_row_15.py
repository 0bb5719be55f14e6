"""Row 15: help from the municipality, the home region, a private provider and another region at once."""

from collections.abc import Callable

import pytest
from mission_way import Line, Patient, Way, changes, told

from domain.agreement import Agreement, LocalLimits

pytestmark = pytest.mark.broker

PATIENT = "ROW15"
HOME, OTHER, OREBRO = "region:18", "region:19", "municipality:1880"
HOME_WARD, OTHER_WARD = "hsa:SE2321000164-WARD1", "hsa:SE2321000172-WARD1"
SPECIALIST = "hsa:SE2321000172-ONCOLOGY"
CENTRE, PROVIDER = "hsa:SE5561234567-CENTRE", "orgnr:5561234567"
NURSING = "hsa:SE2120001967-NURSING"
AGREEMENTS = [
    Agreement(
        id=name,
        version=1,
        title=name,
        regions=(region,),
        limits=LocalLimits(discharge_ready_notice_minutes=minutes),
    )
    for name, region, minutes in (("orebro", "18", 60), ("vastmanland", "19", 30))
]
ALL_AT_ONCE = "2026-04-01T12:00"


def tell(way: Way) -> None:
    """Taken ill in Västerås in February, in hospital at home in March: each time told 45 minutes after the judgement."""
    for agreement in AGREEMENTS:
        way.adopt(agreement)
    say = way.patient(PATIENT).message
    by_centre = {"principal": "18", "role": "open-care"}
    track = {"track": "cancer-rehabilitation"}
    sent = {**track, "from_unit": CENTRE, "to_unit": SPECIALIST, "to_region": "19"}
    care = {"municipality": "1880", "services": ["home-nursing", "home-help"], "unit": NURSING}
    way.ingest(
        [
            *_stay(say, OTHER_WARD, "2026-02"),
            *_stay(say, HOME_WARD, "2026-03"),
            say("2026-03-04T09:00:00+01:00", "care-contact-appointed", {"unit": CENTRE}, CENTRE, **by_centre),
            say("2026-03-05T14:00:00+01:00", "municipal-care-started", care, NURSING, principal="1880"),
            say("2026-03-09T09:00:00+01:00", "referral-sent", sent, CENTRE, **by_centre),
            say("2026-03-16T09:00:00+01:00", "referral-accepted", {**track, "unit": SPECIALIST}, SPECIALIST),
        ]
    )


def _stay(say: Callable[..., Line], ward: str, month: str) -> list[Line]:
    """From the 2nd of the month to the 5th."""
    to = {"recipients": [{"role": "municipal-health", "municipality": "1880"}]}
    admitted = {"unit": ward, "care_form": "somatic", "municipality": "1880"}
    return [
        say(f"{month}-02T08:00:00+01:00", "patient-admitted", admitted, ward, episode=month),
        say(f"{month}-04T10:00:00+01:00", "discharge-ready-declared", {}, ward, episode=month),
        say(f"{month}-04T10:45:00+01:00", "discharge-ready-notified", to, ward, episode=month),
        say(f"{month}-05T11:50:00+01:00", "patient-informed-at-discharge", {}, ward, episode=month),
        say(f"{month}-05T12:00:00+01:00", "patient-discharged", {"destination": "home"}, ward, episode=month),
        say(f"{month}-05T12:30:00+01:00", "discharge-information-transferred", to, ward, episode=month),
    ]


def test_four_are_responsible_at_once(patient: Patient) -> None:
    assert told(patient.responsible(ALL_AT_ONCE), "party", "role", "unit", "organisation") == {
        (OREBRO, "municipal-health", NURSING, None),
        (OREBRO, "social-services", NURSING, None),
        (HOME, "open-care", CENTRE, PROVIDER),
        (OTHER, "specialist", SPECIALIST, None),
    }
    assert told(patient.responsible(ALL_AT_ONCE, "care_contact"), "party", "unit", "organisation") == {
        (HOME, CENTRE, PROVIDER)
    }


def test_the_same_45_minutes_under_two_agreements(patient: Patient) -> None:
    waits = patient.waits(ALL_AT_ONCE, "W-04")
    assert told(waits, "region", "agreement", "value", "at_most") == {
        ("18", "orebro@1", 45.0, 60.0),
        ("19", "vastmanland@1", 45.0, 30.0),
    }


def test_late_in_one_region_and_in_time_in_the_other(patient: Patient) -> None:
    assert told(patient.missed(ALL_AT_ONCE), "rule", "state", "party", "unit", "due_at") == {
        ("MH-09", "late", OTHER, OTHER_WARD, "2026-02-04T10:30:00+01:00")
    }
    why = {line["agreement"]["name"]: line for line in patient.explain(ALL_AT_ONCE, "MH-09")}
    assert {name: (line["state"], line["agreement"]["values"]) for name, line in why.items()} == {
        "orebro@1": ("done", {"limits.discharge_ready_notice_minutes": 60}),
        "vastmanland@1": ("late", {"limits.discharge_ready_notice_minutes": 30}),
    }


def test_how_long_they_wait_for_the_other_region_s_specialist(patient: Patient) -> None:
    """23 days since the referral, less the hour of the summer time."""
    (wait,) = patient.waits(ALL_AT_ONCE, "W-18")
    assert (wait["value"], wait["state"], wait["party"], wait["unit"]) == (
        23.0833,
        "waiting",
        OTHER,
        SPECIALIST,
    )


def test_the_replay_brings_them_in_one_after_the_other(patient: Patient) -> None:
    replay = patient.replay(ALL_AT_ONCE)
    assert ("care", "current", OTHER) in changes(replay, "2026-02-02T08:00:00+01:00")
    assert ("MH-09", "late", OTHER) in changes(replay, "2026-02-04T10:45:00+01:00")
    assert ("care", "current", HOME) in changes(replay, "2026-03-02T08:00:00+01:00")
    assert ("care", "current", OREBRO) in changes(replay, "2026-03-05T14:00:00+01:00")
    assert ("care", "current", OTHER) in changes(replay, "2026-03-16T09:00:00+01:00")
