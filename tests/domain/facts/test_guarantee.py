"""The clocks of vårdgarantin: what an operator may record, and that only a clock that stands still runs again."""

import pytest
from given import said
from situations import (
    accepted,
    admitted,
    in_clear_under_hsl,
    knows_its_track,
    needs,
    of_the_living,
    refused,
    unknown,
)

from domain.fact import Fact
from domain.facts.guarantee import (
    CareAssessed,
    CareContactSought,
    TreatmentDecided,
    TreatmentStarted,
    WaitPaused,
    WaitResumed,
)
from domain.facts.referral import TrackFact

CENTRE, HEART = "hsa:SE2321000198-HC1", "hsa:SE2321000198-HEART"
SOUGHT = CareContactSought(unit=CENTRE, channel="telephone")
ASSESSED = CareAssessed(unit=CENTRE, profession="nurse")
DECIDED = TreatmentDecided(track="heart-failure", unit=HEART)
STARTED = TreatmentStarted(track="heart-failure", unit=HEART)
PAUSED = WaitPaused(track="heart-failure", ground="abstains", step="visit")
RESUMED = WaitResumed(track="heart-failure", step="visit")
RUNS = "You cannot resume a wait: this wait is not paused."


@pytest.mark.parametrize(
    ("fact", "act"),
    [
        (SOUGHT, "record that the patient sought care"),
        (ASSESSED, "record an assessment"),
        (DECIDED, "decide on treatment"),
        (STARTED, "start treatment"),
        (PAUSED, "pause a wait"),
    ],
)
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    of_the_living(fact, act)


def test_contact_is_sought_on_a_track_or_on_none() -> None:
    accepted(unknown(), SOUGHT)
    accepted(unknown(), SOUGHT.model_copy(update={"track": "adult-psychiatry"}))


def test_a_clock_that_stands_still_runs_again() -> None:
    accepted(admitted(said("2026-02-01T11:00", PAUSED)), RESUMED)


@pytest.mark.parametrize("other", [{"track": "diabetes"}, {"step": "treatment"}])
def test_another_clock_runs_on(other: dict[str, str]) -> None:
    refused(admitted(said("2026-02-01T11:00", PAUSED.model_copy(update=other))), RESUMED, RUNS)
    resumed = RESUMED.model_copy(update=other)
    accepted(admitted(said("2026-02-01T11:00", PAUSED), said("2026-02-02T11:00", resumed)), RESUMED)


def test_a_clock_that_runs_is_not_set_going() -> None:
    refused(unknown(), RESUMED, RUNS)
    refused(admitted(said("2026-03-02T12:01", PAUSED)), RESUMED, RUNS)
    refused(admitted(said("2026-02-01T11:00", PAUSED), said("2026-02-02T11:00", RESUMED)), RESUMED, RUNS)


@pytest.mark.parametrize("fact", [SOUGHT, DECIDED, STARTED, PAUSED, RESUMED])
def test_the_track_is_one_of_the_seven(fact: TrackFact) -> None:
    knows_its_track(fact, said("2026-02-01T11:00", PAUSED))


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (CareContactSought(), "unit"),
        (CareAssessed(), "unit"),
        (TreatmentDecided(), "track, unit"),
        (TreatmentStarted(), "track, unit"),
        (WaitPaused(), "track, ground, step"),
        (WaitResumed(), "track, step"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize("fact", [SOUGHT, ASSESSED, DECIDED, STARTED, PAUSED, RESUMED])
def test_it_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)
