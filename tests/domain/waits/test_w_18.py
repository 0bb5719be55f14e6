"""W-18, HSF 6:1-2: days to the first specialised visit and to treatment, without the time that does not count."""

from typing import Any

import pytest
from given import Story, given, instant, said
from ward import died, voided

from domain.basis import Basis
from domain.command import Command
from domain.facts.contact import DigitalVisitHeld, HomeVisitMade, VisitMade
from domain.facts.guarantee import (
    CareContactSought,
    TreatmentDecided,
    TreatmentStarted,
    WaitPaused,
    WaitResumed,
)
from domain.facts.referral import ReferralReturned, ReferralSent
from domain.rows import Wait
from domain.tracks import Track

TRACK = "heart-failure"
HEART = "hsa:SE2321000198-HEART"
CENTRE = "hsa:SE2321000198-VC1"
LATER = "2026-12-30T10:00"


def referred(time: str, track: str | None = TRACK, **more: Any) -> Command:
    return said(time, ReferralSent(track=track, from_unit=CENTRE, to_unit=HEART, **more))


def returned(time: str, to: str | None = None) -> Command:
    return said(time, ReferralReturned(track=TRACK, unit=HEART, reason="no-capacity", passed_on_to=to))


def visited(time: str, track: str | None = TRACK, kind: Any = VisitMade, **more: Any) -> Command:
    return said(time, kind(track=track, unit=HEART), **more)


def paused(time: str, ground: Any = "abstains", step: Any = "visit", track: str = TRACK) -> Command:
    return said(time, WaitPaused(track=track, ground=ground, step=step))


def resumed(time: str, step: Any = "visit") -> Command:
    return said(time, WaitResumed(track=TRACK, step=step))


def decided(time: str) -> Command:
    return said(time, TreatmentDecided(track=TRACK, unit=HEART))


def treated(time: str) -> Command:
    return said(time, TreatmentStarted(track=TRACK, unit=HEART))


def one(story: Story, now: str = LATER) -> Wait:
    return story.wait("W-18", now)


# -- the days ------------------------------------------------------------------------------------------------------


def test_the_days_are_those_of_the_track_as_adopted() -> None:
    """The register says 30 days to the visit and 14 to the treatment; a track that it does not have keeps 90."""
    adopted = Basis(tracks=(Track(id=TRACK, title="Hjärtsvikt", visit_days=30, treatment_days=14),))
    asked = given(referred("2026-03-02T10:00"), decided("2026-04-01T10:00"), basis=adopted)
    waits = asked.rows_of_wait("W-18", LATER)
    assert sorted((wait.role, wait.at_most) for wait in waits) == [("treatment", 14), ("visit", 30)]
    assert one(given(referred("2026-03-02T10:00", "diabetes"), basis=adopted)).at_most == 90


# -- the visit -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [VisitMade, HomeVisitMade, DigitalVisitHeld])
def test_from_the_referral_to_the_first_visit_on_its_track(kind: Any) -> None:
    story = given(
        referred("2026-02-02T12:00"),
        visited("2026-02-10T12:00", track=None),
        visited("2026-02-11T12:00", track="diabetes"),
        visited("2026-03-04T12:00", kind=kind),
        visited("2026-03-20T12:00"),
    )
    wait = one(story)
    assert (wait.value, wait.value_unit, wait.at_most, wait.outcome) == (30.0, "days", 90, "done")
    assert (wait.role, wait.party, wait.unit) == ("visit", "region:21", HEART)


def test_ninety_days_are_90_times_24_hours() -> None:
    """1 January noon + 90 x 24 h is 1 April 13:00, for summer time has begun."""
    wait = one(given(referred("2026-01-01T12:00"), visited("2026-04-01T13:00")))
    assert wait.value == 90.0


def test_to_another_region_the_wait_is_that_regions() -> None:
    assert one(given(referred("2026-02-02T12:00", to_region="01"))).party == "region:01"


def test_the_patients_own_contact_starts_it_where_no_referral_came_before() -> None:
    contact = said("2026-02-02T12:00", CareContactSought(track=TRACK, unit=HEART))
    wait = one(given(contact, visited("2026-02-05T12:00")))
    assert (wait.value, wait.role, wait.unit) == (3.0, "visit", HEART)
    waits = given(referred("2026-02-01T12:00"), contact, visited("2026-02-05T12:00")).rows_of_wait("W-18")
    assert [wait.value for wait in waits] == [4.0]


def test_without_a_track_nothing_is_measured() -> None:
    story = given(referred("2026-02-02T12:00", track=None), visited("2026-02-05T12:00", track=None))
    assert story.rows_of_wait("W-18", LATER) == []


def test_a_referral_returned_cuts_it_short_and_one_passed_on_does_not() -> None:
    story = given(referred("2026-02-02T12:00"), returned("2026-02-04T12:00"), visited("2026-03-04T12:00"))
    assert (one(story).outcome, one(story).value) == ("returned", 2.0)
    story = given(
        referred("2026-02-02T12:00"),
        returned("2026-02-04T12:00", to="hsa:SE2321000198-OTHER"),
        visited("2026-03-04T12:00"),
    )
    assert (one(story).outcome, one(story).value, one(story).unit) == ("done", 30.0, HEART)


