"""What does not fit: contradictions, absences, corrections of nothing."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.about import about
from domain.rows import Finding
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=Finding,
    table="findings",
    version=1,
    own=(Column("severity", "text"), Column("detail", "text")),
    state="CASE WHEN s.ended_at IS NULL THEN 'open' ELSE 'resolved' END",
    indexes=("(municipality)", "(region)", "(unit) WHERE unit IS NOT NULL", "(rule)"),
)


class FindingAnswer(Answer):
    """One thing that does not fit; ``journey`` is none where a record on its way does not tell it."""

    rule: str
    ended_at: datetime | None
    severity: str
    detail: str | None
    """Which field or kind of fact it is about; never a value somebody wrote."""
    text: str
    """What it means, in one sentence."""
    system: bool
    """Found by what moves the facts, not concluded from them: no rebuild makes it."""


def findings(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[FindingAnswer]:
    """Findings at ``now``, in order of when they came about."""
    return [
        in_order(
            FindingAnswer(
                **answer(Finding, line),
                rule=line["rule"],
                ended_at=line["ended_at"],
                severity=line["severity"],
                detail=line["detail"],
                text=about(line["rule"]).title,
                system=False,
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, "r.started_at NULLS FIRST")
    ]
