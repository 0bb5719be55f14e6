"""Who gives the care and who owes the next step, state by state (`domain-facts.md` §10; HSL 8, 12, 14 and 16 chap.)."""

import pytest
from given import WARD, given, instant
from units import patient_informed
from ward import (
    NURSING,
    OPEN_CARE,
    SOCIAL,
    accepted,
    admitted,
    back,
    came_to_emergency,
    cancelled,
    care_started,
    closed,
    contact,
    declined,
    died,
    discharged,
    followed_up,
    informed,
    judged,
    left_emergency,
    not_ready,
    notified,
    on_leave,
    proposed,
    ready,
    sip_called,
    sip_made,
    sip_needed,
    told_ready,
    transferred,
    voided,
)

from domain.command import Command
from domain.rows import Responsibility

REGION, TOWN = "region:21", "municipality:2180"
HOSPITAL = {("inpatient", REGION)}
OPEN = {("open-care", REGION)}

ADMITTED = admitted("2026-03-02T10:00")
YES = judged("2026-03-02T11:00", needs=("social-services", "municipal-health", "open-care"))
NOTIFIED = notified(
    "2026-03-02T12:00", OPEN_CARE, NURSING, SOCIAL, estimated_discharge_at=instant("2026-03-06T14:00")
)
CONTACT = contact("2026-03-03T09:00")
NEEDED = sip_needed("2026-03-03T10:00")
READY = ready("2026-03-04T10:00")
TOLD = told_ready("2026-03-04T10:10", OPEN_CARE, NURSING, SOCIAL)
CALLED = sip_called("2026-03-05T09:00", NURSING, SOCIAL)
ASKED = proposed("2026-03-05T10:00")
ACCEPTED = accepted("2026-03-05T14:00", start="2026-03-06T16:00")
LEFT = discharged("2026-03-06T14:00")
INFORMED = informed("2026-03-06T15:00")
STARTED = care_started("2026-03-06T17:00")
FOLLOWED = followed_up("2026-03-09T10:00")
PATIENT_INFORMED = patient_informed("2026-03-06T14:00")

PLAN = {("NS-plan", REGION), ("NS-plan", TOWN)}
NOTIFIED_STEPS = {("MH-06", REGION), *PLAN}
RECEIVE = {("MH-14", TOWN), ("NS-receive", TOWN)}
READY_STEPS = {("MH-10", REGION), *RECEIVE}
ATTEND = {("NS-attend", REGION), ("NS-attend", TOWN)}
CALLED_STEPS = {*RECEIVE, *ATTEND}
HOME_STEPS = {("MH-13", REGION), ("MH-19", REGION), *ATTEND}
PATH = [
    # state, what happened up to it, who gives the care, who owes which next step
    ("Admitted", ADMITTED, HOSPITAL, {("NS-assess", REGION)}),
    ("NotifyDue", YES, HOSPITAL, {("MH-01", REGION), ("MH-02", REGION)}),
    ("Notified", NOTIFIED, HOSPITAL, NOTIFIED_STEPS),
    ("Planning", CONTACT, HOSPITAL, PLAN),
    ("Planning, SIP needed", NEEDED, HOSPITAL, PLAN),
    ("ReadyUnsent", READY, HOSPITAL, {("MH-09", REGION), *PLAN}),
    ("Ready", TOLD, HOSPITAL, READY_STEPS),
    ("ReadySipCalled", CALLED, HOSPITAL, CALLED_STEPS),
    ("Takeover proposed", ASKED, HOSPITAL, {*CALLED_STEPS, ("MH-24", TOWN)}),
    ("ReadyAccepted", ACCEPTED, HOSPITAL, {*CALLED_STEPS, ("NS-discharge", REGION)}),
    ("DischargedInfoDue", LEFT, OPEN, {("MH-12", REGION), ("MH-18", TOWN), *HOME_STEPS}),
    ("Discharged", INFORMED, OPEN, {("MH-18", TOWN), *HOME_STEPS}),
    ("InMunicipalCare", STARTED, {*OPEN, ("municipal-health", TOWN)}, HOME_STEPS),
    ("FollowedUp", FOLLOWED, {*OPEN, ("municipal-health", TOWN)}, HOME_STEPS - {("MH-19", REGION)}),
]
IN_STAY = [command for _, command, _, _ in PATH[:8]]
WHOLE = [command for _, command, _, _ in PATH]


