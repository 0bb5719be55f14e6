"""W-25: at discharge, whether the patient's own goal is known and whether consent to a SIP was asked."""

import pytest
from given import Story, given, said
from ward import admitted, consent, died, discharged, judged, voided

from domain.command import Command
from domain.facts.person import PatientGoalStated
from domain.rows import Figure

LATER = "2026-12-30T10:00"
STAY = (admitted("2026-03-02T10:00"), judged("2026-03-02T12:00"))
LEFT = discharged("2026-03-06T10:00")


def goal(time: str, **more: str) -> Command:
    return said(time, PatientGoalStated(goal="Sova i egen säng."), **more)


def shares(story: Story, now: str = LATER) -> dict[str | None, float]:
    return {row.detail: row.number for row in story.rows(Figure, now, "W-25")}


@pytest.mark.parametrize(
    ("said_too", "expected"),
    [
        ((), {"goal": 0, "sip-consent": 0}),
        ((goal("2026-03-03T10:00"),), {"goal": 1, "sip-consent": 0}),
        ((goal("2026-03-06T10:00"),), {"goal": 1, "sip-consent": 0}),  # the moment of discharge
        ((goal("2026-03-06T10:01"),), {"goal": 0, "sip-consent": 0}),  # too late, and it stays zero
        ((goal("2025-03-03T10:00"),), {"goal": 1, "sip-consent": 0}),  # of the journey: a year before
        ((consent("2026-03-03T10:00", "given"),), {"goal": 0, "sip-consent": 1}),
        ((consent("2026-03-03T10:00", "refused"),), {"goal": 0, "sip-consent": 1}),  # asked is asked
        ((consent("2026-03-03T10:00", "given", "information-sharing"),), {"goal": 0, "sip-consent": 0}),
    ],
)
def test_known_and_asked_by_the_discharge(said_too: tuple[Command, ...], expected: dict[str, int]) -> None:
    assert shares(given(*STAY, *said_too, LEFT)) == expected


def test_known_from_the_discharge_on() -> None:
    story = given(*STAY, goal("2026-03-03T10:00"), LEFT)
    assert shares(story, "2026-03-06T09:59:59") == {}
    assert shares(story, "2026-03-06T10:00") == {"goal": 1, "sip-consent": 0}


def test_only_for_stays_judged_to_need_services() -> None:
    for judgement in ((), (judged("2026-03-02T12:00", "no"),)):
        assert shares(given(admitted("2026-03-02T10:00"), *judgement, LEFT)) == {}


def test_who_dies_in_the_stay_is_not_discharged() -> None:
    assert shares(given(*STAY, died("2026-03-06T10:00"))) == {}


def test_a_goal_annulled_is_none() -> None:
    told = goal("2026-03-03T10:00", message="goal")
    assert shares(given(*STAY, told, LEFT, voided("2026-03-07T10:00", "goal")))["goal"] == 0
