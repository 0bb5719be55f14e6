"""MH-22, LUS 4:1 second paragraph: in compulsory open care a *samordnad vårdplan* takes the place of the SIP."""

import pytest
from given import WARD, given, instant
from units import care_plan, compulsory
from ward import (
    NURSING,
    admitted,
    amended,
    closed,
    died,
    discharged,
    notified,
    ready,
    sip_needed,
    told_ready,
    voided,
)

ADMITTED = admitted("2026-03-02T10:00", care_form="psychiatric", compulsion="LPT")
DECIDED = compulsory("2026-03-05T10:00", NURSING)
LATER = "2026-03-20T10:00"


def test_no_such_care_is_decided() -> None:
    story = given(ADMITTED, ready("2026-03-05T10:00"), discharged("2026-03-06T10:00"))
    assert story.duties("MH-22", LATER) == []


def test_from_the_decision_on_without_a_limit() -> None:
    story = given(ADMITTED, DECIDED)
    assert story.duties("MH-22", "2026-03-05T09:59") == []
    duty = story.duty("MH-22", LATER)
    assert (duty.state, duty.due_at, duty.severity) == ("open", None, "legal")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "inpatient", WARD)


def test_from_the_discharge_where_the_decision_was_not_told() -> None:
    story = given(ADMITTED, discharged("2026-03-06T10:00", "compulsory-open-care"))
    assert story.duty("MH-22", LATER).valid_from == instant("2026-03-06T10:00")


def test_from_the_first_of_the_two() -> None:
    story = given(ADMITTED, DECIDED, discharged("2026-03-06T10:00", "compulsory-open-care"))
    assert story.duty("MH-22", LATER).valid_from == instant("2026-03-05T10:00")


@pytest.mark.parametrize(
    ("made", "ended"),
    [
        ("2026-03-04T10:00", "2026-03-05T10:00"),  # already before the decision
        ("2026-03-05T10:00", "2026-03-05T10:00"),
        ("2026-04-20T10:00", "2026-04-20T10:00"),  # never late
    ],
)
def test_the_plan_is_established(made: str, ended: str) -> None:
    duty = given(ADMITTED, DECIDED, care_plan(made)).duty("MH-22", "2026-05-01T10:00")
    assert (duty.state, duty.ended_at) == ("done", instant(ended))


def test_the_sip_and_its_call_are_asked_for_no_more() -> None:
    """MH-10 ends, or never begins; a notice there was by the decision itself (LUS 3:1 st. 2)."""
    needed = sip_needed("2026-03-02T15:00")
    told = (ready("2026-03-04T10:00"), told_ready("2026-03-04T10:00", NURSING))
    before = given(ADMITTED, needed, *told, DECIDED).duty("MH-10", LATER)
    assert (before.state, before.outcome, before.ended_at) == (
        "cancelled",
        "not-needed",
        instant("2026-03-05T10:00"),
    )
    assert given(ADMITTED, needed, DECIDED).duties("MH-10", LATER) == []


def test_the_decision_counts_as_the_discharge_ready_notice() -> None:
    """LUS 3:1 second paragraph: MH-17 misses nothing, and the judgement has been told (MH-09)."""
    told = notified("2026-03-02T12:00", NURSING)
    story = given(ADMITTED, told, ready("2026-03-05T09:30"), DECIDED, discharged("2026-03-06T10:00"))
    assert story.duties("MH-17", LATER) == []
    assert story.duty("MH-09", LATER).ended_at == instant("2026-03-05T10:00")
    without = given(ADMITTED, told, discharged("2026-03-06T10:00", "compulsory-open-care"))
    assert without.duty("MH-17", LATER).state == "missed"


def test_who_was_told_of_the_decision_is_to_have_the_discharge_information() -> None:
    """LUS 3:2 (MH-12)."""
    story = given(ADMITTED, DECIDED, discharged("2026-03-06T10:00", "compulsory-open-care"))
    assert story.duty("MH-12", LATER).due_at == instant("2026-03-06T23:59:59.999999")


def test_readmission_death_or_closing_ends_it() -> None:
    home = (ADMITTED, DECIDED, discharged("2026-03-06T10:00", "compulsory-open-care"))
    again = given(*home, admitted("2026-03-08T10:00")).duty("MH-22", LATER)
    assert (again.state, again.outcome) == ("cancelled", "readmitted")
    for end in (died, closed):
        assert given(*home, end("2026-03-08T10:00")).duty("MH-22", LATER).state == "cancelled"


def test_an_annulled_decision_asks_for_no_plan() -> None:
    decided = compulsory("2026-03-05T10:00", NURSING, message="decision")
    story = given(ADMITTED, decided, voided("2026-03-05T11:00", "decision"))
    assert story.duties("MH-22", LATER) == []


def test_the_time_of_the_decision_is_corrected_over_the_night_summer_time_begins() -> None:
    decided = compulsory("2026-03-28T23:30", NURSING, message="decision")
    right = compulsory("2026-03-29T03:30", NURSING)
    story = given(ADMITTED, decided, amended("2026-03-30T09:00", "decision", right))
    assert story.duty("MH-22", "2026-04-20T10:00").valid_from == instant("2026-03-29T03:30+02:00")