@pytest.mark.parametrize("number", range(len(PATH)), ids=[state for state, *_ in PATH])
def test_the_whole_way(number: int) -> None:
    """One state after the other: as it is when nothing more has happened, and as of then when everything has."""
    _, command, care, steps = PATH[number]
    moment = command.time.isoformat()
    for story in (given(*WHOLE[: number + 1]), given(*WHOLE)):
        assert story.care(moment) == care
        assert story.next_step(moment) == steps


def test_no_need() -> None:
    story = given(ADMITTED, judged("2026-03-02T11:00", "no"))
    assert story.care("2026-03-03T10:00") == HOSPITAL
    assert story.next_step("2026-03-03T10:00") == set()


def test_no_need_and_later_a_need() -> None:
    story = given(ADMITTED, judged("2026-03-02T11:00", "no"), judged("2026-03-03T10:00"))
    assert story.next_step("2026-03-03T10:00") == {("MH-01", REGION)}


def test_declined_changes_no_care_and_somebody_escalates() -> None:
    story = given(*IN_STAY, ASKED, declined("2026-03-05T14:00"))
    assert story.care("2026-03-05T15:00") == HOSPITAL
    assert story.next_step("2026-03-05T15:00") == {*CALLED_STEPS, ("NS-escalate", REGION)}


def test_withdrawn_the_hospital_treats() -> None:
    story = given(*IN_STAY[:7], not_ready("2026-03-04T20:00"))
    assert story.care("2026-03-04T20:00") == HOSPITAL
    assert story.next_step("2026-03-04T20:00") == {("NS-treat", REGION)}


def test_transferred_another_ward_gives_the_care() -> None:
    other = "hsa:SE2321000198-WARD2"
    story = given(ADMITTED, transferred("2026-03-03T10:00", other))
    rows = story.rows(Responsibility, "2026-03-03T10:00", "care")
    assert [(r.unit, r.state, r.outcome) for r in sorted(rows, key=lambda r: r.valid_from)] == [
        (WARD, "ended", "transferred"),
        (other, "current", None),
    ]
    assert story.care("2026-03-03T10:00") == HOSPITAL


def test_leave_and_return_change_nothing() -> None:
    story = given(ADMITTED, YES, on_leave("2026-03-03T10:00"), back("2026-03-04T10:00"))
    for moment in ("2026-03-03T12:00", "2026-03-04T12:00"):
        assert story.care(moment) == HOSPITAL
        assert story.next_step(moment) == {("MH-01", REGION), ("MH-02", REGION)}
    assert len(story.rows(Responsibility, "2026-03-05T10:00", "care")) == 1


def test_an_emergency_visit_and_then_admission() -> None:
    story = given(came_to_emergency("2026-03-02T06:00", stay="A"), admitted("2026-03-02T10:00", stay="A"))
    assert story.care("2026-03-02T07:00") == {("emergency", REGION)}
    assert story.next_step("2026-03-02T07:00") == set()
    assert story.care("2026-03-02T10:00") == HOSPITAL


def test_home_from_emergency_nobody_is_left_with_a_duty() -> None:
    story = given(came_to_emergency("2026-03-02T06:00"), left_emergency("2026-03-02T09:00"))
    assert story.care("2026-03-02T09:00") == set()
    assert story.next_step("2026-03-02T09:00") == set()


def test_readmitted_the_hospital_has_the_patient_again() -> None:
    again = [*WHOLE[:13], PATIENT_INFORMED, admitted("2026-03-08T10:00", stay="B")]
    story = given(*again)
    assert story.care("2026-03-08T10:00") == HOSPITAL
    assert story.next_step("2026-03-08T10:00") == {("NS-assess", REGION)}


def test_readmitted_at_the_moment_of_discharge() -> None:
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        discharged("2026-03-06T14:00", stay="A"),
        admitted("2026-03-06T14:00", stay="B"),
    )
    assert story.care("2026-03-06T14:00") == HOSPITAL


def test_discharged_to_another_hospital_open_care_has_nothing_yet() -> None:
    story = given(ADMITTED, discharged("2026-03-06T14:00", "other-hospital"))
    assert story.care("2026-03-06T14:00") == set()


@pytest.mark.parametrize("number", range(len(PATH)), ids=[state for state, *_ in PATH])
def test_after_death_nobody_owes_anything(number: int) -> None:
    so_far = WHOLE[: number + 1]
    story = given(*so_far, died(so_far[-1].time.isoformat()))
    moment = "2026-03-25T10:00"
    assert story.care(moment) == set()
    assert story.next_step(moment) == set()


@pytest.mark.parametrize("number", range(10), ids=[state for state, *_ in PATH[:10]])
def test_after_cancellation_nobody_owes_anything(number: int) -> None:
    story = given(*WHOLE[: number + 1], cancelled("2026-03-06T09:00"))
    assert story.care("2026-03-06T09:00") == set()
    assert story.next_step("2026-03-06T09:00") == set()


