"""Why a patient who is ready is still in hospital: each cause with its interval and who could end it."""

from typing import Any

from given import Story, given, instant, said
from ward import (
    OPEN_CARE,
    accepted,
    admitted,
    care_started,
    consent,
    declined,
    died,
    discharged,
    judged,
    not_ready,
    proposed,
    sip_called,
    sip_made,
    sip_needed,
    told_ready,
    voided,
)

from domain.calendar import for_people
from domain.command import Command
from domain.facts.discharge_ready import OpenCareServiceCleared, OpenCareServiceUnavailable
from domain.rows import Cause

ADMITTED = admitted("2026-03-02T10:00")
READY = told_ready("2026-03-05T10:00")
LEFT = discharged("2026-03-12T10:00")
LATER = "2026-03-20T10:00"


def found(story: Story, now: str = LATER) -> list[tuple[str, str, str, str | None]]:
    """Code, from, to (day and time in Sweden), and who could end it; in order of beginning."""
    rows = sorted(story.rows(Cause, now), key=lambda row: (row.started_at, row.rule, row.role))
    return [(row.rule, _day(row.started_at), _day(row.ended_at), _whose(row)) for row in rows]


def _day(time: Any) -> str:
    return "now" if time is None else for_people(time)[8:16].replace("T", " ")


def _whose(row: Cause) -> str:
    return f"{row.party} {row.role}"


# -- the municipality ----------------------------------------------------------------------------------------------


def test_asked_and_not_answered_for_a_day() -> None:
    story = given(
        ADMITTED,
        READY,
        proposed("2026-03-06T09:00"),
        accepted("2026-03-07T09:00", start="2026-03-07T09:00"),
        LEFT,
    )
    assert found(story)[0] == (
        "takeover-unanswered",
        "06 09:00",
        "07 09:00",
        "municipality:2180 municipal-health",
    )
    assert found(story, "2026-03-06T12:00") == [
        ("takeover-unanswered", "06 09:00", "now", "municipality:2180 municipal-health")
    ]


def test_asked_before_the_notice_the_wait_is_explained_from_its_own_beginning() -> None:
    story = given(ADMITTED, proposed("2026-03-03T09:00"), READY, LEFT)
    (cause,) = story.rows(Cause, LATER)
    assert (cause.started_at, cause.ended_at) == (instant("2026-03-05T10:00"), instant("2026-03-12T10:00"))
    assert (cause.outcome, cause.value) == ("wait-ended", 168.0)
    assert cause.of == story.wait("W-06", LATER).id
    assert story.rows(Cause, "2026-03-05T09:59") == []


def test_answered_before_the_notice_explains_nothing() -> None:
    story = given(ADMITTED, proposed("2026-03-03T09:00"), declined("2026-03-05T10:00"), READY)
    assert [code for code, *_ in found(story)] == ["takeover-declined"]


def test_asked_twice_while_it_is_silent_is_one_cause_and_two_laws_are_two() -> None:
    story = given(
        ADMITTED,
        READY,
        proposed("2026-03-06T09:00"),
        proposed("2026-03-07T09:00", message="again"),
        proposed("2026-03-06T09:00", "home-help"),
    )
    assert found(story) == [
        ("takeover-unanswered", "06 09:00", "now", "municipality:2180 municipal-health"),
        ("takeover-unanswered", "06 09:00", "now", "municipality:2180 social-services"),
    ]


def test_declined_until_the_hospital_asks_anew() -> None:
    story = given(
        ADMITTED,
        READY,
        proposed("2026-03-06T09:00"),
        declined("2026-03-06T15:00"),
        declined("2026-03-06T16:00", message="again"),
        proposed("2026-03-08T09:00", message="anew"),
        accepted("2026-03-08T10:00", start="2026-03-08T10:00"),
        LEFT,
    )
    assert found(story) == [
        ("takeover-unanswered", "06 09:00", "06 15:00", "municipality:2180 municipal-health"),
        ("takeover-declined", "06 15:00", "08 09:00", "region:21 inpatient"),
        ("takeover-unanswered", "08 09:00", "08 10:00", "municipality:2180 municipal-health"),
        ("homegoing", "08 10:00", "12 10:00", "region:21 inpatient"),
    ]


