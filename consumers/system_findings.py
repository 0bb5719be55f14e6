"""What does not fit in the moving of facts: found in the journal, not concluded from one journey's history."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import LiteralString

import msgspec
from psycopg import sql

from consumers.silence import SILENT, place_of, silences
from consumers.silence import TEXT as SILENT_TEXT
from domain import reference
from domain.links import ABOUT_TWO
from domain.rows import Finding, row_id
from infra.postgres import Connection
from projections.findings import FindingAnswer, findings
from projections.query import BasisAnswer, Filters, Line, in_order, select, where

INCOMPLETE, ELSEWHERE = "journey-incomplete", "message-id-in-another-journey"
DEAD_LETTER = "message-in-dead-letters"
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TEXTS: dict[str, str] = {
    INCOMPLETE: "A fact of this journey cannot be read, so that what is shown of it may not be all.",
    ELSEWHERE: "The same message id was used for another patient, too.",
    DEAD_LETTER: "A message about this patient could not be read, and has been in the dead letters since.",
    SILENT: SILENT_TEXT,
    "no-envelope": "A record on the topic of facts is no fact.",
    "wrong-key": "A record on the topic of facts stands under another journey than its own.",
    "other-bytes": "A fact came a second time with other content; the first one counts.",
}
"""Finding code -> one sentence for people."""


class _Id(msgspec.Struct):
    id: str


_ID = msgspec.json.Decoder(_Id)

_PARKED: LiteralString = """
    SELECT journey, since AS started_at, %(incomplete)s::text AS rule, reason AS detail, '{}'::bytea[] AS facts,
        '' AS place
    FROM journal.parked WHERE since <= %(known_at)s
"""
_ODD: LiteralString = """
    SELECT journey, seen_at, code, format('%%s, partition %%s, offset %%s', topic, partition, kafka_offset),
        '{}', format('%%s|%%s|%%s', topic, partition, kafka_offset)
    FROM journal.oddity WHERE seen_at <= %(known_at)s
"""
# True of each journey from when a second one had used the id, or from its own use of it, if that came later. A fact
# about two journeys stands in both, by one message.
_ELSEWHERE: LiteralString = """
    SELECT journey, greatest(since, second), %(elsewhere)s, NULL, facts,
        format('%%s|%%s', source_system, source_message)
    FROM (
        SELECT *, (array_agg(since) OVER (
                PARTITION BY source_system, source_message ORDER BY since, journey
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ))[2] AS second
        FROM (
            SELECT journey, source_system, source_message, min(recorded_at) AS since,
                array_agg(raw ORDER BY recorded_at, version) AS facts
            FROM journal.fact JOIN (
                SELECT source_system, source_message FROM journal.fact WHERE source_message IS NOT NULL
                GROUP BY 1, 2 HAVING count(DISTINCT journey) > 1
            ) AS shared USING (source_system, source_message)
            WHERE recorded_at <= %(known_at)s
                AND coalesce(substring(encode(raw, 'escape') FROM '"type":"([^"]*)"'), '') <> ALL(%(about_two)s)
            GROUP BY 1, 2, 3
        ) AS used
    ) AS told
    WHERE second IS NOT NULL
"""
# Found and mended by the system itself, so both clocks are one: what it had put on record by then.
_DEAD: LiteralString = """
    SELECT journey, since, %(dead_letter)s, concat_ws(', ', reason, kind, 'from ' || source), '{}', id
    FROM journal.dead_letter
    WHERE journey IS NOT NULL AND recorded_at <= least(%(now)s, %(known_at)s)
        AND (ended_at IS NULL OR ended_at > least(%(now)s, %(known_at)s))
"""
# Reckoned in Python, from what was recorded by then: true from when the source should have been heard by.
_SILENT: LiteralString = """
    SELECT NULL::uuid, due_at, %(silent)s, source, '{}', place
    FROM unnest(%(silent_sources)s::text[], %(silent_due)s::timestamptz[], %(silent_places)s::text[])
        AS told (source, due_at, place)
