"""Which register of organisations holds, and which units the rows name: how often, since when, and told by whom."""

from datetime import datetime
from typing import Any, LiteralString, TypedDict

from psycopg import Connection, sql

from domain.organisations import KEY, Organisations, adopted_at, read_adopted
from projections.query import select

_NAMING: tuple[LiteralString, ...] = ("stays", "responsibility", "handoffs", "waits", "findings")
"""The tables whose rows name units, besides the timeline."""


class Seen(TypedDict):
    """One unit or organisation as rows name it. Times are aware."""

    id: str
    journeys: int
    facts: int
    """Facts of its own, and those with which a row began to name it."""
    sources: list[str]
    """The systems that told those facts."""
    first_seen: datetime
    """When the first of them happened."""
    last_seen: datetime


def organisations_in(connection: Connection[Any], *, known_at: datetime | None = None) -> Organisations:
    """The register that was adopted last, as the journal has it; with ``known_at`` (UTC), of those recorded by then."""
    raw = adopted_in(connection, known_at=known_at)
    return Organisations() if raw is None else read_adopted(raw)


def adopted_in(connection: Connection[Any], *, known_at: datetime | None = None) -> bytes | None:
    """The event that adopted it, unread: a register may be large, and not every answer names a unit."""
    before: int | None = None
    while True:
        row = connection.execute(
            "SELECT kafka_offset, raw FROM journal.reference WHERE key = %(key)s"
            " AND (%(before)s::bigint IS NULL OR kafka_offset < %(before)s) ORDER BY kafka_offset DESC LIMIT 1",
            {"key": KEY, "before": before},
        ).fetchone()
        if row is None:
            return None
        before, raw = int(row[0]), bytes(row[1])
        at = adopted_at(raw)
        if at is not None and (known_at is None or at <= known_at):
            return raw


def seen(
    connection: Connection[Any], schema: str, now: datetime, *, known_at: datetime | None = None
) -> list[Seen]:
    """Every unit and organisation that rows name and that had been named by ``now``, by id.

    A party counts where it is named as an organisation and not as a region or municipality. ``known_at`` (UTC) is that
    of the rows in ``schema``.
    """
    # A fact's id is read off its bytes, where it stands before anything that somebody else wrote: a pattern would take
    # fifty times as long.
    statement = sql.SQL(
        """
        WITH fact AS MATERIALIZED (
            SELECT source_system AS source,
                encode(substring(raw FROM position('"id":"'::bytea IN raw) + 6 FOR 64), 'escape') AS id
            FROM journal.fact WHERE %(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s
        ), named AS MATERIALIZED ({named})
        SELECT n.name AS id, count(DISTINCT n.journey) AS journeys, count(DISTINCT n.fact) AS facts,
            coalesce(array_agg(DISTINCT f.source) FILTER (WHERE f.source IS NOT NULL), '{{}}') AS sources,
            min(n.at) AS first_seen, max(n.at) AS last_seen
        FROM named n LEFT JOIN fact f ON f.id = n.fact
        GROUP BY n.name ORDER BY n.name COLLATE "C"
        """
    ).format(
        named=sql.SQL(" UNION ").join([_acting(schema), *(_named(schema, table) for table in _NAMING)]),
    )
    return select(connection, statement, {"now": now, "known_at": known_at})  # type: ignore[return-value]


def _acting(schema: str) -> sql.Composed:
    """Who acted, by the facts' own words."""
    return _calling(sql.SQL("r"), sql.SQL("{} r").format(sql.Identifier(schema, "timeline")))


def _named(schema: str, table: LiteralString) -> sql.Composed:
    """Who is named by the table's rows, from when on, and the facts of that moment, which made it so."""
    rows = sql.SQL("{} r LEFT JOIN {} t ON t.journey = r.journey AND t.valid_from = r.valid_from").format(
        sql.Identifier(schema, table), sql.Identifier(schema, "timeline")
    )
    return _calling(sql.SQL("t"), rows)


def _calling(facts: sql.SQL, rows: sql.Composed) -> sql.Composed:
    return sql.SQL(
        "SELECT called.name, r.journey, {}.opened_by[1] AS fact, r.valid_from AS at FROM {}"
        " CROSS JOIN LATERAL (VALUES (r.unit), (r.organisation), (r.party)) called (name)"
        " WHERE r.valid_from <= %(now)s AND called.name ~ '^(hsa|sor|orgnr|local):'"
    ).format(facts, rows)
