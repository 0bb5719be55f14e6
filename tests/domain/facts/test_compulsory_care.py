"""Compulsory care that goes on in open form: what an operator may record, and how the rest is refused."""

import pytest
from situations import in_clear_under_hsl, needs, of_a_stay, of_an_inpatient

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.compulsory_care import CompulsoryOpenCareDecided, CoordinatedCarePlanEstablished

DECISION = CompulsoryOpenCareDecided(form="LPT", recipients=(Recipient(role="open-care"),))
PLAN = CoordinatedCarePlanEstablished(principals=("21", "2180"))


def test_the_decision_is_told_of_an_inpatient() -> None:
    of_an_inpatient(DECISION, "tell of compulsory open care")


def test_the_plan_is_of_a_stay_before_discharge_or_after() -> None:
    of_a_stay(PLAN, "establish a coordinated care plan")


@pytest.mark.parametrize("fact", [DECISION, PLAN])
def test_it_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)


@pytest.mark.parametrize(
    ("fact", "items"),
    [(CompulsoryOpenCareDecided(), "form, recipients"), (CoordinatedCarePlanEstablished(), "principals")],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)
