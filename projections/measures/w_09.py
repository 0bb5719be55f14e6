"""W-09: days *utskrivningsklar* per 1 000 inhabitants aged 65 or older (Väntetider i vården).

Days of patients of every age, as published since 2017; the denominator is those aged 65 or older.
"""

from collections.abc import Iterator

from psycopg import sql

from domain.subject import Rule
from projections.measures.question import Question, SummaryLine, line, rate
from projections.measures.w_07 import READY

RULE = Rule(
    "W-09",
    "Days ready for discharge per 1 000 aged 65 or older",
    "Väntetider i vården",
    unit="dates",
    word="resource-efficient",
)


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per group."""
    statement = sql.SQL(
        "SELECT {keys} count(DISTINCT journey) AS patients, count(*) AS count, coalesce(sum(value), 0) AS total"
        " FROM ({cases}) w WHERE true {grouped}"
    ).format(
        keys=question.keys,
        cases=question.cases("waits", "r.ended_at", READY),
        grouped=question.grouped,
    )
    for found in question.ask(statement):
        people, why = question.inhabitants(found, aged_65=True)
        yield line(
            question,
            RULE.id,
            RULE.word,
            RULE.unit,
            found,
            rate=rate(found["total"], people),
            population=question.population.id,
            missing=why,
        )
