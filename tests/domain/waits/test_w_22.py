"""W-22: emergency visits in the 90 x 24 hours before and after the municipality or a mobile team took over."""

import pytest
from given import Story, given, instant, said
from ward import (
    NURSING,
    admitted,
    came_to_emergency,
    cancelled,
    care_started,
    died,
    discharged,
    left_emergency,
    voided,
)

from domain.command import Command
from domain.facts._parts import Service
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.rows import Figure

LATER = "2026-12-30T10:00"
TEAM = "hsa:SE2321000198-TEAM"
STAY = (admitted("2026-06-01T12:00", stay="A"), discharged("2026-06-10T12:00", stay="A"))
START = care_started("2026-06-10T15:00")
"""The anchor: 90 x 24 hours before is 12 March 14:00 (winter time), after is 8 September 15:00."""


def counted(story: Story, now: str = LATER, measure: str = "W-22") -> dict[str | None, float]:
    return {row.detail: row.number for row in story.rows(Figure, now, measure)}


def visit(time: str, name: str) -> tuple[Command, Command]:
    later = instant(time).isoformat()[:11] + "23:30:00Z"
    return came_to_emergency(time, stay=name), left_emergency(later, stay=name)


@pytest.mark.parametrize(
    ("visited", "before", "after"),
    [
        ("2026-03-12T13:59", 0, 0),
        ("2026-03-12T14:00", 1, 0),  # the window's first moment
        ("2026-05-01T08:00", 1, 0),
        ("2026-06-10T14:59", 1, 0),
        ("2026-06-10T15:00", 0, 1),  # the anchor's own moment is after
        ("2026-09-08T14:59", 0, 1),
        ("2026-09-08T15:00", 0, 0),
    ],
)
def test_half_open_windows(visited: str, before: int, after: int) -> None:
    assert counted(given(*STAY, START, *visit(visited, "E"))) == {"before": before, "after": after}


def test_after_is_known_when_its_window_is_over_and_not_a_microsecond_earlier() -> None:
    story = given(*STAY, START, *visit("2026-07-01T08:00", "E"))
    assert counted(story, "2026-06-10T14:59:59") == {}
    assert counted(story, "2026-06-10T15:00") == {"before": 0}
    assert counted(story, "2026-09-08T14:59:59.999999") == {"before": 0}
    assert counted(story, "2026-09-08T15:00") == {"before": 0, "after": 1}
    (after,) = [row for row in story.rows(Figure, LATER, "W-22") if row.detail == "after"]
    assert (after.started_at, after.ended_at) == (
        instant("2026-06-10T15:00"),
        instant("2026-09-08T15:00"),
    )
    assert (after.party, after.role, after.value_unit) == ("municipality:2180", "municipal-health", "count")


@pytest.mark.parametrize(
    ("death", "told"),
    [("2026-06-10T15:00", False), ("2026-09-08T14:59", False), ("2026-09-08T15:00", True)],
)
def test_death_within_the_window_leaves_no_number_after(death: str, told: bool) -> None:
    assert ("after" in counted(given(*STAY, START, died(death)))) is told


def test_a_visit_annulled_or_cancelled_is_none() -> None:
    came = came_to_emergency("2026-07-01T08:00", stay="E", message="visit")
    assert counted(given(*STAY, START, came, voided("2026-07-02T08:00", "visit")))["after"] == 0
    assert counted(given(*STAY, START, came, cancelled("2026-07-01T09:00", stay="E")))["after"] == 0


def test_two_visits_and_one_that_led_to_admission_are_three() -> None:
    story = given(
        *STAY,
        START,
        *visit("2026-07-01T08:00", "E"),
        *visit("2026-07-03T08:00", "F"),
        came_to_emergency("2026-07-05T08:00", stay="G"),
        admitted("2026-07-05T12:00", stay="G"),
    )
    assert counted(story)["after"] == 3


# -- where it is counted from --------------------------------------------------------------------------------------


def anchors(story: Story) -> list[str]:
    rows = story.rows(Figure, LATER, "W-22")
    return sorted(f"{row.started_at:%m-%d} {row.party}" for row in rows if row.detail == "before")


def start(time: str, *services: Service, municipality: str = "2180") -> Command:
    return care_started(time, *services, municipality=municipality)


def test_the_first_start_of_health_care_by_each_municipality_after_each_stay() -> None:
    story = given(
        start("2026-05-01T15:00"),  # no stay before it
        *STAY,
        start("2026-06-10T15:00", "home-help"),  # social services alone
        start("2026-06-11T15:00"),
        start("2026-06-12T15:00", "rehabilitation"),  # the second one
        start("2026-06-13T15:00", municipality="2181"),
        admitted("2026-07-01T12:00", stay="B"),
        discharged("2026-07-10T12:00", stay="B"),
        start("2026-07-10T12:00"),  # the same moment is after
    )
    assert anchors(story) == [
        "06-11 municipality:2180",
        "06-13 municipality:2181",
        "07-10 municipality:2180",
    ]


def test_a_visit_to_the_emergency_department_is_no_stay() -> None:
    assert anchors(given(*visit("2026-06-01T08:00", "E"), start("2026-06-02T15:00"))) == []


def team(time: str) -> Command:
    return said(time, MobileTeamTookOver(team=TEAM, members=(NURSING,)))


def test_a_mobile_teams_start_and_not_its_going_on() -> None:
    story = given(
        team("2026-05-01T12:00"),
        team("2026-05-03T12:00"),
        said("2026-05-10T12:00", MobileTeamHandedBack(team=TEAM, handed_to=(NURSING,))),
        team("2026-06-01T12:00"),
    )
    assert anchors(story) == ["05-01 region:21", "06-01 region:21"]
    (row, *_) = story.rows(Figure, LATER, "W-22")
    assert (row.role, row.unit) == ("mobile-team", TEAM)
