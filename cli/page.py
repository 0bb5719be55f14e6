"""Tables and pages for reading: columns lined up, ids and times whole, colour only on a terminal."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import console, shown

WIDE = 10_000
LAST_WIDTH = 16
"""The last column folds; with less room than this for it, all columns do."""

Cell = object
"""Anything ``shown`` can write, or a rich Text with a style of its own."""


def print_table(rows: Sequence[Mapping[str, Cell]]) -> None:
    """A table with a heading; the last column is the one that folds where the terminal is narrow."""
    names = list(rows[0]) if rows else []
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    printer = console()
    fixed = sum(
        max(len(name), *(cell.cell_len for cell in column)) + 2
        for name, column in zip(names[:-1], zip(*cells, strict=True), strict=False)
    )
    keep = not printer.is_terminal or fixed + LAST_WIDTH <= printer.width
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=keep and name != names[-1])
    for line in cells:
        table.add_row(*line)
    _print(table)


def print_list(title: str, rows: Sequence[Sequence[Cell]], empty: str = "none") -> None:
    """A title and its lines; ``empty`` where there are none."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(1 + max((len(row) for row in rows), default=1)):
        table.add_column(overflow="fold")
    for row in rows or ((Text(empty, style="dim"),),):
        table.add_row("", *map(_cell, row))
    _print(Text(title, style="bold"))
    _print(table)


def print_line(*parts: str | tuple[str, str]) -> None:
    """One line of words; a pair is a word and its style."""
    _print(Text.assemble(*parts))


def print_indented(by: int, lines: Sequence[tuple[str, str, str]]) -> None:
    """Lines of sign, sentence and style, the sentence folding under itself."""
    if not lines:
        return
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=by)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sign, text, style in lines:
        table.add_row("", Text(sign, style=style), Text(text, style=style))
    _print(table)


def mark(text: str, style: str) -> Text:
    """A cell in a style, such as ``red`` for what was missed."""
    return Text(text, style=style)


def _cell(value: Cell) -> Text:
    return value if isinstance(value, Text) else Text(shown(value))


def _print(content: RenderableType) -> None:
    printer = console()
    if printer.is_terminal:
        printer.print(content)
        return
    # Whoever reads a pipe wants whole lines, and no spaces at their end.
    printer.width = WIDE
    with printer.capture() as captured:
        printer.print(content)
    _write(captured.get().splitlines())


def _write(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)
