"""W-07: mean days *utskrivningsklar* per stay that ended, in both published conventions (SKR; Region Stockholm).

They give different means from the same stays: Stockholm's payment mean counts every stay with a notice, those that
ended the same day as zero; SKR (as Region Gävleborg publishes it) only stays of one day or more.
"""

from collections.abc import Iterator

from psycopg import sql

from domain.subject import Rule
from projections.measures.question import Question, SummaryLine, line

RULE = Rule(
    "W-07",
    "Mean days ready for discharge",
    "SKR / Väntetider i vården; Region Stockholm (Vårdgivarguiden)",
    unit="dates",
    word="resource-efficient",
)
READY = "r.rule = 'W-06' AND r.outcome = 'discharged'"
"""Stays with a notice that ended by discharge, in the month of discharge."""


def lines(question: Question) -> Iterator[SummaryLine]:
    """Two parts per group: ``stockholm`` and ``skr``."""
    statement = sql.SQL(
        "SELECT {keys} part, count(DISTINCT journey) AS patients, count(*) AS count,"
        " round(avg(value::numeric), 4)::float8 AS mean, sum(value) AS total"
        " FROM ({cases}) w CROSS JOIN (VALUES ('stockholm', 0), ('skr', 1)) convention (part, least)"
        " WHERE value >= least GROUP BY {keys} part ORDER BY {keys} part"
    ).format(keys=question.keys, cases=question.cases("waits", "r.ended_at", READY))
    for found in question.ask(statement):
        yield line(question, RULE.id, RULE.word, RULE.unit, found)
