"""What does not fit in the moving of facts: found in the journal, not concluded from one journey's history."""

from datetime import UTC, datetime
from typing import LiteralString

import msgspec
from psycopg import sql

from domain import reference
from domain.rows import Finding, row_id
from infra.postgres import Connection
from projections.findings import FindingAnswer, findings
from projections.query import BasisAnswer, Filters, Line, in_order, select, where

INCOMPLETE, ELSEWHERE = "journey-incomplete", "message-id-in-another-journey"
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TEXTS: dict[str, str] = {
    INCOMPLETE: "A fact of this journey cannot be read, so that what is shown of it may not be all.",
    ELSEWHERE: "The same message id was used for another patient, too.",
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
# True of each journey from when a second one had used the id, or from its own use of it, if that came later.
_ELSEWHERE: LiteralString = """
    SELECT journey, greatest(since, (array_agg(since) OVER (
            PARTITION BY source_system, source_message ORDER BY since, journey
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ))[2]), %(elsewhere)s, NULL, facts, format('%%s|%%s', source_system, source_message)
    FROM (
        SELECT journey, source_system, source_message, min(recorded_at) AS since,
            array_agg(raw ORDER BY recorded_at, version) AS facts
        FROM journal.fact JOIN (
            SELECT source_system, source_message FROM journal.fact WHERE source_message IS NOT NULL
            GROUP BY 1, 2 HAVING count(DISTINCT journey) > 1
        ) AS shared USING (source_system, source_message)
        WHERE recorded_at <= %(known_at)s
        GROUP BY 1, 2, 3
    ) AS used
"""
# With the place of the journey's last stay, so that a question about a ward finds these, too.
_STATEMENT: LiteralString = """
    SELECT r.* FROM (
        SELECT f.*, 'open' AS state, NULL::text AS party, p.since AS incomplete_since,
            s.stay, s.unit, s.organisation, s.municipality, s.region
        FROM ({parked} UNION ALL {odd} UNION ALL {elsewhere}) AS f
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
    condition, parameters = where(filters)
    statement = sql.SQL(_STATEMENT).format(
        parked=sql.SQL(_PARKED),
        odd=sql.SQL(_ODD),
        elsewhere=sql.SQL(_ELSEWHERE),
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
    }
    return [_answer(line) for line in select(connection, statement, given)]


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
