"""A stretch of time as people write it: from one day or moment until before another."""

from datetime import date, datetime
from typing import Annotated, NamedTuple

import typer

from cli.understood import understood

PeriodOption = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--period",
        metavar="FROM TO",
        help="What happened from FROM until before TO: days, or ISO 8601 times.",
    ),
]


class Period(NamedTuple):
    """From ``start`` to before ``end``, both in UTC."""

    start: datetime
    end: datetime


def read_period(written: tuple[str, str]) -> Period:
    """A day is meant from its beginning in Sweden. Usage errors for what is no day nor time, and for none between."""
    start, end = (understood(_instant, text, "--period") for text in written)
    if start >= end:
        raise typer.BadParameter("give the earlier moment first.", param_hint="--period")
    return Period(start, end)


def _instant(text: str) -> datetime:
    """Raises ``Refused``."""
    from domain.calendar import parse_instant, start_of_local_day

    try:
        return start_of_local_day(date.fromisoformat(text.strip()))
    except ValueError:
        return parse_instant(text)
