"""Asking what is shown: whom and what it is about, and the form in which every answer names its row and basis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypedDict, TypeVar, cast
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row

from domain import reference
from domain.rows import Row
from projections.table import Projection


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which rows are asked for; what is ``None`` does not matter."""

    journeys: Sequence[UUID] | None = None
    linked: Sequence[UUID] = ()
    """The other journeys of the same persons, whose rows stand under ``journeys``."""
    unit: str | None = None
    """``system:value``; also where it stands as the organisation."""
    municipality: str | None = None
    """SCB code: rows of its residents, and rows that are its own to answer for."""
    region: str | None = None
    """SCB code: rows of its stays, and rows that are its own to answer for."""
    rules: Sequence[str] | None = None
    """Rules, measures, notions or findings, by id."""
    states: Sequence[str] | None = None
    known_at: datetime | None = None
    """Only what was known then (UTC) of what stands beside the rows: what is incomplete, odd, adopted."""


class BasisAnswer(TypedDict):
    """What a conclusion rests on besides the facts."""

    agreement: str | None
    rule: str
    reference: str


class Answer(TypedDict):
    """What every answer says; each kind adds its own. Times are aware."""

    id: UUID
    journey: UUID
    stay: UUID | None
    kind: str
    state: str
    party: str | None
    unit: str | None
    municipality: str | None
    started_at: datetime | None
    value: float | None
    value_unit: str | None
    facts: list[str]
    basis: BasisAnswer
    role: str | None
    organisation: str | None
    region: str | None
    outcome: str | None
    incomplete_since: datetime | None
    """Since when a fact of the journey cannot be read, so that this may not be all."""


LEADING = (
    "id",
    "journey",
    "stay",
    "source_episode",
    "notion",
    "measure",
    "fact",
    "rule",
    "kind",
    "state",
    "party",
    "unit",
    "municipality",
    "started_at",
    "due_at",
    "ended_at",
    "done_at",
    "value",
    "value_unit",
    "facts",
    "basis",
)
"""The order in which answers name what they say; what is not here comes after it."""

AnyAnswer = TypeVar("AnyAnswer", bound=Mapping[str, Any])
Line = Mapping[str, Any]
"""A line of ``<table>_at``, by column."""
PARKED: LiteralString = (
    "(SELECT * FROM journal.parked WHERE %(known_at)s::timestamptz IS NULL OR since <= %(known_at)s)"
)
"""SQL for the journeys that are not shown in full, since when and why; ``known_at`` is the filters'."""

_CONDITIONS: dict[str, LiteralString] = {
    "journeys": "r.journey = ANY(%(journeys)s)",
    "unit": "(r.unit = %(unit)s OR r.organisation = %(unit)s)",
    "municipality": "(r.municipality = %(municipality)s OR r.party = 'municipality:' || %(municipality)s)",
    "region": "(r.region = %(region)s OR r.party = 'region:' || %(region)s)",
    "rules": "r.rule = ANY(%(rules)s)",
    "states": "r.state = ANY(%(states)s)",
}


def where(filters: Filters) -> tuple[sql.Composable, dict[str, object]]:
    """The condition over ``r`` and its parameters."""
    given: dict[str, object] = {
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name in _CONDITIONS
        if (value := getattr(filters, name)) is not None
    }
    conditions = [sql.SQL(_CONDITIONS[name]) for name in given] or [sql.SQL("true")]
    return sql.SQL(" AND ").join(conditions), given


def lines(
    connection: Connection[Any],
    schema: str,
    projection: Projection,
    filters: Filters,
    now: datetime,
    order: LiteralString,
) -> list[dict[str, Any]]:
    """The rows as they stand at ``now``, each with ``incomplete_since`` where its journey is parked."""
    condition, parameters = where(filters)
    statement = sql.SQL(
        "SELECT r.*, p.since AS incomplete_since FROM {}(%(now)s) r"
        " LEFT JOIN {} p ON p.journey = r.journey WHERE {} ORDER BY {}, r.journey, r.id"
    ).format(sql.Identifier(schema, f"{projection.table}_at"), sql.SQL(PARKED), condition, sql.SQL(order))
    return select(connection, statement, {**parameters, "now": now, "known_at": filters.known_at})


def select(
    connection: Connection[Any], statement: sql.Composable, parameters: Mapping[str, object]
) -> list[dict[str, Any]]:
    """All lines of a statement, by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(statement.as_bytes(connection), parameters, binary=True)
        return cursor.fetchall()


def answer(kind: type[Row], line: Line, rule: str | None = None, value_unit: str | None = None) -> Answer:
    """What every kind of answer says of a line; ``rule`` where the row rests on another than its own."""
    opened, closed = line["opened_by"], line["closed_by"]
    return Answer(
        id=line["id"],
        journey=line["journey"],
        stay=line["stay"],
        kind=kind.KIND,
        state=line["state"],
        party=line["party"],
        unit=line["unit"],
        municipality=line["municipality"],
        started_at=line["started_at"],
        value=line["value"],
        value_unit=value_unit,
        facts=[*opened, *(fact for fact in closed if fact not in opened)],
        basis=BasisAnswer(
            agreement=line["agreement"] or None,
            rule=f"{rule or line['rule']}@{line['rule_version']}",
            reference=reference.digest(),
        ),
        role=line["role"],
        organisation=line["organisation"],
        region=line["region"],
        outcome=line["outcome"],
        incomplete_since=line["incomplete_since"],
    )


def in_order(said: AnyAnswer) -> AnyAnswer:
    """The same answer with its keys in the order of ``LEADING``."""
    leading = {name: said[name] for name in LEADING if name in said}
    return cast(AnyAnswer, leading | {name: value for name, value in said.items() if name not in leading})


def columns(kind: type[Any]) -> list[str]:
    """The keys of a kind of answer, in order."""
    return list(in_order(dict.fromkeys(kind.__annotations__)))
