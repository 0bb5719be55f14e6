"""Admission, transfer and leave: what an operator may record, and in which words the rest is refused."""

import pytest
from given import given, instant, said
from situations import (
    ADMISSION,
    accepted,
    admitted,
    at_emergency,
    deceased,
    discharged,
    needs,
    on_leave,
    refused,
    unknown,
)

from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.correction import FactVoided
from domain.facts.discharge import PatientDeceased, PatientDischarged

TRANSFER = PatientTransferred(to_unit="hsa:SE2321000198-WARD2")
NOBODY = "nobody has recorded an admission before that time."


def test_who_is_in_no_stay_is_admitted() -> None:
    accepted(unknown(), ADMISSION)
    accepted(discharged(), ADMISSION)


def test_who_is_in_a_stay_is_not_admitted_again() -> None:
    words = "You cannot admit the patient: the patient is in a stay that has not ended."
    refused(admitted(), ADMISSION, words)
    refused(on_leave(), ADMISSION, words)


def test_a_new_episode_does_not_hide_the_stay_that_is_open() -> None:
    story = admitted()
    story.when(said("2026-03-02T12:00", ADMISSION, stay="another"))
    story.then_refused("You cannot admit the patient: the patient is in a stay that has not ended.")


def test_who_is_at_the_emergency_department_is_admitted_in_the_same_stay() -> None:
    story = at_emergency()
    accepted(story, ADMISSION)
    stay = story.stay("2026-03-02T12:30")
    assert (stay.state, stay.started_at) == ("inpatient", instant("2026-03-02T10:00"))


def test_who_is_at_the_emergency_department_is_not_admitted_in_another_stay() -> None:
    story = at_emergency()
    story.when(said("2026-03-02T12:00", ADMISSION, stay="another"))
    story.then_refused("You cannot admit the patient: the patient is in a stay that has not ended.")


def test_who_has_died_is_not_admitted() -> None:
    refused(deceased(), ADMISSION, "You cannot admit the patient: the patient is recorded as deceased.")


def test_what_came_before_a_death_may_be_recorded_after_it() -> None:
    story = given(said("2026-03-05T08:00", PatientDeceased()))
    story.when(said("2026-03-02T10:00", ADMISSION)).then(ADMISSION)


def test_who_was_admitted_only_later_may_be_admitted_before() -> None:
    story = given(
        said("2026-03-20T10:00", ADMISSION),
        said("2026-03-21T10:00", PatientDischarged(destination="home")),
    )
    story.when(said("2026-03-02T10:00", ADMISSION)).then(ADMISSION)


def test_an_annulled_admission_is_none() -> None:
    story = given(
        said("2026-03-02T10:00", ADMISSION, message="first"),
        said("2026-03-02T10:30", FactVoided(target_message="first")),
    )
    accepted(story, ADMISSION)
    refused(
        given(
            said("2026-03-02T10:00", ADMISSION, message="first"),
            said("2026-03-02T10:30", FactVoided(target_message="first")),
        ),
        TRANSFER,
        f"You cannot transfer the patient: {NOBODY}",
    )


def test_an_admission_needs_unit_form_of_care_and_municipality() -> None:
    needs(PatientAdmitted(), "unit, care form, municipality")
    needs(PatientAdmitted(care_form="somatic", municipality="2180"), "unit")


def test_an_inpatient_is_transferred() -> None:
    accepted(admitted(), TRANSFER)
    accepted(on_leave(), TRANSFER)


def test_who_is_no_inpatient_is_not_transferred() -> None:
    refused(unknown(), TRANSFER, f"You cannot transfer the patient: {NOBODY}")
    refused(at_emergency(), TRANSFER, f"You cannot transfer the patient: {NOBODY}")
    refused(discharged(), TRANSFER, "You cannot transfer the patient: the stay had ended by then.")
    refused(deceased(), TRANSFER, "You cannot transfer the patient: the patient is recorded as deceased.")


def test_nobody_is_transferred_before_the_admission() -> None:
    refused(admitted(), TRANSFER, f"You cannot transfer the patient: {NOBODY}", time="2026-03-02T09:59:59")
    accepted(admitted(), TRANSFER, time="2026-03-02T10:00")


def test_a_transfer_needs_where_to() -> None:
    needs(PatientTransferred(), "to unit")


def test_an_inpatient_goes_on_leave() -> None:
    accepted(admitted(), LeaveStarted())


def test_who_is_on_leave_does_not_leave_again() -> None:
    refused(on_leave(), LeaveStarted(), "You cannot start a leave: the patient was on leave at that time.")


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (unknown, NOBODY),
        (discharged, "the stay had ended by then."),
        (deceased, "the patient is recorded as deceased."),
    ],
)
def test_who_is_no_inpatient_does_not_go_on_leave(story: object, why: str) -> None:
    assert callable(story)
    refused(story(), LeaveStarted(), f"You cannot start a leave: {why}")


def test_who_is_on_leave_comes_back() -> None:
    accepted(on_leave(), LeaveEnded())


def test_who_is_not_on_leave_does_not_come_back() -> None:
    refused(unknown(), LeaveEnded(), "You cannot end a leave: the patient was not in any stay at that time.")
    refused(admitted(), LeaveEnded(), "You cannot end a leave: the patient was an inpatient at that time.")
    refused(discharged(), LeaveEnded(), "You cannot end a leave: the patient was discharged at that time.")
    refused(
        at_emergency(),
        LeaveEnded(),
        "You cannot end a leave: the patient was at the emergency department at that time.",
    )
    refused(deceased(), LeaveEnded(), "You cannot end a leave: the patient is recorded as deceased.")
