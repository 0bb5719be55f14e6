"""The municipality's takeover and care: what an operator may record, how the rest is refused, and which law it is."""

from dataclasses import replace

import pytest
from given import instant, said
from situations import accepted, admitted, deceased, discharged, needs, refused, unknown

from domain.fact import Fact, Regime
from domain.facts._parts import Services, ServicesFact
from domain.facts.municipal import (
    MunicipalCareEnded,
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.journey import CareJourney

PROPOSAL = MunicipalTakeoverProposed(municipality="2180", services=("home-nursing",))
START = instant("2026-03-04T08:00")
YES = MunicipalTakeoverAccepted(municipality="2180", services=("home-nursing",), planned_start_at=START)
NO = MunicipalTakeoverDeclined(municipality="2180", reason="no-place")
ENDED = MunicipalCareEnded(municipality="2180", services=("home-nursing",), reason="no-longer-needed")
CARE = MunicipalCareStarted(municipality="2180", services=("home-nursing",))


@pytest.mark.parametrize(("fact", "act"), [(PROPOSAL, "propose a takeover"), (CARE, "start municipal care")])
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    accepted(unknown(), fact)
    accepted(admitted(), fact)
    accepted(discharged(), fact)
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


@pytest.mark.parametrize(("fact", "act"), [(YES, "accept a takeover"), (NO, "decline a takeover")])
def test_an_answer_needs_a_question(fact: Fact, act: str) -> None:
    words = f"You cannot {act}: no takeover was proposed."
    accepted(admitted(said("2026-03-02T11:00", PROPOSAL)), fact)
    refused(unknown(), fact, words)
    refused(admitted(), fact, words)
    refused(admitted(said("2026-03-02T12:01", PROPOSAL)), fact, words)


def test_care_ends_that_this_municipality_had_started() -> None:
    words = "You cannot end municipal care: that municipality has not started any by that time."
    accepted(unknown(), CARE)
    accepted(admitted(said("2026-02-02T11:00", CARE)), ENDED)
    refused(unknown(), ENDED, words)
    refused(admitted(said("2026-03-02T12:01", CARE)), ENDED, words)
    elsewhere = CARE.model_copy(update={"municipality": "2181"})
    refused(admitted(said("2026-02-02T11:00", elsewhere)), ENDED, words)


def test_care_ends_where_only_the_key_to_its_start_is_gone() -> None:
    story = admitted(said("2026-02-02T11:00", CARE.model_copy(update={"services": ("home-help",)})))
    facts = [
        replace(fact, fact=None) if fact.envelope.regime == "SoL" else fact for fact in story.journey.facts
    ]
    story.journey = CareJourney.project(None, facts) or story.journey
    accepted(story, ENDED)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (MunicipalTakeoverProposed(), "municipality, services"),
        (MunicipalTakeoverAccepted(), "municipality, services, planned start at"),
        (MunicipalTakeoverDeclined(), "municipality, reason"),
        (MunicipalCareStarted(), "municipality, services"),
        (MunicipalCareEnded(), "municipality, services, reason"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize(
    ("services", "regime"),
    [
        ((), "HSL"),
        (("home-nursing", "rehabilitation", "habilitation"), "HSL"),
        (("home-help",), "SoL"),
        (("short-term-place",), "SoL"),
        (("residential-care",), "SoL"),
        (("home-nursing", "home-help"), "SoL"),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        MunicipalTakeoverProposed,
        MunicipalTakeoverAccepted,
        MunicipalTakeoverDeclined,
        MunicipalCareStarted,
        MunicipalCareEnded,
    ],
)
def test_the_services_say_which_law(kind: type[ServicesFact], services: Services, regime: Regime) -> None:
    assert kind(services=services).regime() == regime


def test_services_of_both_laws_are_two_facts() -> None:
    both = MunicipalCareStarted(
        municipality="2180", services=("home-help", "home-nursing", "residential-care")
    )
    assert both.split() == (
        MunicipalCareStarted(municipality="2180", services=("home-nursing",)),
        MunicipalCareStarted(municipality="2180", services=("home-help", "residential-care")),
    )


def test_an_end_to_services_of_both_laws_is_two_facts() -> None:
    both = ENDED.model_copy(update={"services": ("home-help", "home-nursing")})
    assert both.split() == (ENDED, ENDED.model_copy(update={"services": ("home-help",)}))


def test_services_of_one_law_are_one_fact() -> None:
    assert CARE.split() == (CARE,)
    assert MunicipalTakeoverDeclined(reason="other").split() == (MunicipalTakeoverDeclined(reason="other"),)
    help_only = MunicipalCareStarted(services=("home-help",))
    assert help_only.split() == (help_only,)


def test_a_sender_does_not_put_social_services_under_health_law() -> None:
    help_only = MunicipalCareStarted(municipality="2180", services=("home-help",))
    assert said("2026-03-02T12:00", help_only, regime="HSL").scope.regime == "SoL"
    assert said("2026-03-02T12:00", CARE, regime="SoL").scope.regime == "SoL"
    assert said("2026-03-02T12:00", CARE).scope.regime == "HSL"
