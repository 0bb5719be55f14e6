"""Every measure that is a time from one act to another: how many, how long, and how many within the limit."""

from collections.abc import Iterator
from typing import LiteralString

from psycopg import sql

from domain.conclude import rules
from projections.measures.question import Question, SummaryLine, line
from projections.waits import COMPLETED

COUNTED_HOWEVER_IT_ENDED = ("W-11",)
"""Days of liability are days whether the patient was discharged, died, or was ready no longer."""
PARTS = ("W-18",)
"""Measures of several parts, told apart by the role on their rows."""
ELSEWHERE = ("W-15",)
"""Shown as a share of discharges by a file of its own."""


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per measure, part and group."""
    statement = sql.SQL(
        """
        SELECT measure, part, {keys} value_unit, count(DISTINCT journey) FILTER (WHERE completed) AS patients,
            count(*) FILTER (WHERE completed) AS count, count(*) FILTER (WHERE ended_at IS NULL) AS waiting,
            {median} AS median, {p90} AS p90,
            round(avg(value::numeric) FILTER (WHERE completed), 4)::float8 AS mean,
            round(sum(value::numeric) FILTER (WHERE completed), 4)::float8 AS total,
            round(avg((value >= coalesce(at_least, value) AND value <= coalesce(at_most, value))::int)
                FILTER (WHERE completed AND coalesce(at_least, at_most) IS NOT NULL), 4)::float8 AS share
        FROM (SELECT w.*, rule AS measure, CASE WHEN rule = ANY(%(parts)s) THEN role END AS part,
            ended_at IS NOT NULL AND (rule = ANY(%(always)s) OR coalesce(outcome = ANY(%(completed)s), false))
                AS completed
            FROM ({cases}) w) waited
        WHERE completed OR ended_at IS NULL
        GROUP BY measure, part, {keys} value_unit ORDER BY measure, part, {keys} value_unit
        """
    ).format(
        keys=question.keys,
        median=_percentile("0.5"),
        p90=_percentile("0.9"),
        cases=question.cases("waits", "coalesce(r.ended_at, %(now)s)", "NOT r.rule = ANY(%(elsewhere)s)"),
    )
    known = rules()
    for found in question.ask(
        statement,
        parts=list(PARTS),
        always=list(COUNTED_HOWEVER_IT_ENDED),
        completed=list(COMPLETED),
        elsewhere=list(ELSEWHERE),
    ):
        rule = known.get(found["measure"])
        yield line(question, found["measure"], rule.word if rule else None, found["value_unit"], found)


def _percentile(part: LiteralString) -> sql.Composable:
    return sql.SQL(
        "round((percentile_cont({}) WITHIN GROUP (ORDER BY value) FILTER (WHERE completed))::numeric, 4)::float8"
    ).format(sql.SQL(part))
