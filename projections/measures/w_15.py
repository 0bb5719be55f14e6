"""W-15: the share of discharges followed by an unplanned admission within 3, 7 and 30 days (Öppna jämförelser; LT21)."""

from collections.abc import Iterator

from psycopg import sql

from domain.waits.w_15 import RULE
from projections.measures.question import Question, SummaryLine, line


def lines(question: Question) -> Iterator[SummaryLine]:
    """Three parts per group. A discharge counts from when that many days have passed since."""
    statement = sql.SQL(
        """
        SELECT {keys} days || ' days' AS part, count(DISTINCT journey) AS patients, count(*) AS count,
            count(*) FILTER (WHERE back <= days)::float8 AS total,
            round(avg((coalesce(back, days + 1) <= days)::int), 4)::float8 AS share
        FROM (
            SELECT s.*, b.value AS back FROM ({stays}) s LEFT JOIN {waits}(%(now)s) b
                ON b.rule = 'W-15' AND b.outcome = 'readmitted' AND b.stay = s.stay AND b.journey = s.journey
        ) d CROSS JOIN (VALUES (3), (7), (30)) limits (days)
        WHERE ended_at + days * interval '24 hours' <= %(now)s
        GROUP BY {keys} days ORDER BY {keys} days
        """
    ).format(
        keys=question.keys,
        stays=question.cases("stays", "r.ended_at", "r.state = 'discharged' AND r.region IS NOT NULL"),
        waits=sql.Identifier(question.schema, "waits_at"),
    )
    for found in question.ask(statement):
        yield line(question, RULE.id, "health-promoting", "share", found)
