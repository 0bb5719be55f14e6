"""W-19: hand-overs of one patient, one number at each act that moves the care."""

from collections import Counter
from typing import Any

from given import Story, given, instant, said
from ward import (
    EMERGENCY,
    NURSING,
    admitted,
    came_to_emergency,
    care_started,
    discharged,
    transferred,
    voided,
)

from domain.command import Command
from domain.facts.contact import AmbulanceAttended, VisitMade
from domain.facts.egenvard import EgenvardAssessed
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
    SharedCareAgreed,
)
from domain.rows import Figure

LATER = "2026-12-30T10:00"
WARD2 = "hsa:SE2321000198-WARD2"
HEART = "hsa:SE2321000198-HEART"
TEAM = "hsa:SE2321000198-TEAM"


def counted(story: Story, now: str = LATER) -> dict[str, int]:
    rows = story.rows(Figure, now, "W-19")
    assert all((row.number, row.value, row.state) == (1, 1, "complete") for row in rows)
    return dict(Counter(row.detail or "" for row in rows))


def test_through_the_hospital_and_home() -> None:
    story = given(
        came_to_emergency("2026-03-02T08:00", stay="A"),
        admitted("2026-03-02T10:00", stay="A"),
        transferred("2026-03-03T10:00", WARD2, stay="A"),
        discharged("2026-03-05T10:00", stay="A"),
        care_started("2026-03-05T15:00"),
    )
    assert counted(story) == {
        "patient-admitted": 1,
        "patient-transferred": 1,
        "patient-discharged": 1,
        "municipal-care-started": 1,
    }
    # A visit to the emergency department moves no care; the admission after it does.
    assert counted(story, "2026-03-02T09:59") == {}


def test_each_row_says_when_where_and_whose() -> None:
    (row,) = given(admitted("2026-03-02T10:00", stay="A")).rows(Figure, LATER, "W-19")
    assert (row.started_at, row.ended_at) == (instant("2026-03-02T10:00"),) * 2
    assert (row.party, row.unit, row.municipality) == ("region:21", "hsa:SE2321000198-WARD1", "2180")
    assert row.value_unit == "count"


def test_told_twice_is_one_hand_over() -> None:
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        admitted("2026-03-02T11:00", stay="A"),
        discharged("2026-03-05T10:00", stay="A"),
        discharged("2026-03-05T12:00", stay="A"),
        transferred("2026-03-05T13:00", WARD2, stay="A"),
    )
    assert counted(story) == {"patient-admitted": 1, "patient-discharged": 1}


def test_a_mobile_team_comes_and_goes() -> None:
    story = given(
        said("2026-03-02T10:00", MobileTeamTookOver(team=TEAM, members=(NURSING,))),
        said("2026-03-20T10:00", MobileTeamHandedBack(team=TEAM, handed_to=(NURSING,))),
    )
    assert counted(story) == {"mobile-team-took-over": 1, "mobile-team-handed-back": 1}


def test_between_specialist_and_primary_care() -> None:
    """Asking and saying no move nothing."""
    track = "heart-failure"
    story = given(
        said("2026-03-01T10:00", ReferralSent(track=track, to_unit=HEART)),
        said("2026-03-02T10:00", ReferralReturned(track=track, reason="other", passed_on_to=HEART)),
        said("2026-03-03T10:00", ReferralAccepted(track=track, unit=HEART)),
        said("2026-03-04T10:00", VisitMade(track=track, unit=HEART)),
        said(
            "2026-04-03T10:00", SharedCareAgreed(track=track, specialist_unit=HEART, primary_care_unit=WARD2)
        ),
        said("2026-05-03T10:00", HandedBackToPrimaryCare(track=track, from_unit=HEART, to_unit=WARD2)),
    )
    assert counted(story) == {
        "referral-accepted": 1,
        "shared-care-agreed": 1,
        "handed-back-to-primary-care": 1,
    }


def ambulance(outcome: Any, *to: Any) -> Command:
    return said("2026-03-02T10:00", AmbulanceAttended(outcome=outcome, unit=EMERGENCY, handed_to=to))


def test_an_ambulance_hands_over_only_where_it_leaves_the_patient_with_somebody() -> None:
    assert counted(given(ambulance("left-at-home", NURSING))) == {"ambulance-attended": 1}
    assert counted(given(ambulance("left-at-home"))) == {}
    assert counted(given(ambulance("conveyed", NURSING))) == {}


def test_egenvard_is_a_hand_over_to_the_patient_and_health_care_is_none() -> None:
    outcomes: tuple[tuple[Any, dict[str, int]], ...] = (
        ("egenvard", {"egenvard-assessed": 1}),
        ("health-care", {}),
    )
    for outcome, count in outcomes:
        fact = EgenvardAssessed(outcome=outcome, support="relative")
        assert counted(given(said("2026-03-02T10:00", fact))) == count


def test_annulled_it_leaves_no_trace() -> None:
    start = care_started("2026-03-05T15:00", message="start")
    assert counted(given(start, voided("2026-03-06T10:00", "start"))) == {}
