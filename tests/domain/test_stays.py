"""Stays: which facts belong to which, their states, leaves, and what late, doubled and annulled messages make of them."""

import pytest
from given import WARD, Story, given, instant, said
from ward import (
    admitted,
    amended,
    back,
    came_to_emergency,
    cancelled,
    contact,
    died,
    discharged,
    left_emergency,
    on_leave,
    transferred,
    voided,
)

from domain.command import Command
from domain.facts.admission import LeaveEnded, LeaveStarted
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitEnded
from domain.rows import Stay

OTHER = "hsa:SE2321000198-WARD2"
LATER = "2026-03-20T10:00"


def states(story: Story, now: str = LATER) -> list[tuple[str | None, str, str | None]]:
    """State, beginning and end of each stay, in order of beginning; times as given to ``instant``."""
    rows = sorted(story.rows(Stay, now), key=lambda row: (row.started_at is None, row.started_at))
    return [
        (
            row.state,
            "" if row.started_at is None else row.started_at.isoformat(),
            None if row.ended_at is None else row.ended_at.isoformat(),
        )
        for row in rows
    ]


def when(text: str) -> str:
    return instant(text).isoformat()


def test_admission_and_discharge() -> None:
    story = given(admitted("2026-03-02T10:00"), discharged("2026-03-05T14:00"))
    assert story.rows(Stay, "2026-03-02T09:59") == []
    stay = story.stay("2026-03-05T13:59")
    assert (stay.state, stay.unit, stay.municipality, stay.region, stay.ended_at) == (
        "inpatient",
        WARD,
        "2180",
        "21",
        None,
    )
    assert states(story) == [("discharged", when("2026-03-02T10:00"), when("2026-03-05T14:00"))]


@pytest.mark.parametrize(("end", "state"), [(died, "deceased"), (cancelled, "cancelled")])
def test_other_ends(end: object, state: str) -> None:
    assert callable(end)
    story = given(admitted("2026-03-02T10:00"), end("2026-03-05T14:00"))
    assert states(story) == [(state, when("2026-03-02T10:00"), when("2026-03-05T14:00"))]


def test_emergency_then_inpatient_in_one_episode_is_one_stay() -> None:
    story = given(came_to_emergency("2026-03-02T06:00", stay="A"), admitted("2026-03-02T10:00", stay="A"))
    assert story.stay("2026-03-02T09:59").state == "outpatient"
    stay = story.stay("2026-03-02T10:00")
    assert (stay.state, stay.started_at) == ("inpatient", instant("2026-03-02T06:00"))


def test_emergency_and_home() -> None:
    story = given(came_to_emergency("2026-03-02T06:00"), left_emergency("2026-03-02T09:00"))
    assert states(story) == [("discharged", when("2026-03-02T06:00"), when("2026-03-02T09:00"))]


def test_the_end_of_a_visit_that_became_an_admission_ends_nothing() -> None:
    story = given(
        came_to_emergency("2026-03-02T06:00", stay="A"),
        admitted("2026-03-02T10:00", stay="A"),
        left_emergency("2026-03-02T10:00", stay="A"),
    )
    assert story.stay(LATER).state == "inpatient"
    assert story.findings(LATER) == set()


def test_the_same_episode_with_a_new_unit_is_a_transfer() -> None:
    story = given(admitted("2026-03-02T10:00", stay="A"), admitted("2026-03-04T10:00", OTHER, stay="A"))
    stay = story.stay("2026-03-04T10:00")
    assert (stay.state, stay.unit, stay.started_at) == ("inpatient", OTHER, instant("2026-03-02T10:00"))
    assert story.stay("2026-03-04T09:59").unit == WARD


def test_a_transfer() -> None:
    story = given(admitted("2026-03-02T10:00"), transferred("2026-03-04T10:00", OTHER))
    assert (story.stay("2026-03-04T09:59").unit, story.stay("2026-03-04T10:00").unit) == (WARD, OTHER)


def test_leave_hours_grow_while_the_leave_runs() -> None:
    story = given(
        admitted("2026-03-02T10:00"),
        on_leave("2026-03-03T10:00"),
        back("2026-03-03T16:00"),
        on_leave("2026-03-04T10:00"),
    )
    assert [(story.stay(t).state, story.stay(t).value) for t in ("2026-03-03T12:00", "2026-03-03T17:00")] == [
        ("on_leave", 2.0),
        ("inpatient", 6.0),
    ]
    assert (story.stay("2026-03-04T11:30").state, story.stay("2026-03-04T11:30").value) == ("on_leave", 7.5)


@pytest.mark.parametrize(
    ("out", "home", "hours"),
    [
        ("2026-03-28T20:00", "2026-03-29T08:00", 11.0),  # the night has 23 hours
        ("2026-10-24T20:00", "2026-10-25T08:00", 13.0),  # the night has 25 hours
    ],
)
def test_leave_over_the_nights_when_the_clocks_change(out: str, home: str, hours: float) -> None:
    story = given(admitted("2026-03-02T10:00"), on_leave(out), back(home))
    assert story.stay("2026-12-01T10:00").value == hours


