"""Stays of a whole region, as rows written by hand: what figures over many patients are counted from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg
from hand_rows import make

from domain.rows import NAMESPACE, Row, Wait
from projections import base
from projections.measures.question import SummaryLine

NOTICE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Monday 2 March 2026, 10:00 in Sweden."""
DAY = timedelta(days=1)
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
Shown = psycopg.Connection[Any]
Region = Callable[..., list[SummaryLine]]
"""Asks for the summary of Region Gävleborg as of ``NOW``; keywords are those of ``summary``."""


def patient(number: int) -> UUID:
    return uuid5(NAMESPACE, f"patient {number}")


def ready(number: int, days: int, municipality: str, *, region: str = "21", start: datetime = NOTICE) -> Wait:
    """Ready for discharge, and discharged so many days later."""
    wait: Wait = make(
        Wait,
        f"W-06/{number}/{start}",
        rule="W-06",
        journey=patient(number),
        value_unit="dates",
        valid_from=start,
        started_at=start,
        ended_at=start + days * DAY,
        outcome="discharged",
        municipality=municipality,
        region=region,
    )
    return wait


def a_region() -> list[Row]:
    """25 patients of Gävle with 0, 1, 2, 3, 4 days, five of each; 21 of Sandviken with 2 days; 3 of Ockelbo with 9."""
    gavle = [ready(number, number % 5, "2180") for number in range(25)]
    sandviken = [ready(100 + number, 2, "2181") for number in range(21)]
    ockelbo = [ready(200 + number, 9, "2101") for number in range(3)]
    return [*gavle, *sandviken, *ockelbo]


def put(connection: Shown, *rows: Row) -> None:
    base.copy_rows(connection, base.SCHEMA, rows, {row.journey: 0 for row in rows})


def line(found: list[SummaryLine], measure: str, part: str | None = None, **group: str) -> SummaryLine:
    (one,) = (
        line
        for line in found
        if line["measure"] == measure
        and line["part"] == part
        and all(line[key] == value for key, value in group.items())  # type: ignore[literal-required]
    )
    return one
