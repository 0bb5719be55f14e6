"""MH-20, LUS 5:2 and SoL 29:2-3: a notice goes to the municipality that answers for the patient."""

import pytest
from given import WARD, given, instant
from units import OTHER, OTHER_NURSING, OTHER_SOCIAL, astray, moved
from ward import NURSING, OPEN_CARE, admitted, amended, died, discharged, notified, told_ready

from domain.command import Command
from domain.facts._parts import Recipient

ADMITTED = admitted("2026-03-02T10:00")  # registered in 2180
SENT = "2026-03-02T12:00"
WRONG = notified(SENT, OPEN_CARE, OTHER_NURSING)
LATER = "2026-03-10T10:00"


def test_the_patients_own_municipality_or_none_named_is_right() -> None:
    unnamed = Recipient(role="social-services")
    assert given(ADMITTED, notified(SENT, NURSING, unnamed)).duties("MH-20", LATER) == []


def test_another_municipality_is_wrong_as_soon_as_it_is_sent() -> None:
    story = given(ADMITTED, WRONG)
    duty = story.duty("MH-20", SENT)
    assert (duty.state, duty.due_at, duty.detail) == ("due", instant(SENT), "admission-notified")
    assert (duty.party, duty.role, duty.unit, duty.severity) == ("region:21", "inpatient", WARD, "legal")
    assert story.duty("MH-20", "2026-03-02T12:00:00.000001").state == "missed"


def test_one_duty_for_one_municipality_and_notice() -> None:
    third = Recipient(role="social-services", municipality="0114")
    story = given(ADMITTED, notified(SENT, OTHER_NURSING, OTHER_SOCIAL, third))
    assert len(story.duties("MH-20", LATER)) == 2


@pytest.mark.parametrize(
    ("again", "state"),
    [(notified(SENT, NURSING), "done"), (notified("2026-03-02T12:00:01", NURSING), "late")],
)
def test_sent_to_the_right_one(again: Command, state: str) -> None:
    bad = notified(SENT, OTHER_NURSING, sequence=1)
    right = notified(again.time.isoformat(), NURSING, sequence=2)
    assert given(ADMITTED, bad, right).duty("MH-20", LATER).state == state


def test_only_a_notice_of_the_same_kind_mends_it() -> None:
    story = given(ADMITTED, WRONG, told_ready("2026-03-04T10:00", NURSING))
    assert story.duty("MH-20", LATER).state == "missed"
    wrong_ready = given(
        ADMITTED, told_ready("2026-03-04T10:00", OTHER_SOCIAL), told_ready("2026-03-04T11:00", NURSING)
    )
    duty = wrong_ready.duty("MH-20", LATER)
    assert (duty.state, duty.detail) == ("late", "discharge-ready-notified")


def test_a_right_notice_that_was_said_to_be_astray_mends_nothing() -> None:
    story = given(
        ADMITTED,
        WRONG,
        notified("2026-03-03T09:00", NURSING),
        astray("2026-03-03T10:00", "admission-notified", NURSING),
    )
    assert story.duty("MH-20", "2026-03-03T09:30").state == "late"
    assert story.duty("MH-20", "2026-03-03T10:00").state == "missed"


def test_moved_before_the_notice_both_the_new_and_the_admissions_own_are_right() -> None:
    """SoL 29:3: what was begun before may go on with the municipality of the admission."""
    story = given(
        ADMITTED, moved("2026-03-02T11:00", OTHER), notified(SENT, NURSING), notified(SENT, OTHER_NURSING)
    )
    assert story.duties("MH-20", LATER) == []
    third = Recipient(role="municipal-health", municipality="0114")
    duty = given(ADMITTED, moved("2026-03-02T11:00", OTHER), notified(SENT, third)).duty("MH-20", LATER)
    assert duty.state == "missed"


def test_moved_only_after_the_notice_it_was_wrong_then() -> None:
    story = given(ADMITTED, WRONG, moved("2026-03-03T10:00", OTHER))
    assert story.duty("MH-20", LATER).state == "missed"


def test_moved_afterwards_the_notice_was_right_and_the_new_municipality_must_be_told_to_mend_another() -> (
    None
):
    assert (
        given(ADMITTED, notified(SENT, NURSING), moved("2026-03-03T10:00", OTHER)).duties("MH-20", LATER)
        == []
    )
    third = Recipient(role="municipal-health", municipality="0114")
    story = given(
        ADMITTED,
        notified(SENT, third),
        moved("2026-03-03T10:00", OTHER),
        notified("2026-03-03T11:00", NURSING),
        notified("2026-03-03T12:00", OTHER_NURSING),
    )
    assert story.duty("MH-20", LATER).ended_at == instant("2026-03-03T12:00")


def test_the_municipality_that_placed_the_patient_elsewhere_is_right() -> None:
    """LUS 5:2, SoL 29:2: a placement that stood at the admission."""
    placed = moved("2026-01-15T10:00", OTHER, ground="placement")
    assert given(placed, ADMITTED, WRONG).duties("MH-20", LATER) == []
    over = moved("2026-02-15T10:00", "2180")
    assert given(placed, over, ADMITTED, WRONG).duty("MH-20", LATER).state == "missed"


def test_a_placement_after_the_stay_makes_a_notice_to_it_right_though_the_stay_keeps_its_own() -> None:
    home = (ADMITTED, discharged("2026-03-03T10:00"), moved("2026-03-04T10:00", OTHER, ground="placement"))
    assert given(*home, notified("2026-03-05T10:00", OTHER_NURSING)).duties("MH-20", LATER) == []


def test_a_later_notice_that_names_no_municipality_is_to_the_patients_own() -> None:
    unnamed = Recipient(role="social-services")
    assert given(ADMITTED, WRONG, notified("2026-03-03T09:00", unnamed)).duty("MH-20", LATER).state == "late"


def test_where_nobody_has_said_the_municipality_nothing_is_owed() -> None:
    assert given(admitted("2026-03-02T10:00", municipality=None), WRONG).duties("MH-20", LATER) == []


@pytest.mark.parametrize("end", [discharged, died])
def test_the_end_of_the_stay_ends_it(end: object) -> None:
    assert callable(end)
    duty = given(ADMITTED, WRONG, end("2026-03-04T10:00")).duty("MH-20", LATER)
    assert (duty.state, duty.ended_at) == ("missed", instant("2026-03-04T10:00"))


def test_the_recipient_is_corrected() -> None:
    wrong = notified(SENT, OTHER_NURSING, message="notice")
    story = given(ADMITTED, wrong, amended("2026-03-03T10:00", "notice", notified(SENT, NURSING)))
    assert story.duties("MH-20", LATER) == []