def test_accepted_for_a_day_that_has_not_come_and_then_the_patient_does_not_leave() -> None:
    story = given(
        ADMITTED,
        READY,
        proposed("2026-03-05T10:00"),
        accepted("2026-03-06T09:00", start="2026-03-10T12:00"),
        LEFT,
    )
    assert found(story)[1:] == [
        ("waiting-for-start", "06 09:00", "10 12:00", "municipality:2180 municipal-health"),
        ("homegoing", "10 12:00", "12 10:00", "region:21 inpatient"),
    ]
    # On the 8th the planned day is not over, and nobody knows whether the patient will leave then.
    assert found(story, "2026-03-08T12:00")[1:] == [
        ("waiting-for-start", "06 09:00", "now", "municipality:2180 municipal-health")
    ]


def test_a_start_put_off_begins_another_stretch() -> None:
    story = given(
        ADMITTED,
        READY,
        accepted("2026-03-06T09:00", start="2026-03-07T12:00"),
        accepted("2026-03-08T09:00", start="2026-03-10T12:00", message="later"),
    )
    assert found(story) == [
        ("waiting-for-start", "06 09:00", "07 12:00", "municipality:2180 municipal-health"),
        ("homegoing", "07 12:00", "08 09:00", "region:21 inpatient"),
        ("waiting-for-start", "08 09:00", "10 12:00", "municipality:2180 municipal-health"),
        ("homegoing", "10 12:00", "now", "region:21 inpatient"),
    ]


def test_homegoing_waits_for_both_laws() -> None:
    story = given(
        ADMITTED,
        READY,
        accepted("2026-03-06T09:00", start="2026-03-06T09:00"),
        proposed("2026-03-07T09:00", "home-help"),
        accepted("2026-03-08T09:00", "home-help", start="2026-03-09T09:00"),
        LEFT,
    )
    assert [cause for cause in found(story) if cause[0] == "homegoing"] == [
        ("homegoing", "06 09:00", "07 09:00", "region:21 inpatient"),
        ("homegoing", "09 09:00", "12 10:00", "region:21 inpatient"),
    ]


def test_care_that_starts_early_ends_the_wait_for_its_day() -> None:
    story = given(
        ADMITTED,
        READY,
        accepted("2026-03-06T09:00", start="2026-03-10T12:00"),
        care_started("2026-03-08T09:00"),
    )
    assert found(story)[0][:3] == ("waiting-for-start", "06 09:00", "08 09:00")


# -- the hospital --------------------------------------------------------------------------------------------------

NEED: dict[str, Any] = {"needs": ("municipal-health",)}


def test_nobody_has_asked_a_municipality_that_is_needed() -> None:
    story = given(ADMITTED, judged("2026-03-03T10:00", **NEED), READY, proposed("2026-03-07T09:00"))
    assert found(story)[0] == ("no-takeover-asked", "05 10:00", "07 09:00", "region:21 inpatient")


def test_not_where_only_open_care_is_needed_or_nobody_said_what() -> None:
    for needs in ({"needs": ("open-care",)}, {}, {"outcome": "no", **NEED}):
        assert found(given(ADMITTED, judged("2026-03-03T10:00", **needs), READY)) == []


def test_found_needed_after_the_notice_and_not_needed_after_all() -> None:
    story = given(
        ADMITTED,
        READY,
        judged("2026-03-06T10:00", **NEED),
        judged("2026-03-08T10:00", "no", message="anew"),
    )
    assert found(story) == [("no-takeover-asked", "06 10:00", "08 10:00", "region:21 inpatient")]


# -- open care -----------------------------------------------------------------------------------------------------


def test_the_sip_is_called_and_then_drawn_up() -> None:
    story = given(
        ADMITTED,
        sip_needed("2026-03-03T10:00"),
        READY,
        sip_called("2026-03-06T09:00", OPEN_CARE, unit="hsa:SE2321000198-VC1"),
        sip_made("2026-03-09T09:00"),
        LEFT,
    )
    assert found(story) == [
        ("sip-not-called", "05 10:00", "06 09:00", "region:21 open-care"),
        ("sip-not-established", "06 09:00", "09 09:00", "region:21 open-care"),
    ]


