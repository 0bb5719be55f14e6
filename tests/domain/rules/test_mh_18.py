"""MH-18: municipal care that was promised starts as planned (a local limit; the statute has none)."""

import pytest
from given import STATUTE_ONLY, given, instant
from ward import accepted, admitted, care_started, died, discharged, proposed

IN_STAY = (admitted("2026-03-02T10:00"), proposed("2026-03-03T09:00"))
YES = accepted("2026-03-03T12:00", start="2026-03-05T16:00")
LEFT = discharged("2026-03-05T14:00")
MUCH_LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("started", "state"),
    [
        ("2026-03-05T16:00", "done"),
        ("2026-03-06T16:00:00", "done"),  # the demo agreement's 24 hours from the planned start
        ("2026-03-06T16:00:01", "late"),
    ],
)
def test_started(started: str, state: str) -> None:
    duty = given(*IN_STAY, YES, LEFT, care_started(started)).duty("MH-18", MUCH_LATER)
    assert (duty.state, duty.due_at) == (state, instant("2026-03-06T16:00"))
    assert (duty.party, duty.role, duty.severity) == ("municipality:2180", "municipal-health", "local")


def test_not_started() -> None:
    story = given(*IN_STAY, YES, LEFT)
    assert story.duties("MH-18", "2026-03-05T13:59") == []
    assert story.duty("MH-18", "2026-03-06T16:00:00").state == "due"
    assert story.duty("MH-18", "2026-03-06T16:00:01").state == "missed"


def test_discharged_later_than_planned_the_discharge_counts() -> None:
    story = given(*IN_STAY, YES, discharged("2026-03-07T14:00"))
    assert story.duty("MH-18", MUCH_LATER).due_at == instant("2026-03-08T14:00")


def test_started_already_before_the_discharge() -> None:
    story = given(*IN_STAY, YES, care_started("2026-03-05T12:00"), LEFT)
    assert story.duty("MH-18", MUCH_LATER).state == "done"


def test_the_statute_sets_no_limit() -> None:
    assert given(*IN_STAY, YES, LEFT, basis=STATUTE_ONLY).duty("MH-18", MUCH_LATER).state == "open"


def test_the_last_promise_before_the_discharge_counts() -> None:
    again = accepted("2026-03-04T12:00", start="2026-03-09T08:00")
    assert given(*IN_STAY, YES, again, LEFT).duty("MH-18", MUCH_LATER).due_at == instant("2026-03-10T08:00")


def test_a_promise_after_the_discharge_is_none_of_this() -> None:
    late = accepted("2026-03-05T15:00", start="2026-03-06T16:00")
    assert given(*IN_STAY, LEFT, late).duties("MH-18", MUCH_LATER) == []


def test_two_laws_are_two_duties_of_one_municipality() -> None:
    story = given(
        *IN_STAY,
        accepted("2026-03-03T12:00", "home-nursing", start="2026-03-05T16:00"),
        accepted("2026-03-03T12:00", "home-help", start="2026-03-05T18:00"),
        LEFT,
        care_started("2026-03-05T16:00", "home-nursing"),
    )
    duties = story.duties("MH-18", MUCH_LATER)
    assert {(duty.role, duty.state) for duty in duties} == {
        ("municipal-health", "done"),
        ("social-services", "missed"),
    }
    assert len({duty.id for duty in duties}) == 2


def test_two_municipalities_each_keep_their_own_promise() -> None:
    story = given(
        *IN_STAY,
        YES,
        accepted("2026-03-03T12:00", start="2026-03-05T16:00", municipality="2181"),
        LEFT,
        care_started("2026-03-05T16:00", municipality="2181"),
    )
    assert {(duty.party, duty.state) for duty in story.duties("MH-18", MUCH_LATER)} == {
        ("municipality:2180", "missed"),
        ("municipality:2181", "done"),
    }


def test_a_municipality_that_is_not_named_is_the_patients_own() -> None:
    unnamed = accepted("2026-03-03T13:00", start="2026-03-05T16:00", municipality=None)
    story = given(*IN_STAY, YES, unnamed, LEFT)
    assert story.duty("MH-18", MUCH_LATER).party == "municipality:2180"


def test_readmission_or_death_ends_it() -> None:
    again = given(*IN_STAY, YES, LEFT, admitted("2026-03-06T08:00"))
    duty = again.duty("MH-18", MUCH_LATER)
    assert (duty.state, duty.outcome) == ("cancelled", "readmitted")
    assert given(*IN_STAY, YES, LEFT, died("2026-03-06T08:00")).duty("MH-18", MUCH_LATER).state == "cancelled"
