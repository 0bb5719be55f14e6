"""Reads workbooks (Excel's .xlsx and .xls, OpenDocument's .ods), each sheet that a mapping fits, row by row."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from threading import Thread
from typing import IO, Any

from consumers.intake.formats._format import Received, whole
from consumers.intake.message import Message, Told
from consumers.intake.tables.header import LOOKED_AT, find_header, mappings_for, unknown_table
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.table_message import NAME, row_message
from domain.errors import Unreadable

WORKBOOK_MAX = 64 * 1024 * 1024
"""Bytes of the largest workbook that is read."""
KEPT_MAX = 16 * 1024 * 1024
"""Bytes of the largest one that is kept where it cannot be read."""
_WHY = "The workbook is larger than any that is read (64 MiB)."
_BROKEN = "The workbook is damaged, locked with a password, or unpacks to more than any."
_LINE_MAX = 8 * 1024 * 1024


def workbook_messages(received: Received) -> Iterator[Message]:
    """The rows of a workbook as messages; a workbook that no mapping fits, or that is broken, as one."""
    kept: list[bytes] = []

    def take(raw: bytes) -> Message:
        kept.append(raw)
        return Message.of(
            raw, _nothing, place=received.place, format=NAME, content_type=received.content_type
        )

    found = whole(received, WORKBOOK_MAX, _WHY, take, NAME)
    if not kept:
        yield found
        return
    mappings = mappings_for(received.site, None)
    looked_at: list[Sequence[str]] = []
    fits = False
    try:
        with _read_by_process(kept[0], _sheet(received, mappings)) as lines:
            for message in _sheets(lines, mappings, received.place, looked_at):
                fits = True
                yield message
    except _BrokenWorkbookError:
        yield _aside(found, Unreadable("broken-workbook", _BROKEN))
        return
    if not fits and any(cell for row in looked_at for cell in row):
        yield _aside(found, unknown_table(looked_at, mappings))


def _sheet(received: Received, mappings: Sequence[Mapping]) -> str:
    return received.site.sheet or (mappings[0].file.sheet if len(mappings) == 1 else None) or ""


def _nothing() -> Told:
    raise Unreadable("unknown-table", "No mapping fits this table.")


def _aside(found: Message, trouble: Unreadable) -> Message:
    """The whole workbook, put aside; its bytes only where they may be kept."""

    def refuse() -> Told:
        raise trouble

    return replace(found, read=refuse, raw=found.raw if found.size <= KEPT_MAX else None)


# -- rows ----------------------------------------------------------------------------------------------------------


def _sheets(
    lines: Iterator[Any], mappings: Sequence[Mapping], place: str, looked_at: list[Sequence[str]]
) -> Iterator[Message]:
    line = next(lines, None)
    while isinstance(line, dict):
        sheet = f"{place}, sheet {line['sheet']}" if place else f"sheet {line['sheet']}"
        rows: list[Any] = []
        line = next(lines, None)
        while isinstance(line, list) and len(rows) < LOOKED_AT:
            rows.append(line)
            line = next(lines, None)
        texts = [[_text(cell, ".") for cell in row] for row in rows]
        found = find_header(texts, mappings)
        if found is None:
            looked_at += texts
        following = chain(enumerate(rows, 1), enumerate(_until_sheet(line, lines), len(rows) + 1))
        last: dict[str, Any] | None = None
        for number, row in following:
            if isinstance(row, dict):
                last = row
            elif found is not None and number > found[0] + 1 and any(cell != "" for cell in row):
                cells = [_text(cell, found[1].mapping.file.decimal) for cell in row]
                yield row_message(found[1], cells[: len(found[1].names)], number, sheet)
        line = last


def _until_sheet(line: Any, lines: Iterator[Any]) -> Iterator[Any]:
    """The rest of a sheet's rows, and at the end what comes after them."""
    while isinstance(line, list):
        yield line
        line = next(lines, None)
    if line is not None:
        yield line


def _text(cell: Any, decimal: str) -> str:
    """A cell as it would stand in a text: numbers without what a spreadsheet adds, days without their midnight."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 1e15
        return str(int(cell)) if whole else repr(cell).replace(".", decimal)
    if isinstance(cell, dict):
        return str(cell["at"]).removesuffix("T00:00")
    return str(cell)


# -- the process ---------------------------------------------------------------------------------------------------


class _BrokenWorkbookError(Exception):
    """The process that reads a workbook could not."""


@contextmanager
def _read_by_process(raw: bytes, sheet: str) -> Iterator[Iterator[Any]]:
    command = [sys.executable, "-I", "-m", "consumers.intake.tables.workbook_process", sheet]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        feeder = Thread(target=partial(_feed, process.stdin, raw), daemon=True)
        feeder.start()
        try:
            yield _lines(process, process.stdout)
        finally:
            process.kill()
            feeder.join()


def _feed(pipe: IO[bytes], raw: bytes) -> None:
    try:
        pipe.write(raw)
        pipe.close()
    except OSError:  # it gave up on the file
        return


def _lines(process: "subprocess.Popen[bytes]", pipe: IO[bytes]) -> Iterator[Any]:
    while line := pipe.readline(_LINE_MAX):
        try:
            yield json.loads(line)
        except ValueError:
            raise _BrokenWorkbookError from None
    if process.wait() != 0:
        raise _BrokenWorkbookError
