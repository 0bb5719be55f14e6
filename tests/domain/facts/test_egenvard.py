"""Egenvård: what an operator may record, and that somebody does it or helps."""

import pytest
from given import instant, said
from situations import accepted, admitted, in_clear_under_hsl, needs, of_the_living, refused, unknown

from domain.fact import Fact
from domain.facts.discharge import PatientDeceased
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed

OWN = EgenvardAssessed(outcome="egenvard", support="relative", review_at=instant("2026-06-02T09:00"))
CARE = EgenvardAssessed(outcome="health-care")
REVIEW = EgenvardReviewed(outcome="continues", review_at=instant("2026-09-02T09:00"))


@pytest.mark.parametrize("fact", [OWN, CARE])
def test_it_is_judged_of_the_living(fact: Fact) -> None:
    of_the_living(fact, "assess egenvård")


def test_what_was_assessed_is_reviewed() -> None:
    words = "You cannot review egenvård: none was assessed."
    accepted(admitted(said("2026-02-01T11:00", OWN)), REVIEW)
    accepted(admitted(said("2026-02-01T11:00", OWN), said("2026-02-02T11:00", REVIEW)), REVIEW)
    accepted(admitted(said("2026-02-01T11:00", OWN), said("2026-03-02T11:00", PatientDeceased())), REVIEW)
    refused(unknown(), REVIEW, words)
    refused(admitted(said("2026-03-02T12:01", OWN)), REVIEW, words)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (EgenvardAssessed(), "outcome"),
        (EgenvardAssessed(outcome="egenvard"), "support"),
        (EgenvardReviewed(), "outcome"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize("fact", [OWN, CARE, REVIEW, OWN.model_copy(update={"support": "municipality"})])
def test_the_judgement_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)
