"""Reads event logs of process mining (XES, IEEE 1849): each event with its case's attributes is one row.

The columns are called as process mining calls them in a table: an event's own attributes by their keys
(``concept:name``, ``time:timestamp``, ``lifecycle:transition``, ``org:resource``), those of its case with ``case:``
before them.
"""

from collections import deque
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from itertools import chain
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from consumers.intake.formats._format import CHUNK, Received
from consumers.intake.message import Message, Told
from consumers.intake.tables.header import Header, find_header, mappings_for, unknown_table
from consumers.intake.tables.table_message import NAME, ROW_MAX, row_message
from domain.errors import Unreadable

KEPT_MAX = 16 * 1024 * 1024
"""Bytes of the largest log that is kept where no mapping fits it."""
_SILENT_MAX = 4 * 1024 * 1024
"""Bytes that may pass without an element beginning or ending: no tag is so long."""
_DEEPEST = 50
_PIECE = 64 * 1024
_ATTRIBUTES = frozenset({"string", "date", "int", "float", "boolean", "id"})
_BROKEN = "The log is not well-formed XML, holds a document type, or has a part that is larger than any."

Row = AnyMapping[str, str]


def recognises(head: bytes) -> bool:
    """Whether these first bytes of an XML document are an event log's."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"<log" in head and b"<fhir" not in head


def xes_messages(received: Received) -> Iterator[Message]:
    """The events of a log as messages; a log that no mapping fits as one, and what is broken of one as one."""
    head = received.stream.read(KEPT_MAX + 1)
    rest = iter(lambda: received.stream.read(CHUNK), b"")
    mappings = mappings_for(received.site, None)
    pieces = chain((head[at : at + _PIECE] for at in range(0, len(head), _PIECE)), rest)
    header: Header | None = None
    number = 0
    try:
        for row in _events(pieces):
            number += 1
            names = tuple(row)
            if header is None:
                found = find_header([names], mappings)
                if found is None:
                    yield _whole(received, head, rest, unknown_table([names], mappings))
                    return
                header = found[1]
            if header.written != names:
                header = Header.of(names, header.mapping)
            yield row_message(header, list(row.values()), number, received.place)
    except _BrokenLogError:
        yield _whole(received, head, rest, Unreadable("not-xml", _BROKEN))


def _whole(received: Received, head: bytes, rest: Iterator[bytes], trouble: Unreadable) -> Message:
    """The log itself, put aside."""

    def refuse() -> Told:
        raise trouble

    if len(head) <= KEPT_MAX:
        return Message.of(head, refuse, place=received.place, format=NAME, content_type=received.content_type)
    pieces = chain((head,), rest)
    large = Message.too_large(
        pieces, "", place=received.place, format=NAME, content_type=received.content_type
    )
    return replace(large, read=refuse)


class _BrokenLogError(Exception):
    """What follows cannot be read."""


def _events(pieces: Iterator[bytes]) -> Iterator[Row]:
    handler = _Handler()
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    silent = 0
    try:
        for piece in pieces:
            handler.heard = False
            parser.feed(piece)
            silent = 0 if handler.heard else silent + len(piece)
            if silent > _SILENT_MAX:
                raise _BrokenLogError
            while handler.rows:
                yield handler.rows.popleft()
        parser.close()
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        while handler.rows:
            yield handler.rows.popleft()
        raise _BrokenLogError from None
    while handler.rows:
        yield handler.rows.popleft()


class _Handler(ContentHandler):
    """Keeps the attributes of the case and of the event that are open, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: deque[Row] = deque()
        self.heard = False
        self._path: list[str] = []
        self._case: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._sizes = {"trace": 0, "event": 0}

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX's own name
        self.heard = True
        name = name.rpartition(":")[2]
        if len(self._path) >= _DEEPEST:
            raise SAXException("deeper than any log")
        if name == "trace":
            self._case = {}
            self._sizes["trace"] = 0
        elif name == "event":
            self._event = {}
            self._sizes["event"] = 0
        elif name in _ATTRIBUTES and self._path:
            self._attribute(self._path[-1], attrs)
        self._path.append(name)

    def endElement(self, name: str) -> None:  # noqa: N802
        self.heard = True
        self._path.pop()
        if name.rpartition(":")[2] == "event" and self._path[-1:] in (["trace"], ["log"]):
            self.rows.append({**self._event, **self._case})
            self._event = {}

    def characters(self, content: str) -> None:
        self.heard = True

    def _attribute(self, within: str, attrs: Any) -> None:
        """One of a case or an event; attributes of attributes are left out."""
        key, value = attrs.get("key"), attrs.get("value")
        if key is None or value is None or within not in ("trace", "event"):
            return
        if self._sizes[within] > 2 * ROW_MAX:
            return  # the row is too large by now, whatever more it holds
        self._sizes[within] += len(key) + len(value)
        if within == "event":
            self._event[key[:ROW_MAX]] = value[: ROW_MAX + 1]
        else:
            self._case[f"case:{key[:ROW_MAX]}"] = value[: ROW_MAX + 1]
