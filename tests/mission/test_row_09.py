"""Row 9: *egenvård* as the nearest care: judged, with who helps and when it is reviewed; and a contact before any need."""

import pytest
from mission_way import (
    BY_HEALTH_CENTRE,
    BY_WARD,
    GAVLEBORG,
    HEALTH_CENTRE,
    Patient,
    Way,
    changes,
    told,
    told_at,
)

pytestmark = pytest.mark.broker

PATIENT = "ROW09"
AT_HOME, OVERDUE, REVIEWED = "2026-03-20T12:00", "2026-04-08T12:00", "2026-06-02T12:00"


def tell(way: Way) -> None:
    """Home on Thursday 5 March with a relative's help, to be reviewed by 5 April; reviewed on the 10th."""
    say = way.patient(PATIENT).record
    ockelbo = ("--municipality", "Ockelbo")
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, *ockelbo, "--care-form", "somatic")
    helped = ("--outcome", "egenvard", "--support", "relative", "--review-at", "2026-04-05T12:00")
    say("2026-03-05T09:00", "egenvard-assessed", *BY_HEALTH_CENTRE, *helped)
    say("2026-03-05T09:50", "patient-informed-at-discharge", *BY_WARD, "--plans-given")
    say("2026-03-05T10:00", "patient-discharged", *BY_WARD, "--destination", "home", "--egenvard")
    say("2026-03-07T22:00", "follow-up-completed", *BY_HEALTH_CENTRE, "--channel", "telephone")
    going_on = ("--outcome", "continues", "--review-at", "2026-10-01T12:00")
    say("2026-04-10T09:00", "egenvard-reviewed", *BY_HEALTH_CENTRE, *going_on)
    say("2026-06-01T10:00", "preventive-contact-made", *BY_HEALTH_CENTRE, "--profession", "nurse")


def test_a_relative_helps_and_the_health_centre_reviews(patient: Patient) -> None:
    own = [line for line in patient.responsible(AT_HOME) if line["role"] == "egenvard"]
    assert told(own, "party", "unit", "started_at") == {
        ("relative", HEALTH_CENTRE, "2026-03-05T09:00:00+01:00")
    }
    review = [line for line in patient.responsible(AT_HOME, "next_step") if line["rule"] == "NS-review"]
    assert told(review, "party", "role", "unit", "due_at") == {
        (GAVLEBORG, "open-care", HEALTH_CENTRE, "2026-04-05T12:00:00+02:00")
    }


def test_how_long_until_somebody_followed_up(patient: Patient) -> None:
    (wait,) = patient.waits(AT_HOME, "W-14")
    assert (wait["value"], wait["value_unit"]) == (60.0, "hours")


def test_the_review_was_missed_and_made_late(patient: Patient) -> None:
    review = ("NS-review", GAVLEBORG)
    assert told(patient.missed(OVERDUE), "rule", "party", "state", "done_at") == {(*review, "missed", None)}
    assert told(patient.missed(REVIEWED), "rule", "party", "state", "done_at") == {
        (*review, "late", "2026-04-10T09:00:00+02:00")
    }
    (why, _) = patient.explain(REVIEWED, "NS-review")
    assert why["rule"]["source"] == "lag 2022:1250"
    assert [fact["fact"] for fact in why["facts"]] == ["egenvard-assessed", "egenvard-reviewed"]


def test_it_counts_as_not_reviewed_in_time(way: Way, patient: Patient) -> None:
    assert patient.figures(OVERDUE, "W-26") == {"egenvard": 0.0}
    asked = ("summary", "--municipality", "Ockelbo", "--measure", "W-26", "--small-groups")
    (line,) = way.ask(*asked, as_of=REVIEWED)
    assert (line["word"], line["part"], line["count"], line["share"]) == (
        "health-promoting",
        "egenvard",
        1,
        0.0,
    )


def test_the_replay_holds_the_contact_before_any_need(patient: Patient) -> None:
    replay = patient.replay(REVIEWED)
    assert ("care", "current", "relative") in changes(replay, "2026-03-05T09:00:00+01:00")
    assert ("NS-review", "missed", GAVLEBORG) in changes(replay, "2026-04-05T12:00:00.000001+02:00")
    assert told_at(replay, "2026-06-01T10:00:00+02:00") == ["preventive-contact-made"]
    # Its own form of contact is counted: the first admission, the follow-up and this one.
    assert patient.figures(REVIEWED, "W-20") == {
        "patient-admitted": 1.0,
        "follow-up-completed": 1.0,
        "preventive-contact-made": 1.0,
    }
