"""MH-19: a follow-up within the agreed window after discharge (Fyrbodal 48-72 hours; no paragraph)."""

import pytest
from given import STATUTE_ONLY, given, instant
from ward import admitted, died, discharged, follow_up_planned, followed_up, judged, voided

IN_STAY = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"))
LEFT = discharged("2026-03-05T14:00")
MUCH_LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("made", "state"),
    [("2026-03-07T14:00", "done"), ("2026-03-08T14:00:00", "done"), ("2026-03-08T14:00:01", "late")],
)
def test_within_72_hours(made: str, state: str) -> None:
    duty = given(*IN_STAY, LEFT, followed_up(made)).duty("MH-19", MUCH_LATER)
    assert (duty.state, duty.due_at) == (state, instant("2026-03-08T14:00"))
    assert (duty.party, duty.role) == ("region:21", "open-care")


def test_not_made() -> None:
    story = given(*IN_STAY, LEFT)
    assert story.duties("MH-19", "2026-03-05T13:59") == []
    assert story.duty("MH-19", "2026-03-08T14:00:00").state == "due"
    assert story.duty("MH-19", "2026-03-08T14:00:01").state == "missed"


@pytest.mark.parametrize(
    ("left", "due"),
    [("2026-03-27T10:00", "2026-03-30T11:00"), ("2026-10-23T10:00", "2026-10-26T09:00")],
)
def test_hours_are_hours_also_when_the_clocks_change(left: str, due: str) -> None:
    story = given(*IN_STAY, discharged(left))
    assert story.duty("MH-19", left).due_at == instant(due)


def test_the_statute_sets_no_limit() -> None:
    assert given(*IN_STAY, LEFT, basis=STATUTE_ONLY).duty("MH-19", MUCH_LATER).state == "open"


def test_a_contact_before_the_discharge_is_no_follow_up() -> None:
    assert given(*IN_STAY, followed_up("2026-03-05T13:00"), LEFT).duty("MH-19", MUCH_LATER).state == "missed"


def test_a_plan_sets_its_own_limit_from_when_it_is_made() -> None:
    plan = follow_up_planned(
        "2026-03-06T09:00", "2026-03-12T12:00", role="municipal-health", municipality="2180"
    )
    story = given(*IN_STAY, LEFT, plan)
    before, after = story.duty("MH-19", "2026-03-06T08:59"), story.duty("MH-19", "2026-03-06T09:00")
    assert (before.due_at, before.party) == (instant("2026-03-08T14:00"), "region:21")
    assert (after.due_at, after.party, after.role) == (
        instant("2026-03-12T12:00"),
        "municipality:2180",
        "municipal-health",
    )
    assert before.id == after.id
    assert story.duty("MH-19", "2026-03-12T12:00:01").state == "missed"


def test_a_plan_made_before_the_discharge_counts_from_it() -> None:
    plan = follow_up_planned("2026-03-04T09:00", "2026-03-12T12:00")
    assert given(*IN_STAY, plan, LEFT).duty("MH-19", "2026-03-05T14:00").due_at == instant("2026-03-12T12:00")


def test_a_plan_gives_a_limit_where_nothing_is_agreed() -> None:
    plan = follow_up_planned("2026-03-04T09:00", "2026-03-12T12:00")
    story = given(*IN_STAY, plan, LEFT, basis=STATUTE_ONLY)
    assert story.duty("MH-19", "2026-03-12T12:00:01").state == "missed"


def test_the_last_plan_counts() -> None:
    first = follow_up_planned("2026-03-06T09:00", "2026-03-12T12:00")
    second = follow_up_planned("2026-03-07T09:00", "2026-03-10T12:00")
    story = given(*IN_STAY, LEFT, first, second, followed_up("2026-03-11T12:00"))
    assert story.duty("MH-19", MUCH_LATER).state == "late"


def test_a_plan_made_after_the_follow_up_changes_nothing() -> None:
    late = follow_up_planned("2026-03-09T09:00", "2026-03-12T12:00")
    story = given(*IN_STAY, LEFT, followed_up("2026-03-08T20:00"), late)
    assert story.duty("MH-19", MUCH_LATER).state == "late"


def test_nobody_is_followed_up_without_a_need_or_in_another_hospital() -> None:
    no_need = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00", "no"))
    assert given(*no_need, LEFT).duties("MH-19", MUCH_LATER) == []
    elsewhere = discharged("2026-03-05T14:00", "other-hospital")
    assert given(*IN_STAY, elsewhere).duties("MH-19", MUCH_LATER) == []


@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-06T08:00", "cancelled"), ("2026-03-09T08:00", "missed")]
)
def test_readmission_or_death_ends_it(time: str, state: str) -> None:
    again = given(*IN_STAY, LEFT, admitted(time))
    assert [duty.state for duty in again.duties("MH-19", MUCH_LATER)] == [state]
    assert given(*IN_STAY, LEFT, died(time)).duty("MH-19", MUCH_LATER).state == state


def test_the_follow_up_is_annulled() -> None:
    story = given(
        *IN_STAY, LEFT, followed_up("2026-03-07T14:00", message="call"), voided("2026-03-07T15:00", "call")
    )
    assert story.duty("MH-19", MUCH_LATER).state == "missed"
