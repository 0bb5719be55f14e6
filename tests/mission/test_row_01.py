"""Row 1: cooperation at discharge (LUS), with the whole of its clocks, and who pays from which date."""

import pytest
from mission_way import (
    BY_GAVLE,
    BY_HEALTH_CENTRE,
    BY_WARD,
    GAVLE,
    GAVLEBORG,
    HEALTH_CENTRE,
    HOME_NURSING,
    WARD,
    Patient,
    Way,
    changes,
    told,
    told_at,
)

pytestmark = pytest.mark.broker

PATIENT = "ROW01"
MUNICIPAL = ("--recipient", "municipal-health,municipality=Gävle")
ALL = (*MUNICIPAL, "--recipient", f"open-care,unit={HEALTH_CENTRE}")
SERVICES = ("--municipality", "Gävle", "--service", "home-nursing", "--service", "home-help")
STILL_IN, HOME = "2026-03-09T12:00", "2026-03-12T08:00"


def tell(way: Way) -> None:
    """Admitted on Monday 2 March, ready on Thursday the 5th before noon, home on Tuesday the 10th."""
    say = way.patient(PATIENT).record
    admission = ("--care-form", "somatic", "--municipality", "Gävle")
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, *admission)
    need = ("--outcome", "yes", "--need", "municipal-health")
    say("2026-03-02T10:00", "service-need-assessed", *BY_WARD, *need)
    estimate = ("--estimated-discharge-at", "2026-03-10T12:00")
    say("2026-03-02T14:00", "admission-notified", *BY_WARD, *ALL, *estimate)
    say("2026-03-02T16:00", "admission-acknowledged", *BY_GAVLE)
    say("2026-03-03T10:00", "care-contact-appointed", *BY_HEALTH_CENTRE)
    say("2026-03-04T09:00", "sip-need-decided", *BY_HEALTH_CENTRE, "--needed")
    say("2026-03-05T11:00", "discharge-ready-declared", *BY_WARD)
    say("2026-03-05T11:30", "discharge-ready-notified", *BY_WARD, *ALL)
    say("2026-03-06T10:00", "sip-meeting-called", *BY_HEALTH_CENTRE, "--invitee", "municipal-health")
    say("2026-03-06T13:00", "municipal-takeover-proposed", *BY_WARD, *SERVICES)
    planned = ("--planned-start-at", "2026-03-10T14:00")
    say("2026-03-09T09:00", "municipal-takeover-accepted", *BY_GAVLE, *SERVICES, *planned)
    say("2026-03-10T11:00", "patient-discharged", *BY_WARD, "--destination", "home")
    say("2026-03-10T15:00", "municipal-care-started", *BY_GAVLE, *SERVICES)
    everybody = ("--recipient", f"open-care,unit={HEALTH_CENTRE}", *MUNICIPAL)
    say("2026-03-11T08:00", "discharge-information-transferred", *BY_WARD, *everybody)


def test_who_is_responsible_by_each_notion(patient: Patient) -> None:
    """On Monday the 9th: the ward gives the care, Gävle pays since Sunday, and the hospital is to discharge."""
    assert told(patient.responsible(STILL_IN), "party", "role", "unit") == {(GAVLEBORG, "inpatient", WARD)}
    assert told(patient.responsible(STILL_IN, "care_contact"), "party", "unit") == {
        (GAVLEBORG, HEALTH_CENTRE)
    }
    assert told(patient.responsible(STILL_IN, "payment"), "party", "started_at", "detail") == {
        (GAVLE, "2026-03-08T00:00:00+01:00", None)
    }
    steps = told(patient.responsible(STILL_IN, "next_step"), "rule", "party", "role")
    assert {
        ("NS-discharge", GAVLEBORG, "inpatient"),
        ("NS-receive", GAVLE, "municipal-health"),
        ("NS-attend", GAVLE, "municipal-health"),
        ("NS-attend", GAVLEBORG, "open-care"),
    } <= steps


def test_who_pays_before_and_after(patient: Patient) -> None:
    """The notice came on Thursday before noon: from the third date after it, Sunday the 8th, the municipality pays."""
    for moment, party, detail in (
        ("2026-03-05T11:29:59", GAVLEBORG, "not-ready"),
        ("2026-03-05T11:30", GAVLEBORG, "waiting-days"),
        ("2026-03-07T23:59:59", GAVLEBORG, "waiting-days"),
        ("2026-03-08T00:00", GAVLE, None),
    ):
        assert told(patient.responsible(moment, "payment"), "party", "detail") == {(party, detail)}
    assert patient.responsible(HOME, "payment") == []


def test_how_long_they_waited(patient: Patient) -> None:
    waits = patient.ask("waits", as_of=HOME)
    measured = {line["measure"]: (line["value"], line["value_unit"]) for line in waits}
    assert {name: measured[name] for name in ("W-01", "W-03", "W-04", "W-05", "W-06", "W-11", "W-13")} == {
        "W-01": (4.0, "hours"),  # judged at 10.00, two hours after admission, told at 14.00
        "W-03": (0.8333, "days"),  # 20 hours
        "W-04": (30.0, "minutes"),
        "W-05": (1.0, "dates"),
        "W-06": (5.0, "dates"),  # the 5th to the 10th
        "W-11": (2.0, "dates"),  # the 8th to the 10th
        "W-13": (21.0, "hours"),
    }


