"""Specialist and primary care on a track: heart failure is referred, taken, shared and handed back."""

from given import given
from nearby import (
    CARDIOLOGY,
    HEALTH_CENTRE,
    REGION,
    back_to_primary_care,
    care_of,
    lasted,
    referred,
    returned,
    shared,
    taken,
    who,
)
from ward import admitted, died, discharged

SENT = referred("2026-03-02T10:00")
TAKEN = taken("2026-03-10T10:00")
SHARED = shared("2026-04-10T10:00")
BACK = back_to_primary_care("2026-06-10T10:00")
SPECIALIST = ("specialist", REGION, CARDIOLOGY)
PRIMARY = ("open-care", REGION, HEALTH_CENTRE)


def test_the_whole_track() -> None:
    story = given(SENT, TAKEN, SHARED, BACK)
    assert who(story, "2026-03-09T10:00") == set()
    assert who(story, "2026-03-10T10:00") == {SPECIALIST}
    assert who(story, "2026-04-10T10:00") == {SPECIALIST, PRIMARY}
    assert who(story, "2026-06-10T10:00") == {PRIMARY}
    (specialist,) = care_of(story, "specialist")
    assert lasted(specialist, "2026-03-10T10:00", "2026-06-10T10:00")
    assert (specialist.detail, specialist.outcome) == ("heart-failure", "handed-back")
    first, second = care_of(story, "open-care")
    assert lasted(first, "2026-04-10T10:00", "2026-06-10T10:00")
    assert lasted(second, "2026-06-10T10:00", None)
    assert (first.detail, second.detail) == ("heart-failure", "heart-failure")


def test_shared_from_the_beginning() -> None:
    story = given(SHARED)
    assert who(story, "2026-04-10T10:00") == {SPECIALIST, PRIMARY}


def test_a_referral_that_is_returned_gives_nobody_the_care() -> None:
    assert who(given(SENT, returned("2026-03-05T10:00")), "2026-03-06T10:00") == set()


def test_taken_twice_by_one_unit_is_the_same_care() -> None:
    assert len(care_of(given(SENT, TAKEN, taken("2026-03-12T10:00")), "specialist")) == 1


def test_two_tracks_at_once() -> None:
    other = "hsa:SE2321000198-DIAB"
    story = given(TAKEN, taken("2026-03-11T10:00", "diabetes", other), BACK)
    assert who(story, "2026-06-10T10:00") == {("specialist", REGION, other), PRIMARY}


def test_the_unit_that_hands_back_is_named_and_another_goes_on() -> None:
    other = "hsa:SE2321000198-HEART2"
    story = given(TAKEN, taken("2026-03-11T10:00", unit=other))
    story.record(back_to_primary_care("2026-06-10T10:00", from_unit=CARDIOLOGY))
    assert who(story, "2026-06-10T10:00") == {("specialist", REGION, other), PRIMARY}


def test_a_stay_changes_nothing_on_the_track() -> None:
    story = given(TAKEN, admitted("2026-03-12T10:00", stay="A"), discharged("2026-03-14T10:00", stay="A"))
    assert SPECIALIST in who(story, "2026-03-13T10:00")
    assert who(story, "2026-03-14T10:00") == {SPECIALIST, ("open-care", REGION, None)}


def test_another_region_takes_the_patient() -> None:
    story = given(SENT, taken("2026-03-10T10:00", principal="03", controller="orgnr:2321000024"))
    assert who(story, "2026-03-10T10:00") == {("specialist", "region:03", CARDIOLOGY)}


def test_death_ends_the_track() -> None:
    story = given(TAKEN, SHARED, died("2026-05-01T10:00"))
    assert who(story, "2026-05-01T10:00") == set()
