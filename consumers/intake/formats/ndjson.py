"""NDJSON: one command a line, or one FHIR resource a line, as FHIR bulk data is written."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from consumers.intake.formats._format import BOM, CHUNK, Format, Received, whole
from consumers.intake.formats.fhir import read_json
from consumers.intake.message import Message, Told
from consumers.intake.ndjson import NAMES, read_line
from domain.errors import Unreadable

NAME = "ndjson"
LINE_MAX = 1024 * 1024
"""Bytes of the longest line that is read: a command has none of this size."""
_TYPE = "application/x-ndjson"
_LINE = f"{_TYPE}; part=line"
"""One line that was told from the others before: what it is among them is not asked again."""


def _recognises(head: bytes) -> bool:
    """By the first two lines: some name NDJSON ``.json``."""
    first, _, rest = head.removeprefix(BOM).lstrip().partition(b"\n")
    return _object(first) is not None and rest.lstrip().startswith(b"{")


def _messages(received: Received) -> Iterator[Message]:
    if received.content_type != _LINE and _is_foreign(received.stream.peek(1)):
        why = "The file is larger than any message (16 MiB)."
        yield whole(
            received,
            16 * CHUNK,
            why,
            lambda raw: Message.of(
                raw, _foreign, place=received.place, format=NAME, content_type=received.content_type
            ),
            NAME,
        )
    else:
        yield from _lines(received)


def _lines(received: Received) -> Iterator[Message]:
    number, place = 0, received.place
    while line := received.stream.readline(LINE_MAX + 1):
        number += 1
        where = f"{place}, line {number}" if place else f"line {number}"
        if len(line) > LINE_MAX:
            yield _rest_of_line(received, line, where)
            continue
        raw = (line.removeprefix(BOM) if number == 1 else line).strip()
        if raw:
            read = read_json if b'"resourceType"' in raw else _read
            yield Message.of(raw, partial(read, raw), place=where, format=NAME, content_type=_LINE)


def _read(raw: bytes) -> Told:
    submissions = read_line(raw)
    return Told("command", tuple(submissions), source=submissions[0].source, unit=submissions[0].unit)


def _rest_of_line(received: Received, begun: bytes, where: str) -> Message:
    def pieces() -> Iterator[bytes]:
        piece = begun
        while piece:
            yield piece
            piece = b"" if piece.endswith(b"\n") else received.stream.readline(CHUNK)

    why = "The line is longer than any command (1 MiB)."
    return Message.too_large(pieces(), why, place=where, format=NAME, content_type=_TYPE)


def _foreign() -> Told:
    raise Unreadable("unknown-format", "The file holds JSON lines, but not of our commands.")


def _is_foreign(head: bytes) -> bool:
    """Whether every line of the beginning is an object of another sort: such a file is put aside as one.

    One odd line says nothing of the others, the first no more than any.
    """
    lines = head.removeprefix(BOM).split(b"\n")  # the last may be cut off
    objects = [_object(line) for line in (lines[:-1] or lines) if line.strip()]
    return bool(objects) and all(found is not None and not _may_be_ours(found) for found in objects)


def _may_be_ours(document: Mapping[str, Any]) -> bool:
    return "resourceType" in document or len(NAMES & document.keys()) >= 2


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


FORMATS = (
    Format(NAME, (_TYPE, "application/jsonl"), (".ndjson", ".jsonl", ".json"), _recognises, 1, _messages),
)
