"""The clock laid over rows by PostgreSQL says the same as ``domain.rows.at``."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hand_rows import JOURNEY, OTHER, T0, hours, instants, make
from hand_rows import rows as any_rows
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from domain.rows import KINDS, Cause, Figure, Obligation, Row, Stay, TimelineEntry, Wait, at
from projections import base

MICROSECOND = timedelta(microseconds=1)


def read_at(connection: psycopg.Connection[Any], now: datetime) -> list[Row]:
    """The rows as PostgreSQL shows them, as rows of the domain."""
    found: list[Row] = []
    for projection in base.all_projections():
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        cursor.execute(f"SELECT * FROM shown.{projection.table}_at(%s)", (now,))
        for line in cursor:
            for texts in {"opened_by", "closed_by", "lacks"} & set(line):
                line[texts] = tuple(line[texts])
            for length in {"leave_closed", "paused"} & set(line):
                line[length] = timedelta(microseconds=line[length])
            assert set(line) == set(projection.kind.__struct_fields__)
            found.append(projection.kind(**line))
    return found


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.KIND, row.id.int))


@given(rows=any_rows, now=instants)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_at_any_moment_are_the_same(
    shown: psycopg.Connection[Any], rows: list[Row], now: datetime
) -> None:
    """Also at the very moments the rows name."""
    with shown.transaction(force_rollback=True):
        base.copy_rows(shown, base.SCHEMA, rows, {JOURNEY: 0, OTHER: 1})
        named = {value for row in rows[:4] for value in (row.valid_from, row.valid_to, row.ended_at) if value}
        due = {row.due_at for row in rows if isinstance(row, Obligation) and row.due_at}
        for moment in (now, *named, *due):
            assert by_id(read_at(shown, moment)) == by_id(at(rows, moment))


OBLIGATIONS = [
    ({"due_at": T0 + hours(24)}, T0, "due"),
    ({"due_at": T0 + hours(24)}, T0 + hours(24), "due"),
    ({"due_at": T0 + hours(24)}, T0 + hours(24) + MICROSECOND, "missed"),
    ({}, T0 + hours(9999), "open"),
    ({"due_at": T0 + hours(24), "ended_at": T0 + hours(24), "outcome": "done"}, T0 + hours(30), "done"),
    ({"due_at": T0 + hours(24), "ended_at": T0 + hours(25), "outcome": "done"}, T0 + hours(30), "late"),
    ({"due_at": T0 + hours(24), "ended_at": T0 + hours(26), "outcome": "done"}, T0 + hours(25), "missed"),
    ({"due_at": T0 + hours(24), "ended_at": T0 + hours(25), "outcome": "stopped"}, T0 + hours(30), "missed"),
    (
        {"due_at": T0 + hours(24), "ended_at": T0 + hours(2), "outcome": "stopped"},
        T0 + hours(30),
        "cancelled",
    ),
    ({"due_at": T0 + hours(24), "ended_at": T0 + hours(2), "outcome": "stopped"}, T0 + hours(1), "due"),
    ({"ended_at": T0 + hours(2), "outcome": "done"}, T0 + hours(30), "done"),
]


@pytest.mark.parametrize(("given_", "now", "state"), OBLIGATIONS)
def test_a_handoff_is_due_done_late_missed_or_fallen_away(
    shown: psycopg.Connection[Any], given_: dict[str, Any], now: datetime, state: str
) -> None:
    base.copy_rows(shown, base.SCHEMA, [make(Obligation, "MH-01", **given_)], {JOURNEY: 0})
    assert [row.state for row in read_at(shown, now)] == [state]


SUMMER = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
WAITS = [
    ("hours", T0, T0 + timedelta(hours=1, minutes=30), 1.5),
    ("hours", T0, T0 + timedelta(microseconds=180_000), 0.0001),  # 0.00005 exactly: half up
    ("hours", T0, T0 + timedelta(microseconds=179_999), 0.0),
    ("hours", T0, T0 - timedelta(microseconds=180_000), -0.0001),  # away from zero
    ("minutes", T0, T0 + timedelta(seconds=90), 1.5),
    ("days", T0, T0 + hours(36), 1.5),
    # 01:30 to 04:30 on the clock, two hours in truth: summer time began.
    ("hours", SUMMER, SUMMER + hours(2), 2.0),
    # 23:30 on 1 March and 00:30 on the 2nd in Sweden; the same day in UTC.
    ("dates", datetime(2026, 3, 1, 22, 30, tzinfo=UTC), datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 1.0),
    # The same evening in Sweden's summer, two days in UTC.
    ("dates", datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 7, 2, 21, 30, tzinfo=UTC), 0.0),
    ("dates", datetime(2026, 3, 5, 12, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC), -2.0),
]


@pytest.mark.parametrize(("unit", "start", "now", "value"), WAITS)
def test_a_wait_is_measured_in_its_unit(
    shown: psycopg.Connection[Any], unit: str, start: datetime, now: datetime, value: float
) -> None:
    open_ = make(Wait, "open", valid_from=T0 - hours(9999), started_at=start, value_unit=unit)
    ended = replace(open_, id=make(Wait, "ended").id, ended_at=now, outcome="done")
    base.copy_rows(shown, base.SCHEMA, [open_, ended], {JOURNEY: 0})
    assert sorted((row.state, row.value) for row in read_at(shown, now)) == [
        ("ended", value),
        ("waiting", value),
    ]


PAUSES = [
    ({}, T0 + hours(10), 10.0),
    ({"paused": hours(4)}, T0 + hours(10), 6.0),
    ({"paused": hours(4), "paused_since": T0 + hours(8)}, T0 + hours(10), 4.0),
    ({"paused_since": T0 + hours(8)}, T0 + hours(8), 8.0),
    ({"paused_since": T0}, T0 + hours(10), 0.0),
    # Ended while paused: what it was when the clock stopped, long after, too.
    ({"paused": hours(1), "paused_since": T0 + hours(8), "ended_at": T0 + hours(9)}, T0 + hours(20), 7.0),
    # Ended after the pause.
    ({"paused": hours(1), "ended_at": T0 + hours(9)}, T0 + hours(20), 8.0),
    # Asked before the end: the pause runs, the end has not come.
    ({"paused_since": T0 + hours(2), "ended_at": T0 + hours(9)}, T0 + hours(5), 2.0),
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
@pytest.mark.parametrize(("given_", "now", "value"), PAUSES)
def test_paused_time_is_left_out(
    shown: psycopg.Connection[Any], given_: dict[str, Any], now: datetime, value: float, zone: str
) -> None:
    ended = {"outcome": "done"} if "ended_at" in given_ else {}
    wait = make(Wait, "W-18", **given_, **ended)
    base.copy_rows(shown, base.SCHEMA, [wait], {JOURNEY: 0})
    shown.execute(f"SET LOCAL TimeZone = '{zone}'")
    assert [row.value for row in read_at(shown, now)] == [value]
    assert [row.value for row in at([wait], now)] == [value]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_a_long_pause_over_the_night_when_summer_time_begins(
    shown: psycopg.Connection[Any], zone: str
) -> None:
    """Thirty times 24 hours of pause in 40 times 24 hours, whatever clock the reader lives by."""
    wait = make(Wait, "W-18", value_unit="days", paused=hours(20 * 24), paused_since=T0 + hours(30 * 24))
    base.copy_rows(shown, base.SCHEMA, [wait], {JOURNEY: 0})
    shown.execute(f"SET LOCAL TimeZone = '{zone}'")
    assert [row.value for row in read_at(shown, T0 + hours(40 * 24))] == [10.0]


def test_a_cause_lasts_until_it_ends_or_until_the_moment_asked(shown: psycopg.Connection[Any]) -> None:
    cause = make(Cause, "sip-not-called", of=OTHER, ended_at=T0 + hours(5), outcome="called")
    base.copy_rows(shown, base.SCHEMA, [cause], {JOURNEY: 0})
    moments = (T0 + hours(3), T0 + hours(5), T0 + hours(9))
    told = [(row.state, row.value, row.outcome) for moment in moments for row in read_at(shown, moment)]
    assert told == [("current", 3.0, None), ("ended", 5.0, "called"), ("ended", 5.0, "called")]


def test_a_figure_is_there_from_when_it_is_known(shown: psycopg.Connection[Any]) -> None:
    figure = make(
        Figure,
        "W-23",
        number=2.5,
        value_unit="days",
        valid_from=T0 + hours(9),
        ended_at=T0 + hours(9),
        outcome="complete",
    )
    base.copy_rows(shown, base.SCHEMA, [figure], {JOURNEY: 0})
    assert read_at(shown, T0 + hours(9) - MICROSECOND) == []
    assert [(row.state, row.value) for row in read_at(shown, T0 + hours(9))] == [("complete", 2.5)]


def test_leave_is_counted_up_to_the_moment_asked(shown: psycopg.Connection[Any]) -> None:
    stay = make(Stay, "stay", phase="on_leave", leave_closed=hours(5), leave_since=T0 - hours(2))
    base.copy_rows(shown, base.SCHEMA, [stay], {JOURNEY: 0})
    assert [(row.state, row.value) for row in read_at(shown, T0 + hours(1))] == [("on_leave", 8.0)]


def test_only_the_version_that_stood_then_is_shown(shown: psycopg.Connection[Any]) -> None:
    first = make(Stay, "stay", phase="inpatient", valid_to=T0 + hours(5), unit="hsa:A")
    second = replace(first, valid_from=T0 + hours(5), valid_to=None, phase="discharged", unit="hsa:B")
    base.copy_rows(shown, base.SCHEMA, [first, second], {JOURNEY: 0})
    moments = (T0 - MICROSECOND, T0, T0 + hours(5) - MICROSECOND, T0 + hours(5))
    units = [[row.unit for row in read_at(shown, moment)] for moment in moments]
    assert units == [[], ["hsa:A"], ["hsa:A"], ["hsa:B"]]


def test_a_later_ending_is_undone(shown: psycopg.Connection[Any]) -> None:
    wait = make(Wait, "W-01", ended_at=T0 + hours(4), outcome="done", closed_by=("end",))
    base.copy_rows(shown, base.SCHEMA, [wait], {JOURNEY: 0})
    (row,) = read_at(shown, T0 + hours(3))
    assert (row.ended_at, row.outcome, row.closed_by, row.value) == (None, None, (), 3.0)
    (row,) = read_at(shown, T0 + hours(4))
    assert (row.ended_at, row.outcome, row.closed_by, row.value) == (T0 + hours(4), "done", ("end",), 4.0)


def test_a_voided_fact_is_marked(shown: psycopg.Connection[Any]) -> None:
    entries = [make(TimelineEntry, "a", detail="voided"), make(TimelineEntry, "b")]
    base.copy_rows(shown, base.SCHEMA, entries, {JOURNEY: 0})
    states = {row.rule: row.state for row in read_at(shown, T0)}
    assert states == {"a": "voided", "b": "happened"}


def test_the_tables_hold_every_kind() -> None:
    """One projection for each kind of the closed set, each with a table of its own."""
    tables = [projection.table for projection in base.all_projections()]
    assert sorted(tables) == [
        "causes",
        "figures",
        "findings",
        "handoffs",
        "responsibility",
        "restrictions",
        "stays",
        "timeline",
        "waits",
    ]
    assert {projection.kind for projection in base.all_projections()} == set(KINDS)
