"""The municipality's takeover and care: what an operator may record, how the rest is refused, and which law it is."""

import pytest
from given import instant, said
from situations import accepted, admitted, deceased, discharged, needs, refused, unknown

from domain.fact import Fact, Regime
from domain.facts._parts import Services, ServicesFact
from domain.facts.municipal import (
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)

PROPOSAL = MunicipalTakeoverProposed(municipality="2180", services=("home-nursing",))
START = instant("2026-03-04T08:00")
YES = MunicipalTakeoverAccepted(municipality="2180", services=("home-nursing",), planned_start_at=START)
NO = MunicipalTakeoverDeclined(municipality="2180", reason="no-place")
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


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (MunicipalTakeoverProposed(), "municipality, services"),
        (MunicipalTakeoverAccepted(), "municipality, services, planned start at"),
        (MunicipalTakeoverDeclined(), "municipality, reason"),
        (MunicipalCareStarted(), "municipality, services"),
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
