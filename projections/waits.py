"""How long patients wait, per wait and per measure; days ready for discharge per municipality and month."""

from datetime import datetime
from typing import Any, TypedDict

from psycopg import Connection, sql

from domain.rows import Wait
from projections.query import Answer, Filters, answer, in_order, lines, select, where
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


class ReadyMonthAnswer(TypedDict):
    """W-07 and W-08: days *utskrivningsklar* (W-06) of those discharged in a month, by municipality."""

    municipality: str | None
    month: str
    """Of discharge, in Sweden: ``2026-03``."""
    discharged: int
    """Stays with a notice that ended in the month."""
    days: float
    mean_stockholm: float
    """W-07 over all of them, day 0 counted as zero (Region Stockholm's payment mean)."""
    stays_one_day: int
    """W-08: stays of one day or more."""
    mean_skr: float | None
    """W-07 over stays of one day or more only (SKR)."""


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


def ready_months(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[ReadyMonthAnswer]:
    """W-07 in both published conventions, and W-08, by municipality and month of discharge; four decimals."""
    condition, parameters = where(filters)
    statement = sql.SQL(
        """
        SELECT r.municipality, to_char(r.ended_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM') AS month,
            count(*) AS discharged, sum(r.value) AS days,
            round(avg(r.value::numeric), 4)::float8 AS mean_stockholm,
            count(*) FILTER (WHERE r.value >= 1) AS stays_one_day,
            round(avg(r.value::numeric) FILTER (WHERE r.value >= 1), 4)::float8 AS mean_skr
        FROM {}(%(now)s) r WHERE r.rule = 'W-06' AND r.outcome = 'discharged' AND {}
        GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2
        """
    ).format(sql.Identifier(schema, "waits_at"), condition)
    found = select(connection, statement, {**parameters, "now": now})
    return [ReadyMonthAnswer(**line) for line in found]  # type: ignore[typeddict-item]
