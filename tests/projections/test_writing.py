"""Rows are written where they differ, loaded in bulk, and compared with what follows from the facts."""

from typing import Any

import psycopg
from hand_rows import JOURNEY, OTHER, T0, hours, make
from hand_rows import rows as any_rows
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from domain.rows import Finding, Obligation, Row, Stay, Wait
from projections import base
from projections.base import Difference

PARTITIONS = {JOURNEY: 3, OTHER: 5}
Shown = psycopg.Connection[Any]


def write(connection: Shown, *rows: Row, journeys: tuple[Any, ...] = (JOURNEY,)) -> int:
    wanted = {journey: [row for row in rows if row.journey == journey] for journey in journeys}
    return base.write(connection, base.SCHEMA, wanted, PARTITIONS)


def stored(connection: Shown, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT rule, xmin::text, cmin::text FROM shown.{table} ORDER BY rule"
    ).fetchall()


def test_what_is_there_already_is_left_alone(shown: Shown) -> None:
    rows = [make(Wait, "W-01"), make(Wait, "W-02"), make(Obligation, "MH-01")]
    assert write(shown, *rows) == 3
    before = stored(shown, "waits")
    assert write(shown, *rows) == 0
    assert write(shown, replace(rows[0], ended_at=T0, closed_by=("x",)), *rows[1:]) == 1
    after = stored(shown, "waits")
    assert before[1] == after[1]
    assert before[0] != after[0]


def test_a_row_that_no_longer_follows_is_taken_away(shown: Shown) -> None:
    write(shown, make(Wait, "W-01"), make(Wait, "W-02"), make(Finding, "after-end"))
    assert write(shown, make(Wait, "W-02")) == 2
    assert [rule for rule, *_ in stored(shown, "waits")] == ["W-02"]
    assert stored(shown, "findings") == []


def test_versions_of_a_row_stand_beside_each_other(shown: Shown) -> None:
    first = make(Stay, "stay", valid_to=T0 + hours(1))
    second = replace(first, valid_from=T0 + hours(1), valid_to=None, phase="on_leave")
    assert write(shown, first, second) == 2
    assert write(shown, first, second) == 0
    # The second version begins later: one goes, one comes, and the first ends later.
    later = replace(second, valid_from=T0 + hours(2))
    assert write(shown, replace(first, valid_to=T0 + hours(2)), later) == 3


def test_other_journeys_are_not_touched(shown: Shown) -> None:
    theirs = make(Wait, "W-01", id=OTHER, journey=OTHER)
    write(shown, theirs, journeys=(OTHER,))
    assert write(shown, make(Wait, "W-02")) == 1
    assert write(shown) == 1
    assert [rule for rule, *_ in stored(shown, "waits")] == ["W-01"]


def test_an_agreed_limit_is_the_same_written_as_a_whole_number(shown: Shown) -> None:
    write(shown, make(Wait, "W-01", at_most=24))
    assert write(shown, make(Wait, "W-01", at_most=24.0)) == 0


def test_each_row_says_which_partition_it_came_by(shown: Shown) -> None:
    write(shown, make(Wait, "W-01"), make(Wait, "W-02", journey=OTHER), journeys=(JOURNEY, OTHER))
    assert shown.execute("SELECT rule, partition FROM shown.waits ORDER BY rule").fetchall() == [
        ("W-01", 3),
        ("W-02", 5),
    ]


@given(before=any_rows, after=any_rows)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_writing_ends_where_loading_does(shown: Shown, before: list[Row], after: list[Row]) -> None:
    """Whatever stood there, afterwards the tables say exactly the rows; a second time changes nothing."""
    wanted = {journey: [row for row in after if row.journey == journey] for journey in (JOURNEY, OTHER)}
    with shown.transaction(force_rollback=True):
        assert base.copy_rows(shown, base.SCHEMA, before, PARTITIONS) == len(before)
        base.write(shown, base.SCHEMA, wanted, PARTITIONS)
        assert base.compare(shown, base.SCHEMA, wanted) == []
        assert base.write(shown, base.SCHEMA, wanted, PARTITIONS) == 0


def test_comparing_names_what_differs(shown: Shown) -> None:
    kept, gone, extra = make(Wait, "W-01"), make(Wait, "W-02"), make(Finding, "after-end")
    write(shown, kept, extra)
    shown.execute("UPDATE shown.waits SET unit = 'hsa:X', outcome = 'done'")
    found = base.compare(shown, base.SCHEMA, {JOURNEY: [kept, gone]})
    assert found == sorted(
        [
            Difference("findings", JOURNEY, extra.id, T0, ("unexpected",)),
            Difference("waits", JOURNEY, kept.id, T0, ("outcome", "unit")),
            Difference("waits", JOURNEY, gone.id, T0, ("missing",)),
        ],
        key=lambda d: (d.table, d.journey, d.id, d.valid_from),
    )


def test_a_schema_is_made_once_and_says_its_versions(shown: Shown) -> None:
    base.create_schema(shown)
    assert base.stale(shown) == []
    assert base.stale(shown, "nowhere") == [p.table for p in base.all_projections()]
    shown.execute("UPDATE shown.projection SET version = 0 WHERE name = 'stays'")
    assert base.stale(shown) == ["stays"]


def test_a_table_that_comes_later_waits_for_a_rebuild(shown: Shown) -> None:
    shown.execute("DROP FUNCTION shown.stays_at, shown.stays_veiled; DROP TABLE shown.stays")
    shown.execute("DELETE FROM shown.projection WHERE name = 'stays'")
    base.create_schema(shown)
    assert base.stale(shown) == ["stays"]


def test_a_schema_built_aside_can_take_the_name(shown: Shown) -> None:
    """Tables first and indexes afterwards; the functions follow their tables to the new name."""
    write(shown, make(Wait, "W-01"))
    base.create_schema(shown, "aside", indexes=False)
    base.copy_rows(shown, "aside", [make(Wait, "W-02", ended_at=T0 + hours(1))], PARTITIONS)
    base.create_indexes(shown, "aside")
    shown.execute(
        "ALTER SCHEMA shown RENAME TO before; ALTER SCHEMA aside RENAME TO shown; DROP SCHEMA before CASCADE"
    )
    found = shown.execute("SELECT rule, value FROM shown.waits_at(%s)", (T0 + hours(2),)).fetchall()
    assert found == [("W-02", 1.0)]
    assert write(shown, make(Wait, "W-02")) == 1


def test_a_question_uses_the_indexes(shown: Shown) -> None:
    """The function is no wall: PostgreSQL sees through it."""
    shown.execute("SET enable_seqscan = off")
    plan = shown.execute(
        "EXPLAIN SELECT * FROM shown.waits_at(now()) r WHERE r.journey = ANY(%s)", ([JOURNEY],)
    ).fetchall()
    assert "waits_journey_idx" in str(plan)
