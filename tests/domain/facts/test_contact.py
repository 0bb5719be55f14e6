"""Meetings outside the ward: what an operator may record, and under which law a visit by the social services stands."""

import pytest
from situations import (
    accepted,
    in_clear_under_hsl,
    knows_its_track,
    needs,
    of_the_living,
    sealed_under_sol,
    unknown,
)

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.contact import (
    AmbulanceAttended,
    ContactFact,
    DigitalVisitHeld,
    HomeVisitMade,
    PreventiveContactMade,
    VisitMade,
)

CENTRE = "hsa:SE2321000198-HC1"
KINDS: list[type[ContactFact]] = [VisitMade, HomeVisitMade, DigitalVisitHeld, PreventiveContactMade]
CONVEYED = AmbulanceAttended(outcome="conveyed", conveyed_to="hsa:SE2321000198-ED")
AT_HOME = AmbulanceAttended(outcome="left-at-home", handed_to=(Recipient(role="open-care", unit=CENTRE),))


@pytest.mark.parametrize("kind", KINDS)
def test_the_living_are_met(kind: type[ContactFact]) -> None:
    of_the_living(kind(unit=CENTRE, role="open-care", profession="nurse"), "record the contact")


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_track_or_on_none(kind: type[ContactFact]) -> None:
    accepted(unknown(), kind(unit=CENTRE))
    accepted(unknown(), kind(unit=CENTRE, track="asthma-copd"))
    knows_its_track(kind(unit=CENTRE, track="asthma-copd"))


@pytest.mark.parametrize("fact", [CONVEYED, AT_HOME])
def test_an_ambulance_conveys_or_leaves_at_home(fact: Fact) -> None:
    of_the_living(fact, "record the ambulance")


def test_an_ambulance_may_leave_the_patient_to_nobody() -> None:
    accepted(unknown(), AmbulanceAttended(outcome="left-at-home"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_must_not_be_left_out(kind: type[ContactFact]) -> None:
    needs(kind(), "unit")


def test_an_ambulance_says_what_came_of_it() -> None:
    needs(AmbulanceAttended(), "outcome")


@pytest.mark.parametrize("kind", KINDS)
def test_a_visit_by_the_social_services_is_sealed(kind: type[ContactFact]) -> None:
    sealed_under_sol(kind(unit="orgnr:2120002338", role="social-services", municipality="2180"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", [None, "open-care", "municipal-health", "emergency", "inpatient"])
def test_any_other_is_health_care(kind: type[ContactFact], role: str | None) -> None:
    in_clear_under_hsl(kind.model_validate({"unit": CENTRE, "role": role}))


def test_an_ambulance_is_health_care_whoever_goes_on() -> None:
    in_clear_under_hsl(AmbulanceAttended(handed_to=(Recipient(role="social-services"),)))
