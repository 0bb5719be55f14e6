"""W-10: beds held by patients who are *utskrivningsklara*, counted at each midnight (Väntetider i vården; SKR).

The share of available beds needs the number of beds, which no message tells: it is left out.
"""

from collections.abc import Iterator
from typing import LiteralString

from psycopg import sql

from domain.subject import Rule
from projections.measures.question import Key, Question, SummaryLine, line

RULE = Rule(
    "W-10",
    "Beds held per day by patients ready for discharge",
    "Väntetider i vården; SKR",
    unit="beds",
    word="resource-efficient",
)


def lines(question: Question) -> Iterator[SummaryLine]:
    """Per group: mean, median and nine of ten of its midnights, and all of them added up (bed-days).

    A bed is held at a midnight (Swedish time) when the notice was sent before it and the patient was still in.
    Without a month, the midnights are those from the first notice to the moment asked about.
    """
    statement = sql.SQL(
        """
        WITH ready AS ({cases}), night AS (
            SELECT to_char(day, 'YYYY-MM') AS night_month, day AT TIME ZONE 'Europe/Stockholm' AS midnight
            FROM generate_series(
                (SELECT min(started_at AT TIME ZONE 'Europe/Stockholm')::date + 1 FROM ready)::timestamp,
                (%(now)s::timestamptz AT TIME ZONE 'Europe/Stockholm')::date::timestamp, interval '1 day') day
        ), place AS (SELECT DISTINCT {places} true AS here FROM ready), held AS (
            SELECT {of_place} n.night_month AS month, n.midnight, r.journey
            FROM night n CROSS JOIN place p LEFT JOIN ready r ON {same} r.started_at < n.midnight
                AND (r.ended_at IS NULL OR r.ended_at >= n.midnight)
            WHERE %(month)s::text IS NULL OR n.night_month = %(month)s
        ), nightly AS (SELECT {keys} midnight, count(journey) AS beds FROM held GROUP BY {keys} midnight),
        people AS (SELECT {keys} count(DISTINCT journey) AS patients FROM held {grouped_alone})
        SELECT {of_night} p.patients, count(*) AS count, sum(beds)::float8 AS total,
            round(avg(beds), 4)::float8 AS mean,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY beds) AS median,
            round((percentile_cont(0.9) WITHIN GROUP (ORDER BY beds))::numeric, 4)::float8 AS p90
        FROM nightly n JOIN people p ON {same_group} true GROUP BY {of_night} p.patients ORDER BY {of_night} p.patients
        """
    ).format(
        cases=question.cases("waits", "r.started_at", "r.rule = 'W-06'", every_month=True),
        places=_list(question, ""),
        of_place=_list(question, "p."),
        same=_same(question, "r.", "p.", " AND "),
        keys=question.keys,
        grouped_alone=sql.SQL("") if not question.by else sql.SQL("GROUP BY {}").format(_names(question.by)),
        of_night=sql.SQL("").join(sql.SQL("n.{}, ").format(sql.Identifier(key)) for key in question.by),
        same_group=sql.SQL("").join(
            [sql.SQL("n.{0} IS NOT DISTINCT FROM p.{0} AND ").format(sql.Identifier(k)) for k in question.by]
        ),
    )
    for found in question.ask(statement):
        yield line(question, RULE.id, RULE.word, RULE.unit, found)


def _places(question: Question) -> tuple[Key, ...]:
    """What tells groups apart besides the month, which is the night's and not the case's."""
    return tuple(key for key in question.by if key != "month")


def _names(keys: tuple[Key, ...]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, keys))


def _list(question: Question, of: LiteralString) -> sql.Composable:
    return sql.SQL("").join(
        sql.SQL("{}{}, ").format(sql.SQL(of), sql.Identifier(key)) for key in _places(question)
    )


def _same(
    question: Question, one: LiteralString, other: LiteralString, after: LiteralString
) -> sql.Composable:
    return sql.SQL("").join(
        sql.SQL("{}{} IS NOT DISTINCT FROM {}{}{}").format(
            sql.SQL(one), sql.Identifier(key), sql.SQL(other), sql.Identifier(key), sql.SQL(after)
        )
        for key in _places(question)
    )
