"""What all projections share: the list of them, their schema, and writing, loading and comparing rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from domain.discovery import modules_of
from domain.rows import Row
from projections import guard
from projections.table import FUNCTIONS, Projection, digest

SCHEMA = "shown"
"""Where the live rows are; a rebuild writes beside it."""
TEMPORARY = "pg_temp"
"""What one session makes for itself alone, gone when it ends (PostgreSQL's own name for it)."""
_CREATE_LOCK = 0x73686F77
"""Any number will do, as long as nobody else takes the same lock."""

Key = tuple[UUID, datetime]


@cache
def all_projections() -> tuple[Projection, ...]:
    """The folder is the list: each module here that offers a PROJECTION, by name."""
    return tuple(m.PROJECTION for m in modules_of("projections") if hasattr(m, "PROJECTION"))


@cache
def _by_kind() -> dict[type[Row], Projection]:
    return {projection.kind: projection for projection in all_projections()}


# -- the schema ----------------------------------------------------------------------------------------------------


def create_schema(connection: Connection[Any], schema: str = SCHEMA, *, indexes: bool = True) -> None:
    """Make the schema with every table that is missing, in the caller's transaction.

    A table added to a schema that held others is empty until a rebuild: ``stale`` names it. Without ``indexes``
    call ``create_indexes`` when the rows are in.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATE_LOCK,))
    new = not _exists(connection, schema)
    if new:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL(FUNCTIONS).format(schema=sql.Identifier(schema)))
        connection.execute(
            sql.SQL("CREATE TABLE {} (name text PRIMARY KEY, version int4 NOT NULL)").format(
                _versions(schema)
            )
        )
        connection.execute(guard.of_schema(schema))
    known = _known(connection, schema)
    for projection in all_projections():
        if projection.table not in known:
            connection.execute(projection.create(schema))
            if indexes:
                connection.execute(projection.index(schema))
            connection.execute(
                sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(_versions(schema)),
                (projection.table, projection.version if new else 0),
            )


def create_temporary(connection: Connection[Any]) -> None:
    """Every table in this session's own schema, without indexes; the same questions are then asked of ``TEMPORARY``.

    Whoever may read needs only the right to temporary tables besides.
    """
    made = [projection.create(TEMPORARY, guarded=False) for projection in all_projections()]
    functions = sql.SQL(FUNCTIONS).format(schema=sql.Identifier(TEMPORARY))
    connection.execute(sql.SQL("\n").join([functions, *made]))


def create_indexes(connection: Connection[Any], schema: str) -> None:
    """Primary keys and indexes of a schema made without them."""
    for projection in all_projections():
        connection.execute(projection.index(schema))


def stale(connection: Connection[Any], schema: str = SCHEMA) -> list[str]:
    """The tables that are missing, or hold what another version made: what is shown must be rebuilt."""
    known = _known(connection, schema) if _exists(connection, schema) else {}
    return [p.table for p in all_projections() if known.get(p.table) != p.version]


def _exists(connection: Connection[Any], schema: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{schema}.projection",)).fetchone()
    return bool(found and found[0])


def _known(connection: Connection[Any], schema: str) -> dict[str, int]:
    return dict(
        connection.execute(sql.SQL("SELECT name, version FROM {}").format(_versions(schema))).fetchall()
    )


def _versions(schema: str) -> sql.Identifier:
    return sql.Identifier(schema, "projection")


# -- rows ----------------------------------------------------------------------------------------------------------


def write(
    connection: Connection[Any],
    schema: str,
    journey_rows: Mapping[UUID, Sequence[Row]],
    partition_of: Mapping[UUID, int],
) -> int:
    """Make the tables say exactly these rows of these journeys; what is there already is left alone.

    At most three statements a table, whatever the number of journeys, in the caller's transaction. Returns how
    many rows changed: written, replaced or taken away.
    """
    journeys = list(journey_rows)
    grouped = _grouped(row for rows in journey_rows.values() for row in rows)
    return sum(
        _write_table(connection, schema, projection, journeys, grouped[projection.kind], partition_of)
        for projection in all_projections()
    )


def copy_rows(
    connection: Connection[Any], schema: str, rows: Iterable[Row], partition_of: Mapping[UUID, int]
) -> int:
    """Load rows into tables that do not hold them yet; returns how many."""
    count = 0
    for kind, of_kind in _grouped(rows).items():
        projection = _by_kind()[kind]
        _copy(
            connection,
            schema,
            projection,
            # One at a time: all of them at once would be a copy of the page.
            (projection.values(row, partition_of[row.journey]) for row in of_kind),
        )
        count += len(of_kind)
    return count


def _grouped(rows: Iterable[Row]) -> defaultdict[type[Row], list[Row]]:
    grouped: defaultdict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row)
    return grouped


def _write_table(
    connection: Connection[Any],
    schema: str,
    projection: Projection,
    journeys: list[UUID],
    rows: list[Row],
    partition_of: Mapping[UUID, int],
) -> int:
    table = sql.Identifier(schema, projection.table)
    shown = connection.execute(
        sql.SQL("SELECT id, valid_from, digest FROM {} WHERE journey = ANY(%s)").format(table),
        (journeys,),
        binary=True,
    )
    there: dict[Key, bytes] = {(id_, valid_from): stored for id_, valid_from, stored in shown}
    wanted = {(row.id, row.valid_from): projection.values(row, partition_of[row.journey]) for row in rows}
    gone = [key for key, stored in there.items() if key not in wanted or wanted[key][-1] != stored]
    new = [key for key, values in wanted.items() if there.get(key) != values[-1]]
    if gone:
        connection.execute(
            sql.SQL(
                "DELETE FROM {} t USING unnest(%s::uuid[], %s::timestamptz[]) AS gone (id, valid_from)"
                " WHERE t.id = gone.id AND t.valid_from = gone.valid_from"
            ).format(table),
            ([id_ for id_, _ in gone], [valid_from for _, valid_from in gone]),
        )
    if new:
        _copy(connection, schema, projection, [wanted[key] for key in new])
    return len({*gone, *new})


def _copy(
    connection: Connection[Any], schema: str, projection: Projection, lines: Iterable[tuple[Any, ...]]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(schema, projection.table), sql.SQL(", ").join(map(sql.Identifier, projection.columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(projection.wire_types)
        for line in lines:
            copy.write_row(line)


# -- verifying -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """Where what is shown is not what follows from the facts."""

    table: str
    journey: UUID
    id: UUID
    valid_from: datetime
    columns: tuple[str, ...]
    """What differs; ``("missing",)`` for a row that should be shown, ``("unexpected",)`` for one that should not."""


def compare(
    connection: Connection[Any], schema: str, journey_rows: Mapping[UUID, Sequence[Row]]
) -> list[Difference]:
    """Every difference between these rows and the tables' own values, of these journeys."""
    grouped = _grouped(row for rows in journey_rows.values() for row in rows)
    found: list[Difference] = []
    for projection in all_projections():
        found += _compare_table(connection, schema, projection, list(journey_rows), grouped[projection.kind])
    return sorted(found, key=lambda d: (d.table, d.journey, d.id, d.valid_from))


def _compare_table(
    connection: Connection[Any], schema: str, projection: Projection, journeys: list[UUID], rows: list[Row]
) -> Iterator[Difference]:
    names = [*(column.name for column in projection.shown_columns), "digest"]
    shown = connection.execute(
        sql.SQL("SELECT {} FROM {} WHERE journey = ANY(%s)").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(schema, projection.table)
        ),
        (journeys,),
        binary=True,
    )
    # The digest is compared too: a wrong one would keep a later change from being written.
    where = names.index("id"), names.index("valid_from"), names.index("journey")
    there = {(line[where[0]], line[where[1]]): line for line in shown}
    wanted = {(row.id, row.valid_from): _line(projection, row) for row in rows}
    for key in there.keys() | wanted.keys():
        one, other = there.get(key), wanted.get(key)
        if one is None or other is None:
            line, how = (one, "unexpected") if one is not None else (other, "missing")
            assert line is not None
            yield Difference(projection.table, line[where[2]], key[0], key[1], (how,))
        elif one != other:
            columns = (name for name, a, b in zip(names, one, other, strict=True) if a != b)
            yield Difference(projection.table, other[where[2]], key[0], key[1], tuple(columns))


def _line(projection: Projection, row: Row) -> tuple[Any, ...]:
    said = projection.said(row)
    return (*said, digest(said))
