"""What units tell one another: what an operator may record, and under which law the social services speak."""

import pytest
from given import instant
from situations import (
    in_clear_under_hsl,
    needs,
    of_a_stay,
    of_an_inpatient,
    of_anybody,
    of_the_living,
    sealed_under_sol,
)

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.messages import (
    HomeSituationReported,
    MessageAcknowledged,
    MessageSent,
    NotificationMisdirected,
    ParticipantChanged,
    PlanningInputSubmitted,
)

GAVLE = "orgnr:2120002338"
HOME = HomeSituationReported(unit=GAVLE, role="municipal-health", municipality="2180")
INPUT = PlanningInputSubmitted(unit=GAVLE, role="municipal-health", colour="green", complete=True)
CHANGED = ParticipantChanged(added=(Recipient(role="open-care"),), reason="new-need")
ASTRAY = NotificationMisdirected(notification="admission-notified", municipality="2181")
MESSAGE = MessageSent(recipients=(Recipient(role="open-care"),), subject="medicine-question")
READ = MessageAcknowledged(unit=GAVLE, received_at=instant("2026-03-02T11:00"))


def test_the_situation_at_home_is_told_of_the_living() -> None:
    of_the_living(HOME, "report the situation at home")


def test_planning_input_answers_an_admission() -> None:
    of_an_inpatient(INPUT, "submit planning input")


def test_who_takes_part_changes_within_a_stay() -> None:
    of_a_stay(CHANGED, "change who takes part")


def test_a_notice_of_a_stay_went_astray() -> None:
    of_a_stay(ASTRAY, "report a misdirected notice")


@pytest.mark.parametrize("fact", [MESSAGE, READ])
def test_anybody_may_say_anything_at_any_time(fact: Fact) -> None:
    of_anybody(fact)


@pytest.mark.parametrize("subject", ["Anna Andersson", "19121212-1212", "Äldre", "x" * 42])
def test_the_subject_of_a_message_is_a_word_of_the_routine(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        MessageSent(subject=subject)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (HomeSituationReported(), "unit"),
        (PlanningInputSubmitted(), "unit, role"),
        (ParticipantChanged(), "reason"),
        (NotificationMisdirected(), "notification"),
        (MessageSent(), "recipients"),
        (MessageAcknowledged(), "unit"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize(
    "fact",
    [
        HomeSituationReported(unit=GAVLE, role="social-services", report="Hemtjänst varje morgon."),
        PlanningInputSubmitted(unit=GAVLE, role="social-services", complete=False),
    ],
)
def test_what_the_social_services_say_of_a_patient_is_sealed(fact: Fact) -> None:
    sealed_under_sol(fact)


@pytest.mark.parametrize(
    "fact", [HOME, INPUT, CHANGED, ASTRAY, MESSAGE, READ, HomeSituationReported(unit=GAVLE)]
)
def test_the_rest_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)