def test_a_new_referral_after_one_returned_waits_from_its_own_day() -> None:
    story = given(
        referred("2026-02-02T12:00"),
        returned("2026-02-04T12:00"),
        referred("2026-02-06T12:00"),
        visited("2026-02-16T12:00"),
    )
    assert sorted((w.outcome, w.value) for w in story.rows_of_wait("W-18", LATER)) == [
        ("done", 10.0),
        ("returned", 2.0),
    ]


def test_death_cuts_it_short_and_a_visit_annulled_leaves_no_trace() -> None:
    story = given(referred("2026-02-02T12:00"), died("2026-02-03T12:00"))
    assert (one(story).outcome, one(story).value) == ("deceased", 1.0)
    story = given(
        referred("2026-02-02T12:00"),
        visited("2026-02-05T12:00", message="visit"),
        voided("2026-02-06T12:00", "visit"),
    )
    assert (one(story, "2026-02-12T12:00").state, one(story, "2026-02-12T12:00").value) == ("waiting", 10.0)


# -- treatment -----------------------------------------------------------------------------------------------------


def test_from_the_decision_to_the_treatment() -> None:
    wait = one(given(decided("2026-03-02T12:00"), treated("2026-03-12T12:00")))
    assert (wait.role, wait.value, wait.at_most, wait.unit) == ("treatment", 10.0, 90, HEART)


# -- what does not count (HSF 6:2) ---------------------------------------------------------------------------------

PAUSED = (referred("2026-02-02T12:00"), paused("2026-02-06T12:00"), resumed("2026-02-16T12:00"))


@pytest.mark.parametrize(
    ("now", "value"),
    [
        ("2026-02-06T12:00", 4.0),
        ("2026-02-10T12:00", 4.0),  # the clock stands still
        ("2026-02-16T12:00", 4.0),
        ("2026-02-17T12:00", 5.0),
        ("2026-02-20T12:00", 8.0),  # the visit
        ("2026-03-20T12:00", 8.0),
    ],
)
def test_a_pause_is_left_out(now: str, value: float) -> None:
    assert one(given(*PAUSED, visited("2026-02-20T12:00")), now).value == value


def test_while_it_runs_and_after_it_the_row_says_how_long_it_was() -> None:
    story = given(*PAUSED)
    running, over = one(story, "2026-02-10T12:00"), one(story, "2026-02-17T12:00")
    assert running.paused_since == instant("2026-02-06T12:00")
    assert (running.paused.days, over.paused.days, over.paused_since) == (0, 10, None)


def test_ended_while_paused() -> None:
    """Seen on the day 10 February, although the clock stood still since the 6th."""
    story = given(referred("2026-02-02T12:00"), paused("2026-02-06T12:00"), visited("2026-02-10T12:00"))
    assert (one(story).state, one(story).value) == ("ended", 4.0)
    late = given(
        referred("2026-02-02T12:00"),
        paused("2026-02-06T12:00"),
        visited("2026-02-10T12:00"),
        resumed("2026-02-20T12:00"),
    )
    assert one(late).value == 4.0


def test_two_grounds_at_once_are_left_out_once_and_resuming_ends_both() -> None:
    story = given(
        referred("2026-02-02T12:00"),
        paused("2026-02-06T12:00"),
        paused("2026-02-10T12:00", "medically-impossible"),
        resumed("2026-02-16T12:00"),
        visited("2026-02-20T12:00"),
    )
    assert one(story).value == 8.0


def test_two_pauses_are_both_left_out() -> None:
    story = given(
        *PAUSED, paused("2026-02-18T12:00"), resumed("2026-02-19T12:00"), visited("2026-02-20T12:00")
    )
    assert one(story).value == 7.0


def test_the_other_step_and_the_other_track_go_on() -> None:
    story = given(
        referred("2026-02-02T12:00"),
        paused("2026-02-06T12:00", step="treatment"),
        paused("2026-02-06T12:00", track="diabetes"),
        visited("2026-02-20T12:00"),
    )
    assert one(story).value == 18.0


def test_paused_before_it_began_it_stands_still_from_the_beginning() -> None:
    story = given(paused("2026-02-01T12:00"), referred("2026-02-02T12:00"), resumed("2026-02-05T12:00"))
    assert one(story, "2026-02-04T12:00").value == 0.0
    assert one(story, "2026-02-06T12:00").value == 1.0


def test_paused_over_the_night_when_summer_time_begins() -> None:
    """Noon on 28 March to noon on the 29th is 23 hours: of the 71 to noon on the 31st, 48 count."""
    story = given(
        referred("2026-03-28T12:00"),
        paused("2026-03-28T12:00"),
        resumed("2026-03-29T12:00"),
        visited("2026-03-31T12:00"),
    )
    assert one(story).value == 2.0
