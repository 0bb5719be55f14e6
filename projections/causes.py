"""Why patients wait: each cause of a wait, from when to when, and who could end it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.rows import Cause
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=Cause,
    table="causes",
    version=1,
    own=(Column("of", "uuid"),),
    state="CASE WHEN s.ended_at IS NULL THEN 'current' ELSE 'ended' END",
    value="{schema}.measured(s.started_at, coalesce(s.ended_at, moment), 'hours')",
    indexes=("(of)", "(municipality)", "(region)", "(unit) WHERE unit IS NOT NULL", "(party)", "(rule)"),
)


class CauseAnswer(Answer):
    """One cause of one wait."""

    cause: str
    of: UUID
    """The wait's row."""
    ended_at: datetime | None


def causes(connection: Connection[Any], schema: str, filters: Filters, now: datetime) -> list[CauseAnswer]:
    """Causes at ``now``, by wait and beginning; ``filters.rules`` are codes of causes."""
    return [
        in_order(
            CauseAnswer(
                **answer(Cause, line, value_unit="hours"),
                cause=line["rule"],
                of=line["of"],
                ended_at=line["ended_at"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, "r.of, r.started_at")
    ]
