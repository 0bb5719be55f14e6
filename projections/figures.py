"""Numbers about single patients, to be counted over many: hand-overs, contacts, visits before and after."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import Figure
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection, optional_float

PROJECTION = Projection(
    kind=Figure,
    table="figures",
    version=1,
    own=(
        Column("number", "float8", optional_float),
        Column("value_unit", "text"),
        Column("detail", "text"),
    ),
    state="CASE WHEN s.ended_at IS NULL THEN 'open' ELSE 'complete' END",
    value="s.number",
    indexes=(
        "(municipality)",
        "(region)",
        "(unit) WHERE unit IS NOT NULL",
        "(party)",
        "(rule)",
        "(started_at)",
    ),
)


class FigureAnswer(Answer):
    """One number about one patient."""

    measure: str
    detail: str | None
    ended_at: datetime | None
    """When its window was over."""


def figures(connection: Connection[Any], schema: str, filters: Filters, now: datetime) -> list[FigureAnswer]:
    """Figures at ``now``, in order of measure and beginning; ``filters.rules`` are measures."""
    return [
        in_order(
            FigureAnswer(
                **answer(Figure, line, value_unit=line["value_unit"]),
                measure=line["rule"],
                detail=line["detail"],
                ended_at=line["ended_at"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, "r.rule, r.started_at")
    ]
