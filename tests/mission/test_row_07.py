"""Row 7: the coordinated individual plan, SIP: consent, call, a digital meeting, the plan, and a patient who says no."""

import pytest
from mission_way import (
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

PATIENT, REFUSES = "ROW07", "ROW07NO"
MUNICIPAL = ("municipal-health,municipality=Gävle", "social-services,municipality=Gävle")
TO_ALL = [word for one in (*MUNICIPAL, f"open-care,unit={HEALTH_CENTRE}") for word in ("--recipient", one)]
PLAN = ("--principals", "Region Gävleborg", "--principals", "Gävle", "--overall-responsible", "Gävle")

WAITING, CALLED, PLANNED = "2026-03-09T08:00", "2026-03-10T12:00", "2026-03-12T12:00"


def tell(way: Way) -> None:
    """Ready on Thursday 5 March in the afternoon: a call by Sunday the 8th is in time; it is sent on Monday."""
    for name in (PATIENT, REFUSES):
        _until_ready(way.patient(name), "given" if name == PATIENT else "refused")
    say = way.patient(PATIENT).record
    invited = [word for one in MUNICIPAL for word in ("--invitee", one)]
    digital = ("--form", "digital")
    say("2026-03-09T10:00", "sip-meeting-called", *BY_HEALTH_CENTRE, *invited, *digital)
    took_part = [word for one in MUNICIPAL for word in ("--participant", one)]
    say(
        "2026-03-11T10:00",
        "sip-meeting-held",
        *BY_HEALTH_CENTRE,
        *took_part,
        *digital,
        "--patient-took-part",
    )
    say("2026-03-11T11:00", "sip-established", *BY_HEALTH_CENTRE, *PLAN)


def _until_ready(patient: Patient, consent: str) -> None:
    say = patient.record
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, "--municipality", "Gävle", "--care-form", "somatic")
    estimate = ("--estimated-discharge-at", "2026-03-20T12:00")
    say("2026-03-02T12:00", "admission-notified", *BY_WARD, *TO_ALL, *estimate)
    say("2026-03-03T10:00", "sip-need-decided", *BY_HEALTH_CENTRE, "--needed")
    say("2026-03-03T10:30", "consent-recorded", *BY_HEALTH_CENTRE, "--scope", "sip", "--decision", consent)
    say("2026-03-05T09:00", "discharge-ready-declared", *BY_WARD)
    say("2026-03-05T13:00", "discharge-ready-notified", *BY_WARD, *TO_ALL)


def test_who_is_to_call_and_who_draws_up_the_plan(patient: Patient) -> None:
    call = [line for line in patient.responsible(WAITING, "next_step") if line["rule"] == "MH-10"]
    assert told(call, "party", "role", "due_at") == {
        (GAVLEBORG, "open-care", "2026-03-08T23:59:59.999999+01:00")
    }
    plan = [line for line in patient.responsible(CALLED, "next_step") if line["rule"] == "NS-attend"]
    assert told(plan, "party", "role") == {
        (GAVLEBORG, "open-care"),
        (GAVLE, "municipal-health"),
        (GAVLE, "social-services"),
    }
    assert [line for line in patient.responsible(PLANNED, "next_step") if line["rule"] == "NS-attend"] == []


def test_how_long_they_waited_for_the_call(patient: Patient) -> None:
    (wait,) = patient.waits(PLANNED, "W-05")
    assert (wait["value"], wait["at_most"], wait["party"]) == (4.0, 3.0, GAVLEBORG)


def test_the_late_call_is_missed_and_keeps_the_region_paying(patient: Patient) -> None:
    """Liability would have begun on Monday the 9th: not while the call was missing, nor after it, for it was late."""
    assert told(patient.missed(PLANNED), "rule", "state", "party", "detail") == {
        ("MH-10", "late", GAVLEBORG, None),
        ("MH-14", "missed", GAVLE, None),
        ("MH-15", "late", GAVLEBORG, "sip-call"),
    }
    for moment, why in ((WAITING, "sip-call"), (CALLED, "late-sip-call")):
        assert told(patient.responsible(moment, "payment"), "party", "detail") == {(GAVLEBORG, why)}
        (line,) = patient.ask("liability", as_of=moment)
        assert told([line], "state", "start_date", "reason") == {("not-liable", "2026-03-09", why)}


def test_where_the_patient_says_no_no_call_is_owed_and_gavle_pays(way: Way) -> None:
    refuses = way.patient(REFUSES)
    assert [
        line["rule"] for line in refuses.responsible(WAITING, "next_step") if line["rule"] == "MH-10"
    ] == []
    assert told(refuses.responsible(WAITING, "payment"), "party", "detail") == {(GAVLE, None)}
    (line,) = refuses.ask("liability", as_of=PLANNED)
    assert told([line], "state", "start_date", "value") == {("liable", "2026-03-09", 3.0)}
    assert told(refuses.missed(PLANNED), "rule", "party") == {("MH-14", GAVLE)}
    words = ("record", "sip-established", "--patient", "-", *BY_HEALTH_CENTRE, *PLAN)
    way.carechain(*words, stdin=f"{refuses.number}\n", code=1)


def test_the_late_call_is_explained(patient: Patient) -> None:
    (why,) = patient.explain(PLANNED, "MH-10")
    assert (why["rule"]["source"], why["state"]) == ("LUS 4:3", "late")
    assert [(fact["fact"], fact["time"]) for fact in why["facts"]] == [
        ("discharge-ready-notified", "2026-03-05T13:00:00+01:00"),
        ("sip-meeting-called", "2026-03-09T10:00:00+01:00"),
    ]


def test_the_replay_goes_from_consent_to_plan(patient: Patient) -> None:
    replay = patient.replay(PLANNED)
    assert told_at(replay, "2026-03-03T10:30:00+01:00") == ["consent-recorded"]
    assert ("MH-10", "missed", GAVLEBORG) in changes(replay, "2026-03-09T00:00:00+01:00")
    assert ("MH-10", "late", GAVLEBORG) in changes(replay, "2026-03-09T10:00:00+01:00")
    assert told_at(replay, "2026-03-11T10:00:00+01:00") == ["sip-meeting-held"]
    assert ("NS-attend", "done", GAVLE) in changes(replay, "2026-03-11T11:00:00+01:00")
