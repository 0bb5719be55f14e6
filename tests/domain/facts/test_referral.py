"""Between primary and specialised care: what an operator may record, and that answers need a referral on their track."""

import pytest
from given import said
from situations import (
    accepted,
    admitted,
    deceased,
    in_clear_under_hsl,
    knows_its_track,
    needs,
    of_the_living,
    refused,
    unknown,
)

from domain.fact import Fact
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
    SharedCareAgreed,
    TrackFact,
)

CENTRE, HEART = "hsa:SE2321000198-HC1", "hsa:SE2321000198-HEART"
SENT = ReferralSent(track="heart-failure", from_unit=CENTRE, to_unit=HEART)
TAKEN = ReferralAccepted(track="heart-failure", unit=HEART)
RETURNED = ReferralReturned(track="heart-failure", unit=HEART, reason="wrong-level")
SHARED = SharedCareAgreed(track="heart-failure", specialist_unit=HEART, primary_care_unit=CENTRE)
BACK = HandedBackToPrimaryCare(track="heart-failure", to_unit=CENTRE)
ANSWERS: list[tuple[TrackFact, str]] = [(TAKEN, "accept a referral"), (RETURNED, "return a referral")]


@pytest.mark.parametrize(
    ("fact", "act"),
    [(SENT, "send a referral"), (SHARED, "agree on shared care"), (BACK, "hand back to primary care")],
)
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    of_the_living(fact, act)


@pytest.mark.parametrize(("fact", "act"), ANSWERS)
def test_an_answer_needs_a_referral_on_its_track(fact: TrackFact, act: str) -> None:
    words = f"You cannot {act}: no referral was sent on this track."
    accepted(admitted(said("2026-02-01T11:00", SENT)), fact)
    refused(unknown(), fact, words)
    refused(admitted(said("2026-03-02T12:01", SENT)), fact, words)
    elsewhere = SENT.model_copy(update={"track": "diabetes"})
    refused(admitted(said("2026-02-01T11:00", elsewhere)), fact, words)


def test_the_dead_are_not_taken_on_but_their_referrals_are_returned() -> None:
    story = deceased()
    story.record(said("2026-02-01T11:00", SENT))
    story.journey.collect_events()
    refused(story, TAKEN, "You cannot accept a referral: the patient is recorded as deceased.")
    accepted(story, RETURNED)


@pytest.mark.parametrize("fact", [SENT, TAKEN, RETURNED, SHARED, BACK])
def test_the_track_is_one_of_the_seven(fact: TrackFact) -> None:
    knows_its_track(fact, said("2026-02-01T11:00", SENT))


def test_the_refusal_names_the_tracks() -> None:
    story = unknown().when(said("2026-03-02T12:00", SENT.model_copy(update={"track": "heart"})))
    assert getattr(story.outcome, "hint", "") == (
        "The tracks are adult-psychiatry, addiction-care, heart-failure, asthma-copd, diabetes,"
        " cancer-rehabilitation, geriatrics."
    )


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (ReferralSent(), "track, to unit"),
        (ReferralAccepted(), "track, unit"),
        (ReferralReturned(), "track, reason"),
        (SharedCareAgreed(), "track, specialist unit, primary care unit"),
        (HandedBackToPrimaryCare(), "track, to unit"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize("fact", [SENT, TAKEN, RETURNED, SHARED, BACK])
def test_it_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)
