"""Row 16: a gap, an overlap and a contradiction about who does what, as findings with the facts behind them."""

import pytest
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

PATIENT = "ROW16"
HOFORS, HOFORS_NURSING = "municipality:2104", "hsa:SE2120002296-NURSING"
BY_HOFORS = ("--unit", HOFORS_NURSING, "--principal", "2104", "--role", "municipal-health")
NURSING, HELP = ("--service", "home-nursing"), ("--service", "home-help")
TO_GAVLE = ("--recipient", "municipal-health,municipality=Gävle")

ALONE, TWO, AFTER = "2026-03-07T12:00", "2026-03-10T12:00", "2026-03-13T12:00"


def tell(way: Way) -> None:
    """Home on Friday 6 March to nurses who do not come and to a help that was declined; then two send their nurses."""
    say = way.patient(PATIENT).record
    gavle, hofors = ("--municipality", "Gävle"), ("--municipality", "Hofors")
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, *gavle, "--care-form", "somatic")
    say("2026-03-04T09:00", "discharge-ready-declared", *BY_WARD)
    say("2026-03-04T09:00", "discharge-ready-notified", *BY_WARD, *TO_GAVLE)
    say("2026-03-04T10:00", "municipal-takeover-proposed", *BY_WARD, *gavle, *NURSING, *HELP)
    planned = ("--planned-start-at", "2026-03-06T14:00")
    say("2026-03-05T09:00", "municipal-takeover-accepted", *BY_GAVLE, *gavle, *NURSING, *planned)
    say("2026-03-05T10:00", "municipal-takeover-declined", *BY_GAVLE, *gavle, *HELP, "--reason", "no-place")
    say("2026-03-06T12:00", "patient-discharged", *BY_WARD, "--destination", "home")
    say("2026-03-06T12:30", "discharge-information-transferred", *BY_WARD, *TO_GAVLE)
    say("2026-03-08T10:00", "municipal-care-started", *BY_HOFORS, *hofors, *NURSING)
    say("2026-03-09T10:00", "municipal-care-started", *BY_GAVLE, *gavle, *NURSING)
    over = ("--reason", "other")
    say("2026-03-12T10:00", "municipal-care-ended", *BY_HOFORS, *hofors, *NURSING, *over)


def _behind(patient: Patient, as_of: str) -> dict[str, tuple[str, list[str]]]:
    """State, and the facts behind each finding, by its kind."""
    names = patient.fact_names(as_of)
    return {
        line["rule"]: (line["state"], [names[fact] for fact in line["facts"]])
        for line in patient.findings(as_of)
    }


def test_a_gap_and_a_contradiction_with_the_facts_behind_them(patient: Patient) -> None:
    found = _behind(patient, ALONE)
    assert found == {
        "gap-municipal-care": ("open", ["municipal-takeover-accepted", "patient-discharged"]),
        "contradiction-declined": ("open", ["municipal-takeover-declined", "patient-discharged"]),
    }
    assert told(patient.findings(ALONE), "rule", "party", "role", "started_at") == {
        ("gap-municipal-care", GAVLE, "municipal-health", "2026-03-06T14:00:00+01:00"),
        ("contradiction-declined", GAVLE, "social-services", "2026-03-06T12:00:00+01:00"),
    }
    assert all(line["text"].endswith(".") for line in patient.findings(ALONE))


def test_two_who_claim_the_same_are_an_overlap(patient: Patient) -> None:
    found = _behind(patient, TWO)
    assert found["overlap-municipal-health"] == (
        "open",
        ["municipal-care-started", "municipal-care-started"],
    )
    assert found["gap-municipal-care"][0] == "resolved"
    state, facts = _behind(patient, AFTER)["overlap-municipal-health"]
    assert (state, facts[-1]) == ("resolved", "municipal-care-ended")
    (line,) = [one for one in patient.findings(AFTER) if one["rule"] == "overlap-municipal-health"]
    assert (line["started_at"], line["ended_at"]) == (
        "2026-03-09T10:00:00+01:00",
        "2026-03-12T10:00:00+01:00",
    )


def test_who_is_responsible_then(patient: Patient) -> None:
    physician = (GAVLEBORG, "open-care", None)
    hofors, gavle = (
        (HOFORS, "municipal-health", HOFORS_NURSING),
        (GAVLE, "municipal-health", HOME_NURSING),
    )
    for moment, care in (
        (ALONE, {physician}),
        (TWO, {physician, hofors, gavle}),
        (AFTER, {physician, gavle}),
    ):
        assert told(patient.responsible(moment), "party", "role", "unit") == care


def test_what_was_waited_for_and_missed(patient: Patient) -> None:
    (ready,) = patient.waits(AFTER, "W-06")
    assert ready["value"] == 2.0
    asked, yes, no, home = (f"2026-03-{time}:00:00+01:00" for time in ("04T10", "05T09", "05T10", "06T12"))
    assert told(patient.why(AFTER, "W-06"), "cause", "party", "role", "started_at", "ended_at") == {
        ("takeover-unanswered", GAVLE, "municipal-health", asked, yes),
        ("takeover-unanswered", GAVLE, "social-services", asked, no),
        ("takeover-declined", GAVLEBORG, "inpatient", no, home),
        ("waiting-for-start", GAVLE, "municipal-health", yes, home),
    }
    assert told(patient.missed(AFTER), "rule", "state", "party") == {("MH-13", "missed", GAVLEBORG)}


def test_a_finding_is_explained_by_its_facts(patient: Patient) -> None:
    (why,) = patient.explain(ALONE, "contradiction-declined")
    assert [(fact["fact"], fact["time"]) for fact in why["facts"]] == [
        ("municipal-takeover-declined", "2026-03-05T10:00:00+01:00"),
        ("patient-discharged", "2026-03-06T12:00:00+01:00"),
    ]


def test_the_replay_opens_the_gap_sends_both_nurses_and_ends_the_overlap(patient: Patient) -> None:
    """At 14 on Friday nobody does anything: it is then that the nurses are missing."""
    replay = patient.replay(AFTER)
    assert told_at(replay, "2026-03-06T14:00:00+01:00") == []
    assert changes(replay, "2026-03-06T14:00:00+01:00") == {("gap-municipal-care", "open", GAVLE)}
    assert ("care", "current", HOFORS) in changes(replay, "2026-03-08T10:00:00+01:00")
    assert changes(replay, "2026-03-09T10:00:00+01:00") >= {
        ("care", "current", GAVLE),
        ("gap-municipal-care", "resolved", GAVLE),
        ("overlap-municipal-health", "open", None),
    }
    assert changes(replay, "2026-03-12T10:00:00+01:00") == {
        ("care", "ended", HOFORS),
        ("overlap-municipal-health", "resolved", None),
    }
