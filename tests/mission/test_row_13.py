"""Row 13: "Vad är viktigt för dig?": the patient's own words travel sealed; that they were said is shown and counted."""

import pytest
from leaks import Scanner, tables, topics
from mission_way import BY_WARD, GAVLEBORG, WARD, Patient, Way, changes, told, told_at

from infra.postgres import connect

pytestmark = pytest.mark.broker

PATIENT = "ROW13"
WORDS = "Kunna spela dragspel igen"
IN_CARE, LATER = "2026-03-04T12:00", "2026-03-06T12:00"


def tell(way: Way) -> None:
    """Stated on the ward on 3 March; home on the 5th; nobody asked about a SIP."""
    say = way.patient(PATIENT).record
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, "--municipality", "Gävle", "--care-form", "somatic")
    say("2026-03-02T10:00", "service-need-assessed", *BY_WARD, "--outcome", "yes", "--need", "open-care")
    say("2026-03-03T10:00", "patient-goal-stated", *BY_WARD, "--goal", "-", text=f"{WORDS}\n")
    say("2026-03-05T11:50", "patient-informed-at-discharge", *BY_WARD)
    say("2026-03-05T12:00", "patient-discharged", *BY_WARD, "--destination", "home")


def test_the_words_stand_nowhere_in_clear(way: Way) -> None:
    """In no table, not even a part of them, and on no topic."""
    place = way.pipeline.place
    with connect(place.connections.store_dsn) as connection:
        kept = tables(connection)
    sent = topics(place)
    assert any(b"patient-goal-stated" in content for content in sent.values())
    assert Scanner([WORDS, "dragspel"]).scan({**kept, **sent}) == []


def test_no_answer_tells_them_and_the_journey_says_that_they_were_stated(patient: Patient) -> None:
    page = patient.page(LATER)
    replayed = patient.way.carechain(
        *("journey", "replay", "--patient", "-", "--all", "--as-of", LATER), stdin=f"{patient.number}\n"
    )
    answers = [patient.ask(*words, as_of=LATER) for words in (("journey", "show"), ("journey", "replay"))]
    answers.append(patient.explain(LATER, "W-25"))
    for answer in (page, replayed):
        assert "patient goal stated" in answer
    assert "dragspel" not in f"{page}{replayed}{answers}"
    assert "patient-goal-stated" in patient.fact_names(LATER).values()


def test_who_is_responsible_when_they_are_said(patient: Patient) -> None:
    assert told(patient.responsible(IN_CARE), "party", "role", "unit") == {(GAVLEBORG, "inpatient", WARD)}


def test_the_goal_is_counted_and_the_sip_that_nobody_asked_about(patient: Patient) -> None:
    assert patient.figures(LATER, "W-25") == {"goal": 1.0, "sip-consent": 0.0}
    (goal, _) = sorted(patient.explain(LATER, "W-25"), key=lambda line: line["detail"])
    assert [fact["fact"] for fact in goal["facts"]] == ["patient-goal-stated", "patient-discharged"]


def test_what_was_waited_for_and_missed(patient: Patient) -> None:
    """No unit was told of the admission: two hours of judging late, and never."""
    (wait,) = patient.waits(IN_CARE, "W-01")
    assert (wait["value"], wait["state"]) == (50.0, "waiting")  # since the judgement at 10
    assert told(patient.missed(LATER), "rule", "state", "party", "due_at") == {
        ("MH-01", "missed", GAVLEBORG, "2026-03-03T10:00:00+01:00")
    }


def test_the_replay_has_the_moment_and_not_the_words(patient: Patient) -> None:
    replay = patient.replay(LATER)
    assert told_at(replay, "2026-03-03T10:00:00+01:00") == ["patient-goal-stated"]
    assert ("MH-01", "missed", GAVLEBORG) in changes(replay, "2026-03-03T10:00:00.000001+01:00")
