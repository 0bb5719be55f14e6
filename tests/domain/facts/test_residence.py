"""Where the patient belongs and shall live: what an operator may record, and what only the social services may read."""

import pytest
from given import instant
from situations import in_clear_under_hsl, needs, of_the_living, sealed_under_sol

from domain.fact import Fact
from domain.facts.residence import (
    ResidentialCareApplied,
    ResidentialCareOffered,
    ResponsibleMunicipalityChanged,
)

MOVED = ResponsibleMunicipalityChanged(
    from_municipality="2180", to_municipality="2181", ground="registration"
)
APPLIED = ResidentialCareApplied(municipality="2180")
OFFERED = ResidentialCareOffered(municipality="2180", move_in_at=instant("2026-04-01T00:00"))


@pytest.mark.parametrize(
    ("fact", "act"),
    [
        (MOVED, "change the responsible municipality"),
        (APPLIED, "apply for residential care"),
        (OFFERED, "offer residential care"),
    ],
)
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    of_the_living(fact, act)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (ResponsibleMunicipalityChanged(), "to municipality, ground"),
        (ResidentialCareApplied(), "municipality"),
        (ResidentialCareOffered(), "municipality, move in at"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize(
    "fact",
    [
        APPLIED,
        OFFERED,
        ResidentialCareApplied(),
        MOVED.model_copy(update={"ground": "placement"}),
        MOVED.model_copy(update={"ground": "transfer"}),
    ],
)
def test_what_the_social_services_decide_is_sealed(fact: Fact) -> None:
    sealed_under_sol(fact)


def test_a_registration_is_not_their_decision() -> None:
    in_clear_under_hsl(MOVED)
