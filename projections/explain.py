"""Any row by its id, whatever its kind, and the versions it went through: what an explanation starts from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, sql

from projections.base import all_projections
from projections.query import PARKED, Filters, Line, select, where
from projections.table import Projection

_ORDER: LiteralString = "r.started_at NULLS LAST, r.valid_from, r.id"


def rows(
    connection: Connection[Any],
    schema: str,
    filters: Filters,
    now: datetime,
    *,
    ids: tuple[UUID, UUID] | None = None,
) -> list[tuple[Projection, Line]]:
    """Rows of every kind but the timeline as they stand at ``now``: of these filters, with ids from first to last."""
    condition, parameters = where(filters)
    found: list[tuple[Projection, Line]] = []
    for projection in all_projections():
        if projection.table == "timeline":
            continue
        statement = sql.SQL(
            "SELECT r.*, p.since AS incomplete_since FROM {}(%(now)s) r"
            " LEFT JOIN {} p ON p.journey = r.journey"
            " WHERE {} AND r.id BETWEEN %(first)s AND %(last)s ORDER BY {}"
        ).format(
            sql.Identifier(schema, f"{projection.table}_at"), sql.SQL(PARKED), condition, sql.SQL(_ORDER)
        )
        first, last = ids or (UUID(int=0), UUID(int=2**128 - 1))
        given = {**parameters, "now": now, "known_at": filters.known_at, "first": first, "last": last}
        found += [(projection, line) for line in select(connection, statement, given)]
    return found


def journeys_of(connection: Connection[Any], first: UUID, last: UUID) -> list[UUID]:
    """The journeys of rows with ids from first to last, at whatever moment they stand: two at most."""
    statement = sql.SQL("SELECT journey FROM access.of_rows(%(first)s, %(last)s) journey")
    return [line["journey"] for line in select(connection, statement, {"first": first, "last": last})]


def versions(
    connection: Connection[Any], schema: str, projection: Projection, id: UUID, now: datetime
) -> Sequence[Line]:
    """What the row said, from when until when, up to ``now``; the facts that each version rests on."""
    due = any(column.name == "due_at" for column in projection.own)
    statement = sql.SQL(
        "SELECT valid_from, valid_to, party, role, unit, {} AS due_at, opened_by FROM {}"
        " WHERE id = %(id)s AND valid_from <= %(now)s ORDER BY valid_from"
    ).format(sql.SQL("due_at" if due else "NULL::timestamptz"), sql.Identifier(schema, projection.table))
    return select(connection, statement, {"id": id, "now": now})
