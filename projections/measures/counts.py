"""Every measure that counts acts or says yes and no: hand-overs, contacts, visits before and after, shares."""

from collections.abc import Iterator

from psycopg import sql

from domain.conclude import rules
from projections.measures.question import Question, SummaryLine, line

PER_PATIENT = ("W-19", "W-20")
"""Counted per patient first: hand-overs added up, units met counted once each."""

WHOLE = ("W-24",)
"""Shares of all contacts, whatever their form: the form is what the share is about, and no part of it."""


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per measure, part and group; of shares the share, of counts median, nine of ten, mean and sum."""
    statement = sql.SQL(
        """
        WITH counted AS ({cases}), number AS (
            SELECT rule AS measure,
                CASE WHEN NOT rule = ANY(%(whole)s) THEN detail END AS part,
                {keys} value_unit, journey, number, 1 AS cases FROM counted
            WHERE NOT rule = ANY(%(per_patient)s)
            UNION ALL
            SELECT rule, NULL, {keys} value_unit, journey,
                CASE WHEN rule = 'W-20' THEN count(DISTINCT unit) ELSE sum(number) END, count(*)
            FROM counted WHERE rule = ANY(%(per_patient)s) GROUP BY rule, {keys} value_unit, journey
        )
        SELECT measure, part, {keys} value_unit, count(DISTINCT journey) AS patients, sum(cases)::int8 AS count,
            round((percentile_cont(0.5) WITHIN GROUP (ORDER BY number))::numeric, 4)::float8 AS median,
            round((percentile_cont(0.9) WITHIN GROUP (ORDER BY number))::numeric, 4)::float8 AS p90,
            round(avg(number::numeric), 4)::float8 AS mean, round(sum(number::numeric), 4)::float8 AS total
        FROM number GROUP BY measure, part, {keys} value_unit ORDER BY measure, part, {keys} value_unit
        """
    ).format(keys=question.keys, cases=question.cases("figures", "r.started_at", "r.state = 'complete'"))
    known = rules()
    for found in question.ask(statement, per_patient=list(PER_PATIENT), whole=list(WHOLE)):
        rule = known.get(found["measure"])
        if found["value_unit"] == "share":
            share = {"share": found["mean"], "median": None, "p90": None, "mean": None}
            found = found | share
        yield line(question, found["measure"], rule.word if rule else None, found["value_unit"], found)
