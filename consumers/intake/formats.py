"""From files to messages: which format a file has, and where one message ends and the next begins.

A file's name may hold an identity. Messages therefore carry the file's number in the order of reading, a known
ending and the line, and never the name.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BufferedReader, FileIO
from typing import Any, Literal

from consumers.intake.fhir_xml import parse_fhir_xml
from consumers.intake.files import Input
from consumers.intake.hospital_notification import read_hospital_notification
from consumers.intake.ndjson import NAMES, read_line
from domain.errors import Unreadable
from domain.submission import Submission

Kind = Literal["ndjson", "json", "xml", "unknown"]

LINE_MAX = 1024 * 1024
"""Bytes of the longest line that is read: a command has none of this size."""
FILE_MAX = 16 * 1024 * 1024
"""Bytes of the largest file that is read whole."""
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Message:
    """One message as received, not read yet."""

    place: str
    """Where it stood, as ``file 2 (.ndjson), line 17``."""
    kind: Kind
    raw: bytes | None
    """As received; ``None`` where it is too large to be kept."""
    digest: str
    """Hex SHA-256 of the bytes."""
    size: int
    read: Callable[[], list[Submission]]
    """What it says; nothing for a message that is not of use. Raises ``Unreadable``."""


def messages(inputs: Iterable[Input]) -> Iterator[Message]:
    """Every message of the files, in order; one file is open at a time."""
    for source in inputs:
        with source.open() as file:
            yield from _of_file(file, source)


def count(inputs: Iterable[Input]) -> int | None:
    """How many messages there are about, for a progress bar; ``None`` where it cannot be known without reading."""
    total = 0
    for source in inputs:
        if source.path is None or not source.path.is_file():
            return None
        with source.open() as file:
            total += _count(file, source.ending)
    return total


def _count(file: "BufferedReader[FileIO]", ending: str) -> int:
    head = file.peek(1)
    if _kind(ending, head) != "ndjson" or _is_foreign(head):
        return 1
    lines, last = 0, b"\n"
    while chunk := file.read(_CHUNK):
        lines += chunk.count(b"\n")
        last = chunk[-1:]
    return lines + (last != b"\n")


def _of_file(file: "BufferedReader[FileIO]", source: Input) -> Iterator[Message]:
    head = file.peek(1)
    kind = _kind(source.ending, head)
    if kind == "ndjson" and not _is_foreign(head):
        yield from _lines(file, source.place)
    else:
        yield _whole(file, source.place, kind)


def _kind(ending: str, head: bytes) -> Kind:
    """By the ending, and by the first bytes where it says nothing, or too little: some name NDJSON ``.json``."""
    if ending in (".ndjson", ".jsonl"):
        return "ndjson"
    begin = head.removeprefix(_BOM).lstrip()
    if ending == ".xml" or (not ending and begin.startswith(b"<")):
        return "xml"
    if not begin.startswith(b"{"):
        return "json" if ending == ".json" else "unknown"
    first, _, rest = begin.partition(b"\n")
    return "ndjson" if _object(first) is not None and rest.lstrip().startswith(b"{") else "json"


def _is_foreign(head: bytes) -> bool:
    """Whether every line of the beginning is an object of another sort: such a file is put aside as one.

    One odd line says nothing of the others, the first no more than any.
    """
    lines = head.removeprefix(_BOM).split(b"\n")  # the last may be cut off
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


def _lines(file: "BufferedReader[FileIO]", place: str) -> Iterator[Message]:
    number = 0
    while line := file.readline(LINE_MAX + 1):
        number += 1
        where = f"{place}, line {number}" if place else f"line {number}"
        if len(line) > LINE_MAX:
            yield _rest_of_line(file, line, where)
            continue
        raw = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if raw:
            # Bundles are written one a line, too (FHIR bulk data).
            read = _read_json if b'"resourceType"' in raw else read_line
            yield Message(where, "ndjson", raw, sha256(raw).hexdigest(), len(raw), partial(read, raw))


def _rest_of_line(file: "BufferedReader[FileIO]", begun: bytes, where: str) -> Message:
    def pieces() -> Iterator[bytes]:
        piece = begun
        while piece:
            yield piece
            piece = b"" if piece.endswith(b"\n") else file.readline(_CHUNK)

    return _too_large(where, "ndjson", pieces(), "The line is longer than any command (1 MiB).")


def _whole(file: "BufferedReader[FileIO]", place: str, kind: Kind) -> Message:
    raw = file.read(FILE_MAX + 1)
    if len(raw) > FILE_MAX:

        def pieces() -> Iterator[bytes]:
            piece = raw
            while piece:
                yield piece
                piece = file.read(_CHUNK)

        return _too_large(place, kind, pieces(), "The file is larger than any message (16 MiB).")
    readers: dict[Kind, Callable[[bytes], list[Submission]]] = {
        "ndjson": _read_foreign,
        "json": _read_json,
        "xml": _read_xml,
        "unknown": _read_unknown,
    }
    return Message(place, kind, raw, sha256(raw).hexdigest(), len(raw), partial(readers[kind], raw))


def _too_large(place: str, kind: Kind, pieces: Iterable[bytes], why: str) -> Message:
    """The digest of what is passed over, so that the sender can find it again."""
    digest, size = sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)

    def refuse() -> list[Submission]:
        raise Unreadable("too-large", why)

    return Message(place, kind, None, digest.hexdigest(), size, refuse)


def _read_json(raw: bytes) -> list[Submission]:
    try:
        document = json.loads(raw.removeprefix(_BOM))
    except RecursionError:
        raise Unreadable("not-json", "The JSON document is nested deeper than any message.") from None
    except ValueError:
        raise Unreadable("not-json", "The document is not JSON in UTF-8.") from None
    if not isinstance(document, dict) or not _may_be_ours(document):
        raise Unreadable("unknown-format", "The JSON is neither a FHIR message nor one of our commands.")
    if "resourceType" in document:
        return read_hospital_notification(document, sha256(raw).hexdigest())
    return read_line(raw.removeprefix(_BOM))


def _read_xml(raw: bytes) -> list[Submission]:
    return read_hospital_notification(parse_fhir_xml(raw), sha256(raw).hexdigest())


def _read_foreign(_: bytes) -> list[Submission]:
    raise Unreadable("unknown-format", "The file holds JSON lines, but not of our commands.")


def _read_unknown(_: bytes) -> list[Submission]:
    raise Unreadable("unknown-format", "The file is neither JSON nor XML.")