@pytest.mark.parametrize("end", [discharged, died])
def test_leave_ends_with_the_stay(end: object) -> None:
    assert callable(end)
    story = given(admitted("2026-03-02T10:00"), on_leave("2026-03-03T10:00"), end("2026-03-03T15:00"))
    assert story.stay(LATER).value == 5.0
    assert story.stay(LATER).leave_since is None


def test_the_end_of_a_leave_says_when_it_began() -> None:
    ended = said("2026-03-03T16:00", LeaveEnded(started_at=instant("2026-03-03T10:00")))
    story = given(admitted("2026-03-02T10:00"), ended)
    assert story.stay(LATER).value == 6.0
    assert story.findings(LATER) == {"leave-end-without-start"}


def test_a_leave_that_ended_twice_is_counted_once() -> None:
    ended = LeaveEnded(started_at=instant("2026-03-03T10:00"))
    story = given(
        admitted("2026-03-02T10:00"),
        on_leave("2026-03-03T10:00"),
        said("2026-03-03T16:00", ended),
        said("2026-03-03T17:00", ended),
    )
    assert story.stay(LATER).value == 6.0


def test_readmitted_the_same_day_is_a_stay_of_its_own() -> None:
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        discharged("2026-03-02T14:00", stay="A"),
        admitted("2026-03-02T18:00", stay="B"),
    )
    assert states(story) == [
        ("discharged", when("2026-03-02T10:00"), when("2026-03-02T14:00")),
        ("inpatient", when("2026-03-02T18:00"), None),
    ]


def test_another_episode_while_one_is_open() -> None:
    story = given(admitted("2026-03-02T10:00", stay="A"), admitted("2026-03-03T10:00", OTHER, stay="B"))
    assert [state for state, _, _ in states(story)] == ["inpatient", "inpatient"]
    assert story.findings(LATER) == {"two-open-stays"}


def test_a_fact_without_an_episode_goes_to_the_open_stay_else_to_the_last_ended() -> None:
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        transferred("2026-03-03T10:00", OTHER),  # to A, which is open
        discharged("2026-03-04T10:00"),  # to A
        contact("2026-03-05T10:00"),  # to A, which ended last
        admitted("2026-03-06T10:00", stay="B"),
        discharged("2026-03-07T10:00"),  # to B
    )
    assert states(story) == [
        ("discharged", when("2026-03-02T10:00"), when("2026-03-04T10:00")),
        ("discharged", when("2026-03-06T10:00"), when("2026-03-07T10:00")),
    ]
    assert story.findings(LATER) == set()


def test_a_late_message_of_an_ended_stay_stays_there() -> None:
    """It happened while A was open, so it is A's, though B is open when it arrives."""
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        discharged("2026-03-04T10:00", stay="A"),
        admitted("2026-03-06T10:00", stay="B"),
        transferred("2026-03-03T10:00", OTHER),
    )
    rows = {row.started_at: row.unit for row in story.rows(Stay, LATER)}
    assert rows == {instant("2026-03-02T10:00"): OTHER, instant("2026-03-06T10:00"): WARD}


@pytest.mark.parametrize(
    "late",
    [
        admitted("2026-03-06T10:00", OTHER, stay="A"),
        on_leave("2026-03-06T10:00", stay="A"),
        back("2026-03-06T10:00", stay="A"),
        transferred("2026-03-06T10:00", OTHER, stay="A"),
        came_to_emergency("2026-03-06T10:00", stay="A"),
        cancelled("2026-03-06T10:00", stay="A"),
    ],
)
@pytest.mark.parametrize(
    "end", [discharged("2026-03-04T10:00", stay="A"), died("2026-03-04T10:00", stay="A")]
)
def test_nothing_later_reopens_an_ended_stay(late: Command, end: Command) -> None:
    story = given(admitted("2026-03-02T10:00", stay="A"), end, late)
    before = given(admitted("2026-03-02T10:00", stay="A"), end)
    assert states(story) == states(before)
    assert "after-end" in story.findings(LATER)


@pytest.mark.parametrize("arrival", ["in order", "backwards"])
def test_only_the_annulment_of_the_end_undoes_it(arrival: str) -> None:
    said_all = [
        admitted("2026-03-02T10:00", stay="A"),
        discharged("2026-03-04T10:00", stay="A", message="out"),
        voided("2026-03-04T11:00", "out"),
    ]
    story = given(*(said_all if arrival == "in order" else reversed(said_all)))
    assert states(story) == [("inpatient", when("2026-03-02T10:00"), None)]


def test_an_annulled_death_undoes_it() -> None:
    story = given(
        admitted("2026-03-02T10:00"), died("2026-03-04T10:00", message="d"), voided("2026-03-04T12:00", "d")
    )
    assert story.stay(LATER).state == "inpatient"


