"""W-26: egenvård reviewed in time, and the follow-up made in its window (here 48 to 72 hours after discharge)."""

from typing import Any

import pytest
from given import STATUTE_ONLY, Story, given, instant, said
from ward import admitted, closed, died, discharged, followed_up, judged, voided

from domain.agreement import Agreement, LocalLimits
from domain.basis import Basis
from domain.command import Command
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.rows import Figure

LATER = "2026-12-30T10:00"
CENTRE = "hsa:SE2321000198-VC1"


def number(story: Story, detail: str, now: str = LATER) -> list[float]:
    return [row.number for row in story.rows(Figure, now, "W-26") if row.detail == detail]


# -- egenvård ------------------------------------------------------------------------------------------------------


def assessed(time: str, review: str | None = "2026-04-01T12:00", outcome: Any = "egenvard") -> Command:
    review_at = None if review is None else instant(review)
    return said(time, EgenvardAssessed(outcome=outcome, support="relative", review_at=review_at, unit=CENTRE))


def reviewed(time: str, outcome: Any = "ended", review: str | None = None, **more: Any) -> Command:
    review_at = None if review is None else instant(review)
    return said(time, EgenvardReviewed(outcome=outcome, review_at=review_at), **more)


ASSESSED = assessed("2026-03-01T12:00")


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        ("2026-03-20T12:00", [1]),
        ("2026-04-01T12:00", [1]),  # exactly at the limit
        ("2026-04-01T12:00:01", [0]),
        ("2026-05-01T12:00", [0]),  # it was not in time, and stays so
    ],
)
def test_reviewed_in_time_or_not(review: str, expected: list[float]) -> None:
    assert number(given(ASSESSED, reviewed(review)), "egenvard") == expected


def test_not_reviewed_is_known_on_the_day() -> None:
    story = given(ASSESSED)
    assert number(story, "egenvard", "2026-04-01T11:59:59") == []
    assert number(story, "egenvard", "2026-04-01T12:00") == [0]


def test_reviewed_is_known_at_the_review() -> None:
    story = given(ASSESSED, reviewed("2026-03-20T12:00"))
    assert number(story, "egenvard", "2026-03-20T11:59") == []
    assert number(story, "egenvard", "2026-03-20T12:00") == [1]


def test_a_review_that_says_go_on_sets_the_next_day() -> None:
    story = given(ASSESSED, reviewed("2026-03-20T12:00", "continues", "2026-06-01T12:00"))
    assert sorted(number(story, "egenvard")) == [0, 1]


def test_no_day_was_set_or_it_became_health_care_or_the_patient_died() -> None:
    for facts in (
        (assessed("2026-03-01T12:00", None),),
        (assessed("2026-03-01T12:00", outcome="health-care"),),
        (ASSESSED, assessed("2026-03-10T12:00", None, "health-care"), reviewed("2026-03-11T12:00")),
        (ASSESSED, died("2026-03-10T12:00")),
        (ASSESSED, died("2026-04-01T12:00")),
    ):
        assert number(given(*facts), "egenvard") == []
    assert number(given(ASSESSED, died("2026-04-01T12:00:01")), "egenvard") == [0]


def test_a_review_annulled_is_none() -> None:
    story = given(
        ASSESSED, reviewed("2026-03-20T12:00", message="review"), voided("2026-03-21T12:00", "review")
    )
    assert number(story, "egenvard") == [0]


# -- the follow-up -------------------------------------------------------------------------------------------------

HOME = (
    admitted("2026-03-24T10:00", stay="A"),
    judged("2026-03-24T12:00", stay="A"),
    discharged("2026-03-27T12:00", stay="A"),
)
"""The window of 48 to 72 hours crosses the night when summer time begins: 29 March 13:00 to 30 March 13:00."""


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("2026-03-29T12:59", [0]),
        ("2026-03-29T13:00", [1]),
        ("2026-03-30T13:00", [1]),
        ("2026-03-30T13:00:01", [0]),
    ],
)
def test_in_the_window_or_outside(contact: str, expected: list[float]) -> None:
    assert number(given(*HOME, followed_up(contact, stay="A")), "follow-up") == expected


def test_known_at_the_contact_or_when_the_window_closes() -> None:
    story = given(*HOME, followed_up("2026-03-30T10:00", stay="A"))
    assert number(story, "follow-up", "2026-03-30T09:59") == []
    assert number(story, "follow-up", "2026-03-30T10:00") == [1]
    nobody = given(*HOME, followed_up("2026-04-02T10:00", stay="A"))
    assert number(nobody, "follow-up", "2026-03-30T12:59:59") == []
    assert number(nobody, "follow-up", "2026-03-30T13:00") == [0]
    assert number(nobody, "follow-up") == [0]


def test_the_first_contact_decides_as_in_w_14() -> None:
    story = given(*HOME, followed_up("2026-03-28T10:00", stay="A"), followed_up("2026-03-30T10:00", stay="A"))
    assert number(story, "follow-up") == [0]


def test_cut_short_by_death_readmission_or_the_case_being_closed() -> None:
    for end in (
        died("2026-03-29T10:00"),
        admitted("2026-03-29T10:00", stay="B"),
        closed("2026-03-29T10:00", stay="A"),
        died("2026-03-30T13:00"),
    ):
        assert number(given(*HOME, end), "follow-up") == []


def test_only_where_somebody_is_to_follow_up_and_a_window_is_agreed() -> None:
    unjudged = (HOME[0], HOME[2])
    elsewhere = (*HOME[:2], discharged("2026-03-27T12:00", "other-hospital", stay="A"))
    for facts in (unjudged, elsewhere):
        assert number(given(*facts, followed_up("2026-03-30T10:00", stay="A")), "follow-up") == []
    story = given(*HOME, followed_up("2026-03-30T10:00", stay="A"), basis=STATUTE_ONLY)
    assert number(story, "follow-up") == []


def test_with_one_limit_only_a_contact_is_judged_and_silence_is_not() -> None:
    within = Basis(
        agreements=(
            Agreement(id="within", version=1, title="Within", limits=LocalLimits(follow_up_within_hours=72)),
        )
    )
    assert number(given(*HOME, basis=within), "follow-up") == []
    for contact, expected in (("2026-03-28T10:00", [1]), ("2026-04-02T10:00", [0])):
        story = given(*HOME, followed_up(contact, stay="A"), basis=within)
        assert number(story, "follow-up") == expected
