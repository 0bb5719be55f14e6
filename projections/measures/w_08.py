"""W-08: stays of one day or more *utskrivningsklar*, and per 1 000 inhabitants (Region Gävleborg, Region Örebro län)."""

from collections.abc import Iterator

from psycopg import sql

from domain.subject import Rule
from projections.measures.question import Question, SummaryLine, line, rate
from projections.measures.w_07 import READY

RULE = Rule(
    "W-08",
    "Stays ready for discharge a day or more, per 1 000 inhabitants",
    "Region Gävleborg; Region Örebro län (resultatportal)",
    unit="stays",
    word="resource-efficient",
)


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per group."""
    statement = sql.SQL(
        "SELECT {keys} count(DISTINCT journey) AS patients, count(*) AS count FROM ({cases}) w"
        " WHERE value >= 1 {grouped}"
    ).format(
        keys=question.keys,
        cases=question.cases("waits", "r.ended_at", READY),
        grouped=question.grouped,
    )
    for found in question.ask(statement):
        people, why = question.inhabitants(found)
        yield line(
            question,
            RULE.id,
            RULE.word,
            RULE.unit,
            found,
            rate=rate(found["count"], people),
            population=question.population.id,
            missing=why,
        )
