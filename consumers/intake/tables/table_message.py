"""One row of a table as a message: its bytes are a table of their own, so that it can be read again alone."""

import csv
from collections.abc import Callable, Sequence
from collections.abc import Mapping as AnyMapping
from functools import partial
from io import StringIO

from consumers.intake.message import Message, Told
from consumers.intake.tables.header import Header
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.mapping_parts import ROW_NUMBER, folded
from consumers.intake.tables.row import read_row
from domain.errors import Unreadable

NAME = "table"
ROW_MAX = 1024 * 1024
"""Bytes of the largest row that is read."""
TOO_LARGE = "The row is larger than any row (1 MiB)."


def content_type(mapping: Mapping) -> str:
    """What a row's bytes are: a header and one row, separated by commas, in UTF-8."""
    return f"text/csv; mapping={mapping.reference}"


def row_message(header: Header, cells: Sequence[str], number: int, place: str) -> Message:
    """The row with this number in its file, from 1, as the header counts."""
    written = header.written
    if header.mapping.repeats == "numbered" and ROW_NUMBER not in written:
        written, cells = (*written, ROW_NUMBER), [*cells, str(number)]
    read = partial(
        read_cells, header if written is header.written else Header.of(written, header.mapping), cells
    )
    return _message(header.mapping, [written, cells], read, place, number)


def unreadable_row(header: Header, text: str, trouble: Unreadable, number: int, place: str) -> Message:
    """A row that has no columns to speak of: kept as it stands."""

    def read() -> Told:
        return Told(header.mapping.id, source=header.mapping.source, trouble=trouble)

    return _message(header.mapping, [header.written, [text]], read, place, number)


def _message(
    mapping: Mapping, rows: Sequence[Sequence[str]], read: Callable[[], Told], place: str, number: int
) -> Message:
    raw = as_csv(rows)
    if len(raw) > ROW_MAX:
        return Message.too_large(
            [raw], TOO_LARGE, place=at_row(place, number), format=NAME, content_type=content_type(mapping)
        )
    return Message.of(raw, read, place=at_row(place, number), format=NAME, content_type=content_type(mapping))


def read_cells(header: Header, cells: Sequence[str]) -> Told:
    """What a row says. A row with too many or too few columns is put aside: nobody knows which one is which."""
    mapping = header.mapping
    if any("\ufffd" in cell for cell in cells):
        return _aside(mapping, "wrong-encoding", "The row is not in a character set that the mapping names.")
    extra = [cell for cell in cells[len(header.names) :] if cell.strip()]
    if extra or len(cells) < len(header.names):
        return _aside(mapping, "ragged-row", "The row has not as many columns as the header.")
    return read_row(row_of(header.names, cells, mapping), mapping)


def row_of(names: Sequence[str], cells: Sequence[str], mapping: Mapping) -> AnyMapping[str, str]:
    """The cells that say something, by the columns' names."""
    pairs = ((name, cell.strip()) for name, cell in zip(names, cells, strict=False))
    return {name: cell for name, cell in pairs if cell and folded(cell) not in mapping.nothing}


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as CSV by RFC 4180, with commas, in UTF-8."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def at_row(place: str, number: int) -> str:
    """``file 2 (.csv), row 17``."""
    return f"{place}, row {number}" if place else f"row {number}"


def _aside(mapping: Mapping, reason: str, why: str) -> Told:
    return Told(mapping.id, source=mapping.source, trouble=Unreadable(reason, why))
