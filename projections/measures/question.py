"""What is asked of the measures, the form of their answers, and the hiding of groups so small that they point at people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, TypedDict, cast

from psycopg import Connection, sql

from domain.population import Population
from domain.subject import Rule, Word
from projections.query import Filters, select, where

Key = Literal["municipality", "region", "unit", "month", "provider"]
KEYS: tuple[Key, ...] = ("region", "municipality", "provider", "unit", "month")
"""What figures can be set side by side by, in the order of columns."""
SMALLEST_GROUP = 20
"""Patients a figure must rest on to be shown: national practice shows nothing below 20 (`domain-facts.md` §3.1)."""


class SummaryLine(TypedDict):
    """One measure, or one part of it, over one group."""

    word: Word | None
    """Of the region's five words the one it is counted under."""
    measure: str
    part: str | None
    """Which part, where a measure has several."""
    region: str | None
    municipality: str | None
    provider: str | None
    """Who runs the unit, as ``system:value``; none where it is the *huvudman*, or where no unit is named."""
    unit: str | None
    month: str | None
    """As ``2026-03``, in Sweden: of the end for what took time, of the act for what is counted."""
    patients: int | None
    count: int | None
    """Cases that the figures rest on."""
    waiting: int | None
    """Cases that have not come to their end."""
    median: float | None
    p90: float | None
    """Nine of ten are at or below it."""
    mean: float | None
    total: float | None
    share: float | None
    """Of those with a limit, or of all where the measure is a share: from 0 to 1."""
    rate: float | None
    """Per 1 000 inhabitants, or per 1 000 aged 65 or older, as the measure says."""
    value_unit: str
    population: str | None
    """The population file that the rate divides by."""
    missing: str | None
    """Why a rate is not there."""
    suppressed: bool
    """The group is smaller than ``SMALLEST_GROUP``, and its figures are not told."""


FIGURES = ("patients", "count", "waiting", "median", "p90", "mean", "total", "share", "rate")


@dataclass(frozen=True)
class Question:
    """Over whom, side by side by what, in which month, as of when."""

    connection: Connection[Any]
    schema: str
    filters: Filters
    now: datetime
    """UTC."""
    by: tuple[Key, ...]
    month: str | None
    population: Population

    def cases(
        self,
        table: LiteralString,
        counted_at: LiteralString,
        condition: LiteralString,
        *,
        every_month: bool = False,
    ) -> sql.Composed:
        """SQL of the rows of a table at the moment asked about, each with its month and who runs its unit.

        ``counted_at`` is SQL over ``r`` for the instant that decides the month.
        """
        wanted, _ = where(self.filters)
        return sql.SQL(
            "SELECT c.* FROM (SELECT r.*, p.provider,"
            " to_char({counted_at} AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM') AS month"
            " FROM {rows}(%(now)s) r LEFT JOIN (SELECT DISTINCT ON (unit) unit, organisation AS provider"
            " FROM {responsibility}(%(now)s) WHERE rule = 'care' AND unit IS NOT NULL AND organisation IS NOT NULL"
            " ORDER BY unit, started_at DESC, id) p USING (unit)"
            " WHERE {wanted} AND {condition}) c WHERE {within}"
        ).format(
            within=sql.SQL("true" if every_month else "%(month)s::text IS NULL OR c.month = %(month)s"),
            counted_at=sql.SQL(counted_at),
            rows=sql.Identifier(self.schema, f"{table}_at"),
            responsibility=sql.Identifier(self.schema, "responsibility_at"),
            wanted=wanted,
            condition=sql.SQL(condition),
        )

    @property
    def keys(self) -> sql.Composable:
        """The columns of the groups, each with a comma after it."""
        return sql.SQL("").join(sql.SQL("{}, ").format(sql.Identifier(key)) for key in self.by)

    @property
    def grouped(self) -> sql.Composable:
        """``GROUP BY`` the groups and in their order; nothing where all is one group."""
        if not self.by:
            return sql.SQL("")
        names = sql.SQL(", ").join(map(sql.Identifier, self.by))
        return sql.SQL("GROUP BY {names} ORDER BY {names}").format(names=names)

    def ask(self, statement: sql.Composable, **given: object) -> list[dict[str, Any]]:
        """All lines of a statement, by column."""
        _, parameters = where(self.filters)
        return select(
            self.connection, statement, {**parameters, "now": self.now, "month": self.month, **given}
        )

    def inhabitants(self, line: Mapping[str, Any], *, aged_65: bool = False) -> tuple[int | None, str | None]:
        """How many live where the group is, and why that is not known where it is not."""
        municipality = line.get("municipality") or self.filters.municipality
        region = line.get("region") or self.filters.region
        people = self.population
        if {"unit", "provider"} & set(self.by) or self.filters.unit is not None:
            return None, "a unit has no inhabitants of its own"
        if municipality is not None:
            found = (people.aged_65_of_municipality if aged_65 else people.of_municipality)(municipality)
        elif region is not None:
            found = (people.aged_65_of_region if aged_65 else people.of_region)(region)
        else:
            return None, "no municipality or region is asked about"
        return found, None if found else f"{people.id} does not say"


def line(
    question: Question,
    measure: str,
    word: Word | None,
    value_unit: str,
    found: Mapping[str, Any],
    **said: Any,
) -> SummaryLine:
    """A line of the answer from what SQL found, with what is ``said`` besides."""
    told: dict[str, Any] = dict.fromkeys(SummaryLine.__annotations__)
    told |= {"word": word, "measure": measure, "value_unit": value_unit, "suppressed": False}
    told |= {
        "municipality": question.filters.municipality,
        "region": question.filters.region,
        "unit": question.filters.unit,
        "month": question.month,
    }
    told |= {name: value for name, value in found.items() if name in told}
    told |= said
    return cast(SummaryLine, told)


def hidden(lines: Iterable[SummaryLine]) -> list[SummaryLine]:
    """The same lines, with no figure of a group of fewer than ``SMALLEST_GROUP`` patients."""
    return [_hidden(one) if (one["patients"] or 0) < SMALLEST_GROUP else one for one in lines]


def _hidden(one: SummaryLine) -> SummaryLine:
    return cast(SummaryLine, {**one, **dict.fromkeys(FIGURES), "suppressed": True})


def rated(
    question: Question, rule: Rule, cases: LiteralString, counted: LiteralString, *, aged_65: bool = False
) -> Iterator[SummaryLine]:
    """What is ``counted`` (a column) of waits that ended by discharge, per 1 000 inhabitants: one line per group.

    ``cases`` is SQL over ``r``; ``counted`` is ``count`` or ``total``, which is told too where it is what is counted.
    """
    statement = sql.SQL(
        "SELECT {keys} count(DISTINCT journey) AS patients, count(*) AS count, coalesce(sum(value), 0) AS total"
        " FROM ({cases}) w {grouped}"
    ).format(keys=question.keys, cases=question.cases("waits", "r.ended_at", cases), grouped=question.grouped)
    for found in question.ask(statement):
        people, why = question.inhabitants(found, aged_65=aged_65)
        rate = None if not people else round(found[counted] * 1000 / people, 4)
        told = {**found, "total": found["total"] if counted == "total" else None}
        yield line(
            question,
            rule.id,
            rule.word,
            rule.unit,
            told,
            rate=rate,
            population=question.population.id,
            missing=why,
        )
