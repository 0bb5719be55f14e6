"""How answers are printed: data on stdout as table, JSON, NDJSON or CSV, everything else on stderr."""

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Console

VERSION = 1
STOCKHOLM = ZoneInfo("Europe/Stockholm")

Row = Mapping[str, object]


class Output(StrEnum):
    """The forms an answer can take."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def say(text: str) -> None:
    """One line for the person at the terminal, on stderr."""
    sys.stderr.write(f"{text}\n")


def use_color() -> bool:
    """Whether colours and animation are wanted: NO_COLOR (https://no-color.org) says no."""
    return not os.environ.get("NO_COLOR")


def console(*, stderr: bool = False) -> "Console":
    """Rich's console on stdout or stderr."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=not use_color(), highlight=False, emoji=False, markup=False)


def encode(value: object) -> str | float:
    """What JSON has no word for: instants in Europe/Stockholm with offset, ISO 8601."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a time without a time zone must not be shown")
        return value.astimezone(STOCKHOLM).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, UUID | os.PathLike):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(document: object) -> None:
    """One JSON document on stdout, indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(document, default=encode, ensure_ascii=False, indent=indent) + "\n")


def print_rows(
    rows: Iterable[Row],
    columns: Sequence[str],
    *,
    output: Output | str = Output.TABLE,
    meta: Mapping[str, object] | None = None,
) -> None:
    """Print rows. `columns` are those of table and CSV; JSON and NDJSON have every field.

    The JSON envelope is `{"version": 1, "data": [...], ...meta}`.
    """
    match Output(output):
        case Output.JSON:
            print_json({"version": VERSION, "data": list(rows), **(meta or {})})
        case Output.NDJSON:
            for row in rows:
                sys.stdout.write(json.dumps(row, default=encode, ensure_ascii=False) + "\n")
        case Output.CSV:
            _print_csv(rows, columns)
        case Output.TABLE:
            _print_table(rows, columns)


def _print_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_exact(row.get(column)) for column in columns])


def _exact(value: object) -> object:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=encode, ensure_ascii=False)
    return value if isinstance(value, str | int | float | None) else encode(value)


def _print_table(rows: Iterable[Row], columns: Sequence[str]) -> None:
    from rich import box
    from rich.table import Table

    printer = console()
    table = Table(box=box.SIMPLE_HEAD if printer.is_terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(shown(row.get(column)) for column in columns))
    if printer.is_terminal:
        printer.print(table)
        return
    # Whoever reads a pipe wants whole lines, and no spaces at their end.
    printer.width = printer.measure(table, options=printer.options.update(width=100_000)).maximum
    with printer.capture() as captured:
        printer.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def shown(value: object) -> str:
    """A value as people read it: local time to the minute, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(item) for item in value)
    return (
        value if isinstance(value, str) else str(value if isinstance(value, int | float) else encode(value))
    )


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far a long step has come: a bar on a terminal, one line at the end elsewhere, both on stderr.

    Gives a function to call with the number of steps done since the last call.
    """
    if sys.stderr.isatty() and use_color():
        from cli.progress import bar

        with bar(title, total, console(stderr=True)) as advance:
            yield advance
        return
    started, done = time.monotonic(), 0

    def count(steps: int) -> None:
        nonlocal done
        done += steps

    yield count
    say(f"{title}: {done} in {time.monotonic() - started:.1f} s")
