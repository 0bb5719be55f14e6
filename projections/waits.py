"""How long patients wait, per wait and per measure."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import Wait
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection, microseconds, optional_float

PROJECTION = Projection(
    kind=Wait,
    table="waits",
    version=2,
    own=(
        Column("value_unit", "text"),
        Column("at_least", "float8", optional_float),
        Column("at_most", "float8", optional_float),
        Column("paused", "int8", microseconds),
        Column("paused_since", "timestamptz"),
    ),
    state="CASE WHEN s.ended_at IS NULL THEN 'waiting' ELSE 'ended' END",
    value=(
        # Microseconds only: an interval with days in it would follow the session's time zone over a night in March.
        "{schema}.measured(s.started_at, coalesce(s.paused_since, s.ended_at, moment)"
        " - s.paused * interval '1 microsecond', s.value_unit)"
    ),
    indexes=(
        "(municipality)",
        "(region)",
        "(unit) WHERE unit IS NOT NULL",
        "(party)",
        "(rule)",
        "(started_at) WHERE ended_at IS NULL AND valid_to IS NULL",
    ),
)

COMPLETED = ("done", "discharged", "readmitted")
"""Outcomes of a wait that came to its end; the others were cut short and are in no median or mean."""


class WaitAnswer(Answer):
    """One wait, open or ended."""

    measure: str
    ended_at: datetime | None
    at_least: float | None
    at_most: float | None
    """Limits in the measure's unit, where law or agreement sets one."""


def waits(connection: Connection[Any], schema: str, filters: Filters, now: datetime) -> list[WaitAnswer]:
    """Waits at ``now``, in order of measure and beginning."""
    return [
        in_order(
            WaitAnswer(
                **answer(Wait, line, value_unit=line["value_unit"]),
                measure=line["rule"],
                ended_at=line["ended_at"],
                at_least=line["at_least"],
                at_most=line["at_most"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, "r.rule, r.started_at")
    ]