def test_why_they_waited_several_causes_at_once_and_who_could_end_each(patient: Patient) -> None:
    """From the notice on Thursday at 11.30 to the discharge on Tuesday at 11."""
    ready, asked, home = (f"2026-03-{time}:00+01:00" for time in ("05T11:30", "06T13:00", "10T11:00"))
    called, answered = "2026-03-06T10:00:00+01:00", "2026-03-09T09:00:00+01:00"
    assert told(patient.why(HOME, "W-06"), "cause", "party", "role", "started_at", "ended_at") == {
        ("no-takeover-asked", GAVLEBORG, "inpatient", ready, asked),
        ("takeover-unanswered", GAVLE, "municipal-health", asked, answered),
        ("takeover-unanswered", GAVLE, "social-services", asked, answered),
        ("waiting-for-start", GAVLE, "municipal-health", answered, home),
        ("waiting-for-start", GAVLE, "social-services", answered, home),
        ("sip-not-called", GAVLEBORG, "open-care", ready, called),
        ("sip-not-established", GAVLEBORG, "open-care", called, home),
    }


def test_from_which_date_gavle_owes_how_many_days_and_why_no_amount_is_told(patient: Patient) -> None:
    """The amount of 2026 is not confirmed."""
    (line,) = patient.ask("liability", as_of=HOME)
    assert told(
        [line], "municipality", "state", "start_date", "liable_from", "value", "reason", "amount"
    ) == {("2180", "ended", "2026-03-08", "2026-03-08T00:00:00+01:00", 2.0, None, None)}
    assert "2026" in line["amount_missing"]
    (before,) = patient.ask("liability", as_of="2026-03-07T12:00")
    assert (before["state"], before["start_date"], before["value"]) == ("waiting", "2026-03-08", 0.0)


def test_what_was_missed(patient: Patient) -> None:
    assert told(patient.missed(HOME), "rule", "state", "party", "due_at", "done_at") == {
        # Received on the 10th, two dates into the time that the municipality pays for.
        ("MH-14", "late", GAVLE, "2026-03-07T23:59:59.999999+01:00", "2026-03-10T11:00:00+01:00"),
        # The information came the morning after the discharge.
        ("MH-12", "late", GAVLEBORG, "2026-03-10T23:59:59.999999+01:00", "2026-03-11T08:00:00+01:00"),
        # Nobody informed the patient in writing.
        ("MH-13", "missed", GAVLEBORG, "2026-03-10T11:00:00+01:00", None),
    }


def test_why_it_was_missed(patient: Patient) -> None:
    (why,) = patient.explain(HOME, "MH-14")
    assert (why["rule"]["source"], why["state"], why["party"]) == ("LUS 5:4", "late", GAVLE)
    assert [(fact["fact"], fact["time"]) for fact in why["facts"]] == [
        ("discharge-ready-notified", "2026-03-05T11:30:00+01:00"),
        ("patient-discharged", "2026-03-10T11:00:00+01:00"),
    ]


def test_the_replay_tells_it_again(patient: Patient) -> None:
    replay = patient.replay(HOME)
    assert told_at(replay, "2026-03-05T11:30:00+01:00") == ["discharge-ready-notified"]
    assert told_at(replay, "2026-03-08T00:00:00+01:00") == []
    assert ("payment", "current", GAVLE) in changes(replay, "2026-03-08T00:00:00+01:00")
    assert ("MH-14", "missed", GAVLE) in changes(replay, "2026-03-08T00:00:00+01:00")
    assert ("care", "current", GAVLE) in changes(replay, "2026-03-10T15:00:00+01:00")
    until = patient.replay(HOME, "--until", "2026-03-07T12:00")
    assert until == [step for step in replay if step["time"] <= "2026-03-07T12:00"]


def test_the_replay_for_people_says_why_the_region_pays(patient: Patient) -> None:
    words = ("journey", "replay", "--patient", "-", "--all", "--as-of", HOME)
    page = " ".join(patient.way.carechain(*words, stdin=f"{patient.number}\n").split())
    for said in (
        "+ payment: Region Gävleborg, not ready",
        "+ payment: Region Gävleborg, waiting days, until 2026-03-08 00:00",
        "2026-03-08 00:00 time passes - no longer payment: Region Gävleborg, waiting days (changed)",
        "+ payment: Gävle > clock starts: W-11 Days the municipality pays for, Gävle, municipal-health",
        "! missed: Patient received before liability starts (MH-14), Gävle, municipal-health",
    ):
        assert said in page


def test_after_it_gavle_gives_the_care_at_home_and_the_physician_is_the_regions(patient: Patient) -> None:
    assert told(patient.responsible(HOME), "party", "role", "unit") == {
        (GAVLE, "municipal-health", HOME_NURSING),
        (GAVLE, "social-services", HOME_NURSING),
        (GAVLEBORG, "open-care", HEALTH_CENTRE),
    }