def test_an_annulled_stay_leaves_no_responsibility() -> None:
    story = given(admitted("2026-03-02T10:00", message="in"), voided("2026-03-02T11:00", "in"))
    assert story.care("2026-03-03T10:00") == set()
    assert story.care("2026-03-02T10:30") == set()
    assert story.next_step("2026-03-03T10:00") == set()


def test_an_annulled_stay_leaves_none_also_with_a_leave_in_it() -> None:
    story = given(
        admitted("2026-03-02T10:00", message="in", stay="A"),
        on_leave("2026-03-03T10:00", stay="A"),
        back("2026-03-04T10:00", stay="A"),
        transferred("2026-03-05T10:00", "hsa:SE2321000198-WARD2", stay="A"),
        voided("2026-03-06T11:00", "in"),
    )
    for moment in ("2026-03-03T12:00", "2026-03-04T12:00", "2026-03-07T12:00"):
        assert story.care(moment) == set()
        assert story.stay(moment).state == "cancelled"


def test_an_annulled_discharge_undoes_it() -> None:
    story = given(ADMITTED, discharged("2026-03-06T14:00", message="out"), voided("2026-03-06T15:00", "out"))
    assert story.care("2026-03-07T10:00") == HOSPITAL


def test_nursing_by_the_municipality_and_physicians_by_the_region() -> None:
    """HSL 14:1: care given by physicians is never transferred."""
    story = given(*WHOLE[:13], care_started("2026-03-06T18:00", "home-help"))
    assert story.care("2026-03-06T18:00") == {
        ("open-care", REGION),
        ("municipal-health", TOWN),
        ("social-services", TOWN),
    }


def test_municipal_care_told_twice_is_the_same_care() -> None:
    story = given(ADMITTED, LEFT, STARTED, care_started("2026-03-07T17:00"))
    rows = story.rows(Responsibility, "2026-03-08T10:00", "care")
    assert len([row for row in rows if row.role == "municipal-health"]) == 1


def test_municipal_care_without_any_stay() -> None:
    story = given(care_started("2026-03-06T17:00", principal="2180"))
    assert story.care("2026-03-07T10:00") == {("municipal-health", TOWN)}


def test_the_care_contact_names_the_unit_of_open_care() -> None:
    story = given(ADMITTED, CONTACT, LEFT, contact("2026-03-10T10:00", "hsa:SE2321000198-VC2"))
    units = [
        [row.unit for row in story.rows(Responsibility, moment, "care") if row.role == "open-care"]
        for moment in ("2026-03-09T10:00", "2026-03-10T10:00")
    ]
    assert units == [["hsa:SE2321000198-VC1"], ["hsa:SE2321000198-VC2"]]


def test_a_case_that_is_closed_owes_nothing_more() -> None:
    story = given(*WHOLE[:13], closed("2026-03-08T10:00"))
    assert story.care("2026-03-08T10:00") == {("open-care", REGION), ("municipal-health", TOWN)}
    assert story.next_step("2026-03-08T10:00") == set()


def test_a_sip_made_ends_the_attending() -> None:
    story = given(*WHOLE, PATIENT_INFORMED, sip_made("2026-03-10T10:00"))
    assert story.next_step("2026-03-10T10:00") == set()


def test_missed_steps_stay_somebodys_until_they_are_done() -> None:
    story = given(ADMITTED, YES)
    (row,) = [r for r in story.rows(Responsibility, "2026-03-20T10:00", "next_step") if r.detail == "MH-01"]
    assert (row.party, row.state, row.unit) == (REGION, "current", WARD)


def test_care_abroad_is_care_by_the_organisation_that_says_so() -> None:
    story: list[Command] = [admitted("2026-03-02T10:00", principal=None, organisation="sor:440401000016009")]
    assert given(*story).care("2026-03-03T10:00") == {("inpatient", "sor:440401000016009")}
    assert given(*story).next_step("2026-03-03T10:00") == set()


def test_a_notice_that_came_never_is_missed_and_no_step_any_more() -> None:
    """LUS 3:1: before the discharge; what cannot be done is nobody's next step, and stays missed."""
    story = given(ADMITTED, YES, NOTIFIED, CONTACT, LEFT, PATIENT_INFORMED, INFORMED, FOLLOWED)
    assert story.duty("MH-17", "2026-03-20T10:00").state == "missed"
    assert story.next_step("2026-03-20T10:00") == set()
