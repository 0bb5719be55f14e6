"""Ready for discharge, and what blocks liability: what an operator may record, and how the rest is refused."""

import pytest
from given import Story, said
from situations import (
    ADMISSION,
    accepted,
    admitted,
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
from domain.facts.discharge import PatientDischarged
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyStatusObserved,
    DischargeReadyWithdrawn,
    OpenCareServiceCleared,
    OpenCareServiceUnavailable,
)

READY = DischargeReadyDeclared(physician_role="treating-physician")
NOTICE = DischargeReadyNotified(recipients=(Recipient(role="municipal-health", municipality="2180"),))
WITHDRAWN = DischargeReadyWithdrawn(reason="worse")
MISSING = OpenCareServiceUnavailable(service="home-visit")
HOME = PatientDischarged(destination="home")
CLEARED = OpenCareServiceCleared(service="home-visit")


def ready() -> Story:
    """An inpatient judged ready at 11:00."""
    return admitted(said("2026-03-02T11:00", READY))


INPATIENTS_ONLY = [
    (READY, "declare the patient ready for discharge"),
    (NOTICE, "send the discharge-ready notice"),
    (WITHDRAWN, "withdraw the judgement"),
    (MISSING, "report a missing open-care service"),
]


@pytest.mark.parametrize(("fact", "act"), INPATIENTS_ONLY)
def test_what_is_said_of_an_inpatient(fact: Fact, act: str) -> None:
    accepted(ready(), fact)
    refused(unknown(), fact, f"You cannot {act}: nobody has recorded an admission before that time.")
    refused(discharged(), fact, f"You cannot {act}: the stay had ended by then.")
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


def test_who_is_on_leave_may_be_ready() -> None:
    accepted(on_leave(), READY)


def test_a_patient_is_declared_ready_again_after_a_withdrawal() -> None:
    accepted(admitted(said("2026-03-02T10:30", READY), said("2026-03-02T11:00", WITHDRAWN)), READY)


@pytest.mark.parametrize(
    ("fact", "act"), [(NOTICE, "send the discharge-ready notice"), (WITHDRAWN, "withdraw the judgement")]
)
def test_nothing_is_sent_or_withdrawn_that_nobody_judged(fact: Fact, act: str) -> None:
    words = f"You cannot {act}: nobody has declared the patient ready."
    refused(admitted(), fact, words)
    refused(admitted(said("2026-03-02T12:01", READY)), fact, words)


@pytest.mark.parametrize(
    ("fact", "act"), [(NOTICE, "send the discharge-ready notice"), (WITHDRAWN, "withdraw the judgement")]
)
def test_a_withdrawn_judgement_is_none(fact: Fact, act: str) -> None:
    story = admitted(said("2026-03-02T10:30", READY), said("2026-03-02T11:00", WITHDRAWN))
    refused(story, fact, f"You cannot {act}: nobody has declared the patient ready.")


def test_the_judgement_of_an_earlier_stay_does_not_count() -> None:
    story = ready()
    story.when(said("2026-03-02T11:30", HOME)).then(HOME)
    story.when(said("2026-03-03T10:00", ADMISSION)).then(ADMISSION)
    refused(
        story,
        NOTICE,
        "You cannot send the discharge-ready notice: nobody has declared the patient ready.",
        time="2026-03-03T12:00",
    )


@pytest.mark.parametrize("shown", [True, False])
def test_the_wards_own_status_is_seen_of_an_inpatient_whatever_was_judged(shown: bool) -> None:
    of_an_inpatient(DischargeReadyStatusObserved(ready=shown), "observe the ward's status")


def test_what_was_missing_is_cleared() -> None:
    accepted(admitted(said("2026-03-02T11:00", MISSING)), CLEARED)


def test_what_is_cleared_is_not_cleared_again() -> None:
    story = admitted(said("2026-03-02T11:00", MISSING), said("2026-03-02T11:30", CLEARED))
    refused(story, CLEARED, "You cannot clear an open-care service: none was reported missing.")


def test_what_was_not_missing_is_not_cleared() -> None:
    words = "You cannot clear an open-care service: none was reported missing."
    refused(unknown(), CLEARED, words)
    refused(admitted(), CLEARED, words)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (DischargeReadyNotified(), "recipients"),
        (DischargeReadyWithdrawn(), "reason"),
        (DischargeReadyStatusObserved(), "ready"),
        (OpenCareServiceUnavailable(), "service"),
        (OpenCareServiceCleared(), "service"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


def test_a_judgement_needs_nothing_but_its_time() -> None:
    accepted(admitted(), DischargeReadyDeclared())
