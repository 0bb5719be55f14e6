"""The handoffs that are owed: due, open, done, late, missed or fallen away."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import Obligation
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=Obligation,
    table="handoffs",
    version=2,
    own=(Column("due_at", "timestamptz"), Column("severity", "text"), Column("detail", "text")),
    state=(
        "CASE WHEN s.ended_at IS NULL THEN CASE WHEN s.due_at IS NULL THEN 'open'"
        " WHEN moment > s.due_at THEN 'missed' ELSE 'due' END"
        " WHEN s.due_at IS NOT NULL AND s.ended_at > s.due_at THEN"
        " CASE WHEN s.outcome = 'done' THEN 'late' ELSE 'missed' END"
        " WHEN s.outcome = 'done' THEN 'done' ELSE 'cancelled' END"
    ),
    indexes=(
        "(municipality)",
        "(region)",
        "(unit) WHERE unit IS NOT NULL",
        "(party)",
        "(due_at) WHERE ended_at IS NULL AND valid_to IS NULL",
        "(due_at) WHERE ended_at > due_at",
    ),
)

MISSED = ("missed", "late")
"""Never done in time: not done although due, fallen away after that, or done too late."""


class HandoffAnswer(Answer):
    """One thing that somebody owes, or owed."""

    rule: str
    due_at: datetime | None
    """The last moment that is in time; none where nothing sets a limit."""
    done_at: datetime | None
    """When it was done, in time or late."""
    ended_at: datetime | None
    """When it was done or fell away."""
    severity: str
    detail: str | None
    """What about it, where one rule has several: a missing condition, a kind of notice."""


def handoffs(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[HandoffAnswer]:
    """Handoffs at ``now``, in order of when they are due, those without a limit last."""
    return [
        in_order(
            HandoffAnswer(
                **answer(Obligation, line),
                rule=line["rule"],
                due_at=line["due_at"],
                done_at=line["ended_at"] if line["outcome"] == "done" else None,
                ended_at=line["ended_at"],
                severity=line["severity"],
                detail=line["detail"],
            )
        )
        for line in lines(
            connection, schema, PROJECTION, filters, now, "r.due_at NULLS LAST, r.rule, r.started_at"
        )
    ]


def missed(connection: Connection[Any], schema: str, filters: Filters, now: datetime) -> list[HandoffAnswer]:
    """The handoffs that were missed or late at ``now``."""
    return handoffs(connection, schema, replace(filters, states=MISSED), now)