def test_an_annulled_admission_is_a_cancelled_stay() -> None:
    story = given(admitted("2026-03-02T10:00", message="in", stay="A"), voided("2026-03-02T12:00", "in"))
    stay = story.stay(LATER)
    assert (stay.state, stay.started_at) == ("cancelled", instant("2026-03-02T10:00"))


def test_a_death_opens_no_annulled_stay_either() -> None:
    story = given(
        admitted("2026-03-02T10:00", message="in", stay="A"),
        voided("2026-03-02T12:00", "in"),
        died("2026-03-04T10:00", stay="A"),
    )
    assert states(story) == [("cancelled", "2026-03-02T09:00:00+00:00", None)]


def test_annulled_and_admitted_again() -> None:
    story = given(
        admitted("2026-03-02T10:00", message="in", stay="A"),
        voided("2026-03-02T12:00", "in"),
        admitted("2026-03-02T15:00", OTHER, stay="A"),
    )
    assert states(story) == [("inpatient", when("2026-03-02T15:00"), None)]
    # As of the time between, the stay was annulled, and nobody knew of the later beginning.
    between = story.stay("2026-03-02T14:00")
    assert (between.state, between.started_at) == ("cancelled", instant("2026-03-02T10:00"))


def test_the_time_of_admission_is_corrected() -> None:
    story = given(
        admitted("2026-03-02T10:00", message="in"),
        amended("2026-03-03T09:00", "in", admitted("2026-03-01T22:00", OTHER)),
    )
    stay = story.stay("2026-03-01T22:00")
    assert (stay.state, stay.unit, stay.started_at) == ("inpatient", OTHER, instant("2026-03-01T22:00"))


@pytest.mark.parametrize(
    ("fact", "state"),
    [
        (PatientDischarged(admitted_at=instant("2026-03-02T10:00")), "discharged"),
        (PatientDeceased(admitted_at=instant("2026-03-02T10:00")), "deceased"),
        (EmergencyVisitEnded(started_at=instant("2026-03-02T10:00")), "discharged"),
    ],
)
def test_an_end_that_tells_the_beginning(fact: object, state: str) -> None:
    assert isinstance(fact, PatientDischarged | PatientDeceased | EmergencyVisitEnded)
    story = given(said("2026-03-04T10:00", fact, stay="A"))
    assert states(story) == [(state, when("2026-03-02T10:00"), when("2026-03-04T10:00"))]


def test_an_end_without_any_beginning() -> None:
    story = given(discharged("2026-03-04T10:00", stay="A"))
    assert states(story) == [("discharged", "", when("2026-03-04T10:00"))]
    assert story.findings(LATER) == {"end-without-start"}


def test_a_leave_before_any_admission_is_known() -> None:
    leave = said("2026-03-03T10:00", LeaveStarted(), stay="A")
    story = given(leave, admitted("2026-03-04T10:00", stay="A"))
    assert story.stay("2026-03-03T12:00").started_at is None
    assert story.stay("2026-03-04T12:00").started_at == instant("2026-03-04T10:00")


def test_the_first_of_two_ends_counts() -> None:
    story = given(
        admitted("2026-03-02T10:00"), discharged("2026-03-05T10:00"), discharged("2026-03-04T10:00")
    )
    assert states(story) == [("discharged", when("2026-03-02T10:00"), when("2026-03-04T10:00"))]
    assert story.findings(LATER) == {"ended-twice"}


def test_the_same_end_told_twice_is_no_contradiction() -> None:
    story = given(
        admitted("2026-03-02T10:00"), discharged("2026-03-04T10:00"), discharged("2026-03-04T10:00")
    )
    assert story.findings(LATER) == set()


def test_death_ends_every_open_stay() -> None:
    story = given(
        admitted("2026-03-02T10:00", stay="A"),
        admitted("2026-03-03T10:00", OTHER, stay="B"),
        died("2026-03-04T10:00"),
    )
    assert [state for state, _, _ in states(story)] == ["deceased", "deceased"]


def test_death_at_home_ends_no_stay() -> None:
    story = given(admitted("2026-03-02T10:00"), discharged("2026-03-04T10:00"), died("2026-03-06T10:00"))
    assert states(story) == [("discharged", when("2026-03-02T10:00"), when("2026-03-04T10:00"))]


def test_one_death_told_of_two_stays_ends_both_whichever_was_told_first() -> None:
    """Dead on arrival at one hospital; the other tells the same death of a stay of its own."""
    first = said("2026-03-04T10:00", PatientDeceased(admitted_at=instant("2026-03-04T09:00")), stay="A")
    second = said("2026-03-04T10:00", PatientDeceased(admitted_at=instant("2026-03-04T09:30")), stay="B")
    for told in ((first, second), (second, first)):
        assert sorted(row.phase for row in given(*told).rows(Stay, LATER)) == ["deceased", "deceased"]
