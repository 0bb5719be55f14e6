"""The rows of municipalities' months, read at once and settled (LUS 4:5); the means of all stays are W-07's own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from domain.basis import Basis
from domain.calendar import start_of_local_day
from domain.population import Population
from domain.settle import Settled, first_day, first_day_after, settle
from domain.settled import Figures
from domain.spells import NOTICES, PAID, READY, Spell, spell_of
from projections.measures import w_07, w_09
from projections.measures.question import Question, SummaryLine
from projections.query import Filters, Line, select


@dataclass(frozen=True)
class Month:
    """A municipality's month at one moment."""

    figures: Figures
    settled: Settled
    spells: tuple[Spell, ...]
    """What it was settled from."""

    @property
    def agreements(self) -> tuple[str, ...]:
        """Those that its cases rest on, by name."""
        return tuple(sorted({spell.agreement for spell in self.spells}))


def months(
    connection: Connection[Any],
    schema: str,
    codes: Collection[str],
    month: str,
    now: datetime,
    basis: Basis,
    population: Population,
) -> dict[str, Month]:
    """The month (``2026-03``) of each of these municipalities (SCB codes) as it stands at ``now`` (UTC)."""
    found: dict[str, list[Spell]] = {code: [] for code in codes}
    for spell in spells(connection, schema, codes, month, now):
        found[spell.municipality or ""].append(spell)
    figures = _figures(connection, schema, month, now, population)
    return {
        code: Month(
            figures.get(code, Figures()),
            settle(code, month, mine, basis, population),
            tuple(mine),
        )
        for code, mine in found.items()
    }


def spells(
    connection: Connection[Any], schema: str, codes: Collection[str], month: str, now: datetime
) -> list[Spell]:
    """Everything that counts in these municipalities' month."""
    statement = sql.SQL(
        """
        SELECT r.* FROM {}(%(now)s) r
        WHERE r.ended_at >= %(begin)s AND r.ended_at < %(end)s AND (
            r.rule = %(ready)s AND r.outcome = 'discharged' AND r.municipality = ANY(%(codes)s)
            OR r.rule = %(paid)s AND r.party = ANY(%(parties)s))
        ORDER BY r.ended_at, r.id
        """
    ).format(sql.Identifier(schema, "waits_at"))
    begin, end = first_day(month), first_day_after(month)
    given: Mapping[str, object] = {
        "now": now,
        "begin": start_of_local_day(begin),
        "end": start_of_local_day(end),
        "ready": READY,
        "paid": PAID,
        "codes": list(codes),
        "parties": [f"municipality:{code}" for code in codes],
    }
    lines = select(connection, statement, given)
    notices = _notices(connection, schema, [line for line in lines if line["rule"] == PAID], now)
    found = (spell_of(line, notices) for line in lines)
    return [spell for spell in found if spell is not None]


def _notices(
    connection: Connection[Any], schema: str, lines: Sequence[Line], now: datetime
) -> dict[str, datetime]:
    """When the notices that these rest on were sent, by fact id."""
    if not lines:
        return {}
    statement = sql.SQL(
        "SELECT r.opened_by[1] AS fact, r.started_at FROM {}(%(now)s) r"
        " WHERE r.journey = ANY(%(journeys)s) AND r.rule = ANY(%(kinds)s)"
    ).format(sql.Identifier(schema, "timeline_at"))
    given = {"now": now, "journeys": list({line["journey"] for line in lines}), "kinds": list(NOTICES)}
    return {line["fact"]: line["started_at"] for line in select(connection, statement, given)}


def months_with_cases(
    connection: Connection[Any], schema: str, codes: Collection[str] | None, now: datetime
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Municipality, month and agreements of everything that counts; of all municipalities where none is named."""
    statement = sql.SQL(
        """
        SELECT municipality, month, array_agg(DISTINCT agreement ORDER BY agreement) AS agreements FROM (
            SELECT r.agreement, to_char(r.ended_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM') AS month,
                CASE WHEN r.rule = %(paid)s THEN substring(r.party FROM '^municipality:(.*)$') ELSE r.municipality
                END AS municipality
            FROM {}(%(now)s) r WHERE r.ended_at IS NOT NULL
                AND (r.rule = %(paid)s OR r.rule = %(ready)s AND r.outcome = 'discharged')) c
        WHERE municipality IS NOT NULL AND (%(codes)s::text[] IS NULL OR municipality = ANY(%(codes)s))
        GROUP BY municipality, month ORDER BY month, municipality
        """
    ).format(sql.Identifier(schema, "waits_at"))
    given = {"now": now, "ready": READY, "paid": PAID, "codes": None if codes is None else list(codes)}
    found = select(connection, statement, given)
    return [(line["municipality"], line["month"], tuple(line["agreements"])) for line in found]


def journeys_about(
    connection: Connection[Any], schema: str, code: str, month: str, now: datetime
) -> list[UUID]:
    """Whoever was in hospital in the month while this municipality answered for them."""
    statement = sql.SQL(
        """
        SELECT DISTINCT r.journey FROM {}(%(now)s) r WHERE r.rule = 'payment' AND r.municipality = %(code)s
            AND r.valid_from < %(end)s AND (r.ended_at IS NULL OR r.ended_at >= %(begin)s)
        """
    ).format(sql.Identifier(schema, "responsibility_at"))
    given = {
        "now": now,
        "code": code,
        "begin": start_of_local_day(first_day(month)),
        "end": start_of_local_day(first_day_after(month)),
    }
    return [line["journey"] for line in select(connection, statement, given)]


def _figures(
    connection: Connection[Any], schema: str, month: str, now: datetime, population: Population
) -> dict[str, Figures]:
    question = Question(connection, schema, Filters(), now, ("municipality",), month, population)
    rates = {line["municipality"]: line["rate"] for line in w_09.lines(question)}
    by_code: dict[str, list[SummaryLine]] = {}
    for line in w_07.lines(question):
        if line["municipality"] is not None:
            by_code.setdefault(line["municipality"], []).append(line)
    return {code: _of(lines, rates.get(code)) for code, lines in by_code.items()}


def _of(lines: Sequence[SummaryLine], rate: float | None) -> Figures:
    parts = {line["part"]: line for line in lines}
    every, of_a_day = parts["stockholm"], parts.get("skr")
    return Figures(
        discharged=every["count"] or 0,
        days=every["total"] or 0.0,
        mean_stockholm=every["mean"],
        stays_one_day=(of_a_day["count"] or 0) if of_a_day is not None else 0,
        mean_skr=of_a_day["mean"] if of_a_day is not None else None,
        per_1000_aged_65=rate,
    )
