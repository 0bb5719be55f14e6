"""Overlaps: two who claim the same kind of care at once."""

import pytest
from given import Story, given
from nearby import (
    CARDIOLOGY,
    back_to_primary_care,
    care_ended,
    found,
    handed_back,
    lasted,
    open_findings,
    shared,
    taken,
    took_over,
)
from ward import NURSING, admitted, care_started

from domain.facts._parts import Service

OTHER_HEART = "hsa:SE2321000198-HEART2"
TEAM, OTHER_TEAM = "hsa:SE2321000198-TEAM1", "hsa:SE2321000198-TEAM2"


def _overlaps(story: Story, now: str) -> set[str]:
    return {code for code in open_findings(story, now) if code.startswith("overlap-")}


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("home-nursing", "overlap-municipal-health"),
        ("rehabilitation", "overlap-rehabilitation"),
        ("residential-care", "overlap-social-services"),
    ],
)
def test_two_municipalities_give_the_same_kind_of_care(service: Service, code: str) -> None:
    story = given(
        care_started("2026-03-02T10:00", service),
        care_started("2026-03-09T10:00", service, municipality="2181"),
        care_ended("2026-03-12T10:00", service, reason="moved"),
    )
    assert _overlaps(story, "2026-03-09T09:59") == set()
    assert _overlaps(story, "2026-03-09T10:00") == {code}
    assert _overlaps(story, "2026-03-12T10:00") == set()
    row = found(story, code)
    assert lasted(row, "2026-03-09T10:00", "2026-03-12T10:00")
    assert (row.role, row.severity, row.outcome) == (code.removeprefix("overlap-"), "quality", "ended")
    assert row.opened_by == tuple(fact.id for fact in story.history.facts[:2])
    assert row.closed_by == (story.history.facts[2].id,)


def test_health_care_by_one_and_social_services_by_another_is_no_overlap() -> None:
    story = given(
        care_started("2026-03-02T10:00"),
        care_started("2026-03-02T10:00", "rehabilitation", municipality="2181"),
        care_started("2026-03-02T10:00", "home-help", municipality="2181"),
    )
    assert _overlaps(story, "2026-03-10T10:00") == set()


def test_an_admission_ends_both_and_so_the_overlap() -> None:
    story = given(
        care_started("2026-03-02T10:00"),
        care_started("2026-03-03T10:00", municipality="2181"),
        admitted("2026-03-05T10:00"),
    )
    assert lasted(found(story, "overlap-municipal-health"), "2026-03-03T10:00", "2026-03-05T10:00")


def test_two_mobile_teams() -> None:
    story = given(
        took_over("2026-03-02T10:00", TEAM, NURSING),
        took_over("2026-03-05T10:00", OTHER_TEAM, NURSING),
        handed_back("2026-03-06T10:00", TEAM, NURSING),
    )
    assert lasted(found(story, "overlap-mobile-team"), "2026-03-05T10:00", "2026-03-06T10:00")
    assert _overlaps(story, "2026-03-05T12:00") == {"overlap-mobile-team"}


def test_two_specialist_units_on_one_track() -> None:
    story = given(
        taken("2026-03-02T10:00"),
        taken("2026-03-05T10:00", unit=OTHER_HEART),
        back_to_primary_care("2026-03-09T10:00", from_unit=CARDIOLOGY),
    )
    row = found(story, "overlap-specialist")
    assert lasted(row, "2026-03-05T10:00", "2026-03-09T10:00")
    assert row.detail == "heart-failure"


def test_two_tracks_and_a_shared_one_are_no_overlap() -> None:
    story = given(
        taken("2026-03-02T10:00"),
        taken("2026-03-05T10:00", "diabetes", OTHER_HEART),
        shared("2026-03-09T10:00"),
    )
    assert _overlaps(story, "2026-03-10T10:00") == set()
