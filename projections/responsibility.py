"""Who is responsible: whose care it is, and who owes the next step (HSL 12, 14, 16; LUS)."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import Responsibility
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=Responsibility,
    table="responsibility",
    version=1,
    own=(Column("due_at", "timestamptz"), Column("detail", "text")),
    state="CASE WHEN s.ended_at IS NULL THEN 'current' ELSE 'ended' END",
    indexes=(
        "(municipality)",
        "(region)",
        "(unit) WHERE unit IS NOT NULL",
        "(organisation) WHERE organisation IS NOT NULL",
        "(party)",
        "(started_at) WHERE ended_at IS NULL AND valid_to IS NULL",
    ),
)


class ResponsibilityAnswer(Answer):
    """One stretch of responsibility."""

    notion: str
    """``care`` or ``next_step``."""
    due_at: datetime | None
    """For a next step: by when."""
    ended_at: datetime | None
    rule: str | None
    """For a next step: the rule that says so."""


def responsible(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[ResponsibilityAnswer]:
    """Responsibilities at ``now``, by journey; ``filters.rules`` are notions, ``states`` current or ended."""
    order = "r.journey, r.rule, r.due_at NULLS LAST, r.started_at"
    return [
        in_order(
            ResponsibilityAnswer(
                **answer(Responsibility, line, rule=line["detail"]),
                notion=line["rule"],
                due_at=line["due_at"],
                ended_at=line["ended_at"],
                rule=line["detail"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, order)
    ]