"""
# With the place of the journey's last stay, so that a question about a ward finds these, too.
_STATEMENT: LiteralString = """
    SELECT r.* FROM (
        SELECT f.*, 'open' AS state, NULL::text AS party, p.since AS incomplete_since,
            s.stay, s.unit, s.organisation, s.municipality, s.region
        FROM ({parked} UNION ALL {odd} UNION ALL {elsewhere} UNION ALL {dead} UNION ALL {silent}) AS f
        LEFT JOIN journal.parked p ON p.journey = f.journey AND p.since <= %(known_at)s
        LEFT JOIN LATERAL (
            SELECT stay, unit, organisation, municipality, region FROM {stays}(%(now)s) AS s
            WHERE s.journey = f.journey ORDER BY s.started_at DESC NULLS LAST, s.id LIMIT 1
        ) AS s ON true
        WHERE f.started_at <= %(now)s
    ) AS r
    WHERE {condition} ORDER BY r.started_at, r.journey, r.rule, r.place
"""


def system_findings(
    connection: Connection, schema: str, filters: Filters, now: datetime
) -> list[FindingAnswer]:
    """What had been found by ``now`` (UTC), oldest first. ``journey`` is none where a record does not tell it."""
    if filters.journeys is not None:
        # What is found in moving facts stands under the journey they were moved in.
        filters = replace(filters, journeys=(*filters.journeys, *filters.linked))
    condition, parameters = where(filters)
    statement = sql.SQL(_STATEMENT).format(
        parked=sql.SQL(_PARKED),
        odd=sql.SQL(_ODD),
        elsewhere=sql.SQL(_ELSEWHERE),
        dead=sql.SQL(_DEAD),
        silent=sql.SQL(_SILENT),
        stays=sql.Identifier(schema, "stays_at"),
        condition=condition,
    )
    known_at = filters.known_at or _LAST
    given = {
        **parameters,
        "now": now,
        "known_at": known_at,
        "incomplete": INCOMPLETE,
        "elsewhere": ELSEWHERE,
        "about_two": [kind.TYPE for kind in ABOUT_TWO],
        "dead_letter": DEAD_LETTER,
        **_silent(connection, filters, min(now, known_at)),
    }
    return [_answer(line) for line in select(connection, statement, given)]


def _silent(connection: Connection, filters: Filters, now: datetime) -> dict[str, object]:
    """Which sources are silent, for ``_SILENT``; not reckoned where the question is about somebody or something else."""
    about = (filters.journeys, filters.unit, filters.municipality, filters.region)
    wanted = all(one is None for one in about) and (filters.rules is None or SILENT in filters.rules)
    found = silences(connection, now) if wanted else {}
    return {
        "silent": SILENT,
        "silent_sources": list(found),
        "silent_due": [silence.due_at for silence in found.values()],
        "silent_places": [place_of(source, silence.since) for source, silence in found.items()],
    }


def all_findings(connection: Connection, schema: str, filters: Filters, now: datetime) -> list[FindingAnswer]:
    """Concluded findings and these together, in order of when they came about."""
    both = findings(connection, schema, filters, now) + system_findings(connection, schema, filters, now)
    return sorted(both, key=lambda found: (found["started_at"] or _FIRST, str(found["journey"])))


def _answer(line: Line) -> FindingAnswer:
    rule = line["rule"]
    return in_order(
        FindingAnswer(
            id=row_id(Finding, rule, f"{line['journey']}|{line['place']}"),
            journey=line["journey"],
            stay=line["stay"],
            rule=rule,
            kind=Finding.KIND,
            state=line["state"],
            party=None,
            unit=line["unit"],
            municipality=line["municipality"],
            started_at=line["started_at"],
            ended_at=None,
            value=None,
            value_unit=None,
            facts=[fact for raw in line["facts"] if (fact := _fact_id(bytes(raw)))],
            basis=BasisAnswer(agreement=None, rule=f"{rule}@1", reference=reference.digest()),
            role=None,
            organisation=line["organisation"],
            region=line["region"],
            outcome=None,
            incomplete_since=line["incomplete_since"],
            severity="quality",
            detail=line["detail"],
            text=TEXTS.get(rule, ""),
            system=True,
        )
    )


def _fact_id(raw: bytes) -> str | None:
    try:
        return _ID.decode(raw).id
    except msgspec.MsgspecError:
        return None
