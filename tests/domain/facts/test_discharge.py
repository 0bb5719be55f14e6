"""Discharge, death and the end of the case: what an operator may record, and in which words the rest is refused."""

import pytest
from situations import (
    accepted,
    admitted,
    at_emergency,
    deceased,
    discharged,
    needs,
    of_an_inpatient,
    on_leave,
    refused,
    unknown,
)

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.discharge import (
    DischargeInformationTransferred,
    EpisodeCancelled,
    EpisodeClosed,
    HomegoingChecklistCompleted,
    PatientDeceased,
    PatientDischarged,
    PatientInformedAtDischarge,
)

HOME = PatientDischarged(destination="home")
INFORMATION = DischargeInformationTransferred(recipients=(Recipient(role="municipal-health"),))
INFORMED = PatientInformedAtDischarge(summary_given=True)
CANCELLED = EpisodeCancelled(reason="registered-in-error")
CLOSED = EpisodeClosed(reason="completed")
NOBODY = "nobody has recorded an admission before that time."


def test_an_inpatient_is_discharged() -> None:
    accepted(admitted(), HOME)
    accepted(on_leave(), HOME)


def test_who_was_never_admitted_is_not_discharged() -> None:
    refused(unknown(), HOME, f"You cannot discharge the patient: {NOBODY}")
    refused(at_emergency(), HOME, f"You cannot discharge the patient: {NOBODY}")
    refused(admitted(), HOME, f"You cannot discharge the patient: {NOBODY}", time="2026-03-02T09:00")


def test_nobody_is_discharged_twice_or_after_death() -> None:
    refused(discharged(), HOME, "You cannot discharge the patient: the stay had ended by then.")
    refused(deceased(), HOME, "You cannot discharge the patient: the patient is recorded as deceased.")


@pytest.mark.parametrize(
    ("fact", "act"),
    [
        (INFORMATION, "transfer discharge information"),
        (INFORMED, "inform the patient at discharge"),
    ],
)
def test_what_is_said_of_a_stay(fact: Fact, act: str) -> None:
    accepted(admitted(), fact)
    accepted(at_emergency(), fact)
    accepted(discharged(), fact)
    accepted(deceased(), fact)
    refused(unknown(), fact, f"You cannot {act}: {NOBODY}")


def test_the_checklist_is_an_inpatients_and_may_say_no_more_than_that_it_is_done() -> None:
    act = "complete the checklist"
    of_an_inpatient(HomegoingChecklistCompleted(medicines=True, aids=False), act)
    of_an_inpatient(HomegoingChecklistCompleted(), act)


def test_only_a_stay_that_runs_is_cancelled() -> None:
    accepted(admitted(), CANCELLED)
    accepted(at_emergency(), CANCELLED)
    refused(discharged(), CANCELLED, "You cannot cancel the episode: the stay had ended by then.")
    refused(deceased(), CANCELLED, "You cannot cancel the episode: the stay had ended by then.")
    refused(unknown(), CANCELLED, f"You cannot cancel the episode: {NOBODY}")


def test_only_a_stay_that_has_ended_is_closed() -> None:
    accepted(discharged(), CLOSED)
    accepted(deceased(), CLOSED)
    refused(admitted(), CLOSED, "You cannot close the episode: the stay has not ended.")
    refused(at_emergency(), CLOSED, "You cannot close the episode: the stay has not ended.")
    refused(unknown(), CLOSED, f"You cannot close the episode: {NOBODY}")


def test_everyone_dies_once() -> None:
    accepted(unknown(), PatientDeceased())
    accepted(admitted(), PatientDeceased())
    accepted(discharged(), PatientDeceased())
    refused(
        deceased(),
        PatientDeceased(),
        "You cannot record the death: the patient is recorded as deceased.",
    )


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (PatientDischarged(), "destination"),
        (DischargeInformationTransferred(), "recipients"),
        (EpisodeCancelled(), "reason"),
        (EpisodeClosed(), "reason"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


def test_informing_the_patient_needs_nothing_but_its_time() -> None:
    accepted(admitted(), PatientInformedAtDischarge())
