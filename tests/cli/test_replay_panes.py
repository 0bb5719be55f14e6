"""What a replay's panes say at each step, against texts written by hand."""

import pytest
from given import JOURNEY, WARD, given, instant, said
from replays import ADMITTED, ASSESSED, HOME, LIMIT, NOTIFIED, PASSED, ROWS, replay

from cli.replay import Replay, Standing, standing, steps
from cli.replay_lines import Line, lay_out
from cli.replay_panes import Panes, moment, panes
from domain.facts.admission import LeaveStarted, PatientAdmitted
from domain.facts.correction import FactVoided


def texts(lines: tuple[Line, ...], width: int = 100) -> list[str]:
    return [laid.text for laid in lay_out(lines, width)]


def seen(number: int) -> Panes:
    return panes(replay(), number)


def marks(found: list[Standing]) -> set[tuple[str, str, str]]:
    return {(one.row.KIND, one.row.rule, one.sign) for one in found}


# -- what stands ---------------------------------------------------------------------------------------------------


def test_a_step_is_what_stands_with_signs_for_what_came() -> None:
    assert marks(standing(ROWS, ASSESSED, ADMITTED)) == {
        ("stay", "stay", ""),
        ("responsibility", "care", ""),
        ("responsibility", "next_step", "+"),
        ("obligation", "MH-01", "+"),
        ("wait", "W-01", ">"),
    }


def test_what_ended_is_told_in_that_step_and_not_after_it() -> None:
    assert marks(standing(ROWS, NOTIFIED, PASSED)) == {
        ("stay", "stay", ""),
        ("responsibility", "care", ""),
        ("responsibility", "next_step", "-"),
        ("responsibility", "care_contact", "+"),
        ("obligation", "MH-01", "!"),
        ("wait", "W-01", "<"),
        ("cause", "notice-not-sent", "-"),
    }
    assert marks(standing(ROWS, HOME, NOTIFIED)) == {
        ("stay", "stay", "-"),
        ("responsibility", "care", "-"),
        ("responsibility", "care_contact", ""),
        ("responsibility", "payment", "+"),
    }


def test_a_limit_that_passes_is_marked_once() -> None:
    (missed,) = [one for one in standing(ROWS, PASSED, LIMIT) if one.row.rule == "MH-01"]
    assert (missed.row.state, missed.sign) == ("missed", "!")
    (missed,) = [
        one for one in standing(ROWS, instant("2026-03-03T11:00"), PASSED) if one.row.rule == "MH-01"
    ]
    assert (missed.row.state, missed.sign) == ("missed", "")


def test_in_the_first_step_everything_came() -> None:
    assert marks(standing(ROWS, ADMITTED, None)) == {("stay", "stay", "+"), ("responsibility", "care", "+")}


# -- the panes -----------------------------------------------------------------------------------------------------


def test_admitted() -> None:
    told = seen(0)
    assert (told.number, told.of, told.moment) == (1, 5, "Mon 2026-03-02 10:00 +01:00")
    assert told.stays == f"+ inpatient at {WARD}"
    assert texts(told.facts) == [f"+ 2026-03-02 10:00  patient admitted  Region Gävleborg, inpatient, {WARD}"]
    assert texts(told.responsibility) == [
        "Region Gävleborg, inpatient",
        f"+ care  {WARD}, since 2026-03-02 10:00",
    ]
    assert texts(told.clocks) == []


def test_a_clock_runs_and_something_is_owed() -> None:
    told = seen(1)
    assert told.stays == f"inpatient at {WARD}"
    assert texts(told.responsibility) == [
        "Region Gävleborg, inpatient",
        f"  care       {WARD}, since 2026-03-02 10:00",
        "+ next step  Admission notice within 24 hours (MH-01)",
    ]
    assert texts(told.clocks) == [
        "Region Gävleborg, inpatient",
        "+ 22 h left   Admission notice within 24 hours (MH-01), by 2026-03-03 10:00",
        "> 2 h so far  Admission to admission notice (W-01), at most 24 h",
    ]


def test_time_alone_passes_a_limit_and_says_whose() -> None:
    told = seen(2)
    assert told.moment == "Tue 2026-03-03 10:00 +01:00"
    assert texts(told.facts)[-1] == "! 2026-03-03 10:00  MH-01 missed           Region Gävleborg, inpatient"
    assert texts(told.clocks) == [
        "Region Gävleborg, inpatient",
        "! missed now   Admission notice within 24 hours (MH-01), was due 2026-03-03 10:00",
        "  24 h so far  Admission to admission notice (W-01), at most 24 h",
        "+              because: notice not sent, Region Gävleborg, inpatient",
    ]


