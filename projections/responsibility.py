"""Who is responsible: whose care it is, and who owes the next step (HSL 12, 14, 16; LUS)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.responsibility import NEXT_STEP
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
    """``care``, ``next_step``, ``payment``, ``care_contact`` or ``overall``."""
    due_at: datetime | None
    """For a next step: by when."""
    ended_at: datetime | None
    rule: str | None
    """For a next step: the rule that says so."""
    detail: str | None
    """For payment why it is not the municipality's; for specialised care the track."""


def responsible(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[ResponsibilityAnswer]:
    """Responsibilities at ``now``, by journey; ``filters.rules`` are notions, ``states`` current or ended."""
    order = "r.journey, r.rule, r.due_at NULLS LAST, r.started_at"
    return [
        in_order(
            ResponsibilityAnswer(
                **answer(Responsibility, line, rule=_rule(line)),
                notion=line["rule"],
                due_at=line["due_at"],
                ended_at=line["ended_at"],
                rule=_rule(line),
                detail=None if line["rule"] == NEXT_STEP else line["detail"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, order)
    ]


def _rule(line: Mapping[str, Any]) -> str | None:
    """The rule that a next step follows from; the other notions are rules of their own."""
    rule: str | None = line["detail"] if line["rule"] == NEXT_STEP else None
    return rule