def test_a_no_to_the_sip_ends_both() -> None:
    no = consent("2026-03-06T09:00", "refused")
    assert found(given(ADMITTED, sip_needed("2026-03-03T10:00"), READY, no)) == [
        ("sip-not-called", "05 10:00", "06 09:00", "region:21 open-care")
    ]
    assert found(given(ADMITTED, sip_called("2026-03-03T10:00"), READY, no)) == [
        ("sip-not-established", "05 10:00", "06 09:00", "region:21 open-care")
    ]


def missing(time: str, service: Any) -> Command:
    return said(time, OpenCareServiceUnavailable(service=service))


def cleared(time: str, service: Any) -> Command:
    return said(time, OpenCareServiceCleared(service=service))


def test_each_service_that_open_care_lacks() -> None:
    story = given(
        ADMITTED,
        missing("2026-03-04T09:00", "equipment"),
        READY,
        missing("2026-03-06T09:00", "rehabilitation"),
        missing("2026-03-06T10:00", "rehabilitation"),
        cleared("2026-03-07T09:00", "equipment"),
        LEFT,
    )
    assert found(story) == [
        ("open-care-missing", "05 10:00", "07 09:00", "region:21 open-care"),
        ("open-care-missing", "06 09:00", "12 10:00", "region:21 open-care"),
    ]


# -- several at once, and the wait's own end -----------------------------------------------------------------------


def test_several_at_once_each_with_its_own_owner() -> None:
    story = given(
        ADMITTED,
        sip_needed("2026-03-03T10:00"),
        READY,
        missing("2026-03-05T12:00", "equipment"),
        proposed("2026-03-06T09:00"),
    )
    assert {(code, whose) for code, _, to, whose in found(story) if to == "now"} == {
        ("sip-not-called", "region:21 open-care"),
        ("open-care-missing", "region:21 open-care"),
        ("takeover-unanswered", "municipality:2180 municipal-health"),
    }


def test_withdrawn_and_told_again_are_two_waits_with_their_own_causes() -> None:
    story = given(
        ADMITTED,
        READY,
        proposed("2026-03-06T09:00"),
        not_ready("2026-03-07T09:00"),
        told_ready("2026-03-09T09:00", message="again"),
    )
    assert [cause[:3] for cause in found(story)] == [
        ("takeover-unanswered", "06 09:00", "07 09:00"),
        ("takeover-unanswered", "09 09:00", "now"),
    ]
    assert {cause.of for cause in story.rows(Cause, LATER)} == {
        w.id for w in story.rows_of_wait("W-06", LATER)
    }


def test_death_ends_wait_and_causes() -> None:
    story = given(ADMITTED, READY, proposed("2026-03-06T09:00"), died("2026-03-07T09:00"))
    assert found(story)[0][:3] == ("takeover-unanswered", "06 09:00", "07 09:00")


def test_over_the_night_when_summer_time_begins_a_cause_lasts_23_hours() -> None:
    story = given(
        ADMITTED,
        told_ready("2026-03-27T10:00"),
        proposed("2026-03-28T12:00"),
        declined("2026-03-29T12:00"),
    )
    lengths = {cause.rule: cause.value for cause in story.rows(Cause, "2026-03-29T12:00")}
    assert lengths["takeover-unanswered"] == 23.0


def test_without_a_notice_nobody_waits_and_nothing_is_explained() -> None:
    assert found(given(ADMITTED, sip_needed("2026-03-03T10:00"), proposed("2026-03-06T09:00"))) == []


def test_an_answer_annulled_leaves_the_request_unanswered() -> None:
    yes = accepted("2026-03-07T09:00", start="2026-03-07T09:00", message="yes")
    story = given(ADMITTED, READY, proposed("2026-03-06T09:00"), yes, voided("2026-03-07T10:00", "yes"))
    assert [cause[:3] for cause in found(story)] == [("takeover-unanswered", "06 09:00", "now")]