def test_done_late_stops_the_clock_and_another_notion_begins() -> None:
    told = seen(3)
    assert texts(told.responsibility) == [
        "Region Gävleborg, inpatient",
        f"  care          {WARD}, since 2026-03-02 10:00",
        "- next step     Admission notice within 24 hours (MH-01), done",
        "Region Gävleborg, open-care",
        "+ care contact  since 2026-03-03 12:30",
    ]
    assert texts(told.clocks) == [
        "Region Gävleborg, inpatient",
        "! done late      Admission notice within 24 hours (MH-01), was due 2026-03-03 10:00",
        "< 26.5 h, ended  Admission to admission notice (W-01)",
        "-                because: notice not sent, Region Gävleborg, inpatient",
    ]


def test_home_and_who_pays() -> None:
    told = seen(4)
    assert told.moment == "Wed 2026-03-04 13:00:05 +01:00"
    assert told.stays == f"- discharged at {WARD}"
    assert texts(told.facts) == [
        f"  2026-03-02 10:00     patient admitted       Region Gävleborg, inpatient, {WARD}",
        f"  2026-03-02 12:00     service need assessed  Region Gävleborg, inpatient, {WARD}",
        "  2026-03-03 10:00     MH-01 missed           Region Gävleborg, inpatient",
        f"  2026-03-03 12:30     admission notified     Region Gävleborg, inpatient, {WARD}",
        f"+ 2026-03-04 13:00:05  patient discharged     Region Gävleborg, inpatient, {WARD}",
    ]
    assert texts(told.responsibility) == [
        "Gävle, social-services",
        "+ payment       since 2026-03-04 13:00",
        "Region Gävleborg, inpatient",
        "- care          ended (discharged)",
        "Region Gävleborg, open-care",
        "  care contact  since 2026-03-03 12:30",
    ]
    assert texts(told.clocks) == []


def test_without_units_a_fact_names_whoever_acted() -> None:
    (line,) = panes(replay(), 0, units=False).facts
    assert line.columns[-1] == "Region Gävleborg, inpatient"


def test_what_was_voided_is_marked() -> None:
    story = given(
        said("2026-03-02T10:00", PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180")),
        said("2026-03-03T00:00", LeaveStarted(), message="leave", precision="day"),
        said("2026-03-03T18:00", FactVoided(target_message="leave")),
    )
    rows = story.all_rows()
    made = Replay(JOURNEY, list(steps(story.history, rows, instant("2026-03-03T20:00"))), rows)
    number = next(n for n, step in enumerate(made.steps) if step.time == instant("2026-03-03T00:00"))
    line = panes(made, number).facts[-1]
    assert (line.sign, line.columns[:2]) == ("-", ("2026-03-03", "leave started (voided)"))


@pytest.mark.parametrize(
    ("instant_", "told"),
    [
        ("2026-03-29T01:59:00+01:00", "Sun 2026-03-29 01:59 +01:00"),
        ("2026-03-29T03:00:07+02:00", "Sun 2026-03-29 03:00:07 +02:00"),
        ("2026-10-25T02:30:00+02:00", "Sun 2026-10-25 02:30 +02:00"),
        ("2026-10-25T02:30:00+01:00", "Sun 2026-10-25 02:30 +01:00"),
    ],
)
def test_the_moment_tells_the_two_half_past_twos_of_autumn_apart(instant_: str, told: str) -> None:
    assert moment(instant(instant_)) == told


# -- fitted to a width ---------------------------------------------------------------------------------------------


def test_the_last_column_folds_under_itself() -> None:
    lines = [
        Line("", ("Gävle",), "heading"),
        Line("+", ("next step", "Receivers plan for discharge"), "new"),
        Line("", ("care", "since Monday")),
    ]
    assert [laid.text for laid in lay_out(lines, 30)] == [
        "Gävle",
        "+ next step  Receivers plan",
        "             for discharge",
        "  care       since Monday",
    ]


def test_where_it_is_very_narrow_there_are_no_columns() -> None:
    laid = lay_out([Line("+", ("next step", "Receivers plan for discharge"))], 20)
    assert [one.text for one in laid] == ["+ next step", "  Receivers plan for", "  discharge"]
    assert all(one.changed for one in laid)
