"""Journeys as wholes: which are known, how far each has come, and which cannot be shown in full."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from psycopg import Connection, sql

from projections.query import PARKED, Filters, select, where


class JourneyAnswer(TypedDict):
    """One patient's journey."""

    journey: UUID
    state: str | None
    """Of the stay that began last."""
    unit: str | None
    municipality: str | None
    region: str | None
    facts: int
    """Facts that had happened, corrections and voided ones too."""
    missed: int
    """Handoffs missed or late."""
    started_at: datetime | None
    last_at: datetime | None
    last_fact: str | None
    incomplete_since: datetime | None
    incomplete_because: str | None


def journeys(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[JourneyAnswer]:
    """Journeys at ``now``, the one where something happened last first; ``filters.rules`` do not apply.

    A journey belongs to a unit, municipality or region that a stay or a responsibility of it names.
    """
    about = Filters(unit=filters.unit, municipality=filters.municipality, region=filters.region)
    condition, parameters = where(about)
    everywhere = about == Filters()
    statement = sql.SQL(
        """
        WITH happened AS (
            SELECT journey, count(*) AS facts, min(started_at) AS started_at, max(started_at) AS last_at,
                (array_agg(rule ORDER BY started_at DESC, id DESC))[1] AS last_fact
            FROM {timeline}(%(now)s) WHERE %(journeys)s::uuid[] IS NULL OR journey = ANY(%(journeys)s) GROUP BY journey
        ), stay AS (
            SELECT DISTINCT ON (journey) journey, state, unit, municipality, region FROM {stays}(%(now)s)
            ORDER BY journey, started_at DESC NULLS LAST, id
        ), owed AS (
            SELECT journey, count(*) AS missed FROM {handoffs}(%(now)s) WHERE state IN ('missed', 'late') GROUP BY journey
        )
        SELECT journey, state, unit, municipality, region, coalesce(facts, 0) AS facts, coalesce(missed, 0) AS missed,
            started_at, last_at, last_fact, p.since AS incomplete_since, p.reason AS incomplete_because
        FROM happened FULL JOIN (
            SELECT * FROM {parked} known WHERE %(journeys)s::uuid[] IS NULL OR journey = ANY(%(journeys)s)
        ) p USING (journey) LEFT JOIN stay USING (journey) LEFT JOIN owed USING (journey)
        WHERE (%(states)s::text[] IS NULL OR state = ANY(%(states)s)) AND (%(everywhere)s OR journey IN (
            SELECT r.journey FROM {stays}(%(now)s) r WHERE {condition}
            UNION SELECT r.journey FROM {responsibility}(%(now)s) r WHERE {condition}))
        ORDER BY last_at DESC NULLS LAST, journey
        """
    ).format(
        condition=condition,
        parked=sql.SQL(PARKED),
        **{
            name: sql.Identifier(schema, f"{name}_at")
            for name in ("timeline", "stays", "handoffs", "responsibility")
        },
    )
    given = {
        **parameters,
        "now": now,
        "known_at": filters.known_at,
        "everywhere": everywhere,
        "journeys": None if filters.journeys is None else list(filters.journeys),
        "states": None if filters.states is None else list(filters.states),
    }
    return [JourneyAnswer(**line) for line in select(connection, statement, given)]  # type: ignore[typeddict-item]


def find(connection: Connection[Any], first: UUID, last: UUID) -> list[UUID]:
    """Known journeys with ids from ``first`` to ``last``, in order, three at most; parked and linked ones, too."""
    statement = sql.SQL("SELECT journey FROM access.known(%(first)s, %(last)s) journey")
    return [line["journey"] for line in select(connection, statement, {"first": first, "last": last})]


def of_place(
    connection: Connection[Any], schema: str, *, municipality: str | None = None, region: str | None = None
) -> list[UUID]:
    """Journeys with anything in them, at any time, of this municipality or region (SCB codes)."""
    condition, parameters = where(Filters(municipality=municipality, region=region))
    each = [
        sql.SQL("SELECT r.journey FROM {} r WHERE {}").format(sql.Identifier(schema, table), condition)
        for table in ("stays", "handoffs", "waits", "responsibility")
    ]
    statement = sql.SQL("{} ORDER BY journey").format(sql.SQL(" UNION ").join(each))
    return [line["journey"] for line in select(connection, statement, parameters)]
