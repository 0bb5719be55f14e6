"""Tables that a mapping reads: text with separators, workbooks, event logs of process mining. Each row is a message."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from consumers.intake.formats._format import Format, Received, whole
from consumers.intake.message import Message, Told
from consumers.intake.tables.header import Header, find_header, mappings_for, unknown_table
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.table_message import (
    NAME,
    TOO_LARGE,
    at_row,
    content_type,
    row_message,
    unreadable_row,
)
from consumers.intake.tables.text import Dialect, first_rows, plain_text, rows
from consumers.intake.tables.workbook import workbook_messages
from consumers.intake.tables.xes import recognises as recognises_xes
from consumers.intake.tables.xes import xes_messages

UNKNOWN_MAX = 16 * 1024 * 1024
"""Bytes of the largest table that is kept where no mapping fits it."""
_SEPARATORS = (";", "\t", ",", "|")
_HEAD = 64 * 1024
_ROW_ENCODINGS = ("utf-8",)


def _messages(received: Received) -> Iterator[Message]:
    stream = plain_text(received.stream)
    head = stream.peek(1)[:_HEAD]
    if not head.strip():
        return
    named, is_row = _named(received.content_type)
    mappings = mappings_for(received.site, named)
    found = _find(head, mappings, alone=is_row)
    if found is None:
        yield _unknown(replace(received, stream=stream), head, mappings)
        return
    begin, header, dialect = found
    for row in rows(stream, dialect):
        if row.number <= begin + 1:
            continue
        if row.pieces is not None:
            yield Message.too_large(
                row.pieces,
                TOO_LARGE,
                place=at_row(received.place, row.number),
                format=NAME,
                content_type=content_type(header.mapping),
            )
        elif row.trouble is not None:
            yield unreadable_row(header, row.cells[0], row.trouble, row.number, received.place)
        elif any(cell.strip() for cell in row.cells):
            yield row_message(header, row.cells, row.number, received.place)


def _named(content_type: str) -> tuple[str | None, bool]:
    """The mapping that a content type names, and whether it is one of our rows: those name its version, too."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "mapping":
            mapping, at, _ = value.strip().strip('"').partition("@")
            return mapping, bool(at)
    return None, False


def _find(head: bytes, mappings: Sequence[Mapping], *, alone: bool) -> tuple[int, Header, Dialect] | None:
    """The first mapping that fits with one of the separators, the one that it names before the others."""
    for mapping in mappings:
        dialects = [Dialect(",", '"', _ROW_ENCODINGS)] if alone else _dialects(mapping)
        for dialect in dialects:
            found = find_header(first_rows(head, dialect), [mapping])
            if found is not None:
                return *found, dialect
    return None


def _dialects(mapping: Mapping) -> list[Dialect]:
    form = mapping.file
    separators = dict.fromkeys((*([form.separator] if form.separator else []), *_SEPARATORS))
    encodings = tuple(name for name in form.encodings if name != "utf-16") or _ROW_ENCODINGS
    return [Dialect(separator, form.quote, encodings) for separator in separators]


def _unknown(received: Received, head: bytes, mappings: Sequence[Mapping]) -> Message:
    """One message for the whole table, not one a row."""
    looked_at = [
        list(row)
        for separator in _SEPARATORS
        for row, _ in zip(first_rows(head, Dialect(separator, '"', _ROW_ENCODINGS)), range(20), strict=False)
    ]
    trouble = unknown_table(looked_at, mappings)

    def refuse() -> Told:
        raise trouble

    def made(raw: bytes) -> Message:
        return Message.of(raw, refuse, place=received.place, format=NAME, content_type=received.content_type)

    return replace(whole(received, UNKNOWN_MAX, "", made, NAME), read=refuse)


def _recognises(head: bytes) -> bool:
    """Text whose first lines have the same separators; the beginning of nothing else that is read here."""
    if b"\x00" in head[:4] or head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[", b"<", b""):
        return head.startswith((b"\xff\xfe", b"\xfe\xff"))
    lines = head[:_HEAD].splitlines()[:2]
    return len(lines) == 2 and any(
        lines[0].count(sign) == lines[1].count(sign) > 0 for sign in (b";", b"\t", b",")
    )


_XLSX = b"PK\x03\x04"
_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

FORMATS = (
    Format(
        NAME,
        ("text/csv", "text/tab-separated-values", "application/csv"),
        (".csv", ".tsv"),
        _recognises,
        -1,
        _messages,
    ),
    Format(
        "workbook",
        (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.ms-excel",
            "application/vnd.oasis.opendocument.spreadsheet",
        ),
        (".xlsx", ".xls", ".ods"),
        lambda head: head.startswith((_XLSX, _XLS)),
        0,
        workbook_messages,
    ),
    Format(
        "xes", ("application/xes+xml", "application/x-xes"), (".xes", ".xml"), recognises_xes, 1, xes_messages
    ),
)
