"""Row 10: primary care as the hub: units a patient met, emergency visits and days in hospital before and after takeover."""

import pytest
from mission_way import JAMTLAND, Line, Patient, Way, changes, told

pytestmark = pytest.mark.broker

PATIENT = "ROW10"
STROMSUND = "municipality:2313"
EMERGENCY, WARD, CENTRE = (f"hsa:SE2321000214-{name}" for name in ("EMERGENCY", "MEDICINE", "STROMSUND"))
NURSING = "hsa:SE2120002486-NURSING"
IN_STROMSUND = {"municipality": "2313"}

CARED_FOR, BACK_IN, BEFORE_END, AFTER = (
    "2026-06-15T12:00",
    "2026-06-26T12:00",
    "2026-09-03T14:59:59",
    "2026-09-03T15:00",
)
"""The takeover is on 5 June at 15.00; 90 days after it is 3 September at 15.00."""


def tell(way: Way) -> None:
    """Two emergency visits and 16 days in hospital before; one visit and two days after, unplanned."""
    say = way.patient(PATIENT).message
    admitted = {"unit": WARD, "care_form": "somatic", **IN_STROMSUND, "unplanned": True}
    home = {"destination": "home"}

    def emergency(time: str, left: str, episode: str) -> list[Line]:
        came = {"unit": EMERGENCY, **IN_STROMSUND}
        return [
            say(time, "emergency-visit-started", came, EMERGENCY, episode=episode),
            say(left, "emergency-visit-ended", home, EMERGENCY, episode=episode),
        ]

    nursing = {**IN_STROMSUND, "services": ["home-nursing"], "unit": NURSING}
    by_nursing = {"principal": "2313", "role": "municipal-health"}
    way.ingest(
        [
            *emergency("2026-04-01T10:00:00+02:00", "2026-04-01T15:00:00+02:00", "E1"),
            *emergency("2026-05-02T10:00:00+02:00", "2026-05-02T15:00:00+02:00", "E2"),
            say("2026-05-20T12:00:00+02:00", "patient-admitted", admitted, WARD, episode="S1"),
            say("2026-06-05T11:50:00+02:00", "patient-informed-at-discharge", {}, WARD, episode="S1"),
            say("2026-06-05T12:00:00+02:00", "patient-discharged", home, WARD, episode="S1"),
            say("2026-06-05T15:00:00+02:00", "municipal-care-started", nursing, NURSING, **by_nursing),
            say("2026-06-10T10:00:00+02:00", "home-visit-made", {"unit": CENTRE}, CENTRE),
            say("2026-06-25T12:00:00+02:00", "patient-admitted", admitted, WARD, episode="S2"),
            say("2026-06-27T12:00:00+02:00", "patient-discharged", home, WARD, episode="S2"),
            say("2026-07-02T10:00:00+02:00", "visit-made", {"unit": CENTRE}, CENTRE),
            *emergency("2026-07-10T10:00:00+02:00", "2026-07-10T15:00:00+02:00", "E3"),
        ]
    )


def test_who_is_responsible_at_home_and_back_in(patient: Patient) -> None:
    assert told(patient.responsible(CARED_FOR), "party", "role", "unit") == {
        (STROMSUND, "municipal-health", NURSING),
        (JAMTLAND, "open-care", None),
    }
    assert told(patient.responsible(BACK_IN), "party", "role", "unit") == {(JAMTLAND, "inpatient", WARD)}


def test_visits_and_days_before_and_after(patient: Patient) -> None:
    """What came after is told when its 90 days are over, and not a second before."""
    assert patient.figures(BEFORE_END, "W-22") == {"before": 2.0}
    assert patient.figures(AFTER, "W-22") == {"before": 2.0, "after": 1.0}
    assert patient.figures(AFTER, "W-23") == {"before": 16.0, "after": 2.0}


def test_the_municipality_s_picture(way: Way) -> None:
    measures = [word for measure in ("W-20", "W-22", "W-23") for word in ("--measure", measure)]
    lines = way.ask("summary", "--municipality", "Strömsund", "--small-groups", *measures, as_of=AFTER)
    # The emergency department, the ward and the health centre: three units in seven contacts.
    assert told(lines, "measure", "part", "word", "count", "total") == {
        ("W-20", None, "coordinated", 7, 3.0),
        ("W-22", "before", "resource-efficient", 1, 2.0),
        ("W-22", "after", "resource-efficient", 1, 1.0),
        ("W-23", "before", "resource-efficient", 1, 16.0),
        ("W-23", "after", "resource-efficient", 1, 2.0),
    }


def test_how_long_until_the_patient_was_back_and_what_went_wrong(patient: Patient) -> None:
    (back,) = patient.waits(AFTER, "W-15")
    assert (back["value"], back["value_unit"], back["outcome"]) == (20.0, "days", "readmitted")
    assert told(patient.findings(AFTER), "rule", "party", "started_at") == {
        ("MH-23", JAMTLAND, "2026-06-25T12:00:00+02:00")
    }
    # The second time nobody informed the patient.
    assert told(patient.missed(AFTER), "rule", "due_at") == {("MH-13", "2026-06-27T12:00:00+02:00")}


def test_the_replay_has_every_visit(patient: Patient) -> None:
    replay = patient.replay(AFTER)
    facts = [fact["fact"] for step in replay for fact in step["facts"]]
    assert facts.count("emergency-visit-started") == 3
    assert ("care", "current", STROMSUND) in changes(replay, "2026-06-05T15:00:00+02:00")
    assert ("care", "ended", STROMSUND) in changes(replay, "2026-06-25T12:00:00+02:00")
    assert ("W-15", "ended", JAMTLAND) in changes(replay, "2026-06-25T12:00:00+02:00")
