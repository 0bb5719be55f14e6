"""What happened, fact by fact, for reading: voided facts are marked, not hidden."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import TimelineEntry
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=TimelineEntry,
    table="timeline",
    version=3,
    own=(
        Column("regime", "text"),
        Column("detail", "text"),
        Column("source", "text"),
        Column("at_latest", "timestamptz"),
        Column("judged", "bool"),
        Column("lacks", "text[]"),
        Column("controller", "text"),
    ),
    state="coalesce(nullif(s.detail, ''), 'happened')",
)


class TimelineAnswer(Answer):
    """One fact of a journey."""

    fact: str
    """The kind of fact, by name."""
    regime: str


def timeline(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[TimelineAnswer]:
    """Facts that had happened by ``now``, in order."""
    return [
        in_order(TimelineAnswer(**answer(TimelineEntry, line), fact=line["rule"], regime=line["regime"]))
        for line in lines(connection, schema, PROJECTION, filters, now, "r.started_at")
    ]
