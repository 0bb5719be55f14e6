"""Reads rows from text with separators, one at a time: whatever the bytes are, no more than one row is in memory."""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import cast

from consumers.intake.formats._format import BOM, CHUNK, Stream
from consumers.intake.tables.table_message import ROW_MAX
from domain.errors import Unreadable

csv.field_size_limit(ROW_MAX + 1)  # the module's own limit is smaller than a row may be
_LINES_MAX = 500
"""Lines that one row may run over: a quotation mark that nobody closed would else swallow all that follows."""
_OPEN_MAX = 100
"""Rows that could not be read, after which what follows is no longer looked through again."""
_OPEN = "open-quote", "A quotation mark in the row is never closed."
_BROKEN = "broken-row", "The row breaks off inside a column."


@dataclass(frozen=True)
class Dialect:
    """How a text's rows are written."""

    separator: str
    quote: str
    encodings: Sequence[str]


@dataclass(frozen=True)
class TextRow:
    """One row of the text."""

    number: int
    """Its place among the rows, from 1, with the header and empty ones."""
    cells: Sequence[str]
    trouble: Unreadable | None = None
    """Why it has no cells but one: the row as it stands."""
    pieces: Iterator[bytes] | None = None
    """Of a row that is too large: its bytes, which are to be read before the next row."""


def plain_text(stream: Stream) -> Stream:
    """The same text in an encoding whose separators and line ends are single bytes: UTF-16 becomes UTF-8."""
    head = stream.peek(1)
    wide = _utf_16(head)
    if wide is not None:
        decoder = codecs.getincrementaldecoder(wide)(errors="replace")
        return _changed(stream, lambda piece: decoder.decode(piece, not piece).encode("utf-8", "replace"))
    if b"\n" not in head and b"\r" in head:
        return _changed(stream, lambda piece: piece.replace(b"\r", b"\n"))
    return stream


def first_rows(head: bytes, dialect: Dialect) -> Iterator[Sequence[str]]:
    """The rows at the beginning of a text, as far as they can be read."""
    text = _decoded(head.removeprefix(BOM), dialect.encodings)
    try:
        yield from csv.reader(
            text.splitlines(keepends=True), delimiter=dialect.separator, quotechar=dialect.quote, strict=True
        )
    except csv.Error:
        return


def rows(stream: Stream, dialect: Dialect) -> Iterator[TextRow]:
    """Every row of the text, in order."""
    lines = _Lines(stream)
    number, opened = 0, 0
    while line := lines.next():
        number += 1
        if number == 1:
            line = line.removeprefix(BOM)
        if len(line) > ROW_MAX:
            yield TextRow(number, (), pieces=lines.rest(line))
            continue
        row = _Row(lines, line, dialect, look_on=opened < _OPEN_MAX)
        try:
            cells = next(row.reader, [])
        except (_Endless, csv.Error) as error:
            opened += 1
            lines.put_back(row.taken[1:])
            is_open = isinstance(error, _Endless) or len(row.taken) > 1
            yield _unreadable(number, line, dialect, *(_OPEN if is_open else _BROKEN))
        else:
            yield TextRow(number, cells)


def _unreadable(number: int, line: bytes, dialect: Dialect, reason: str, why: str) -> TextRow:
    text = _decoded(line, dialect.encodings).rstrip("\r\n")
    return TextRow(number, (text,), trouble=Unreadable(reason, why))


class _Endless(Exception):
    """A row that runs on over more lines than one does."""


class _Row:
    """One row being read: it takes lines as long as a quotation mark is open."""

    def __init__(self, lines: "_Lines", first: bytes, dialect: Dialect, *, look_on: bool) -> None:
        self.taken = [first]
        self._lines = lines
        self._dialect = dialect
        self._most = _LINES_MAX if look_on else 1
        # Strict: what follows a closing quotation mark tells that it was the opening one of another row.
        self.reader = csv.reader(
            self._texts(), delimiter=dialect.separator, quotechar=dialect.quote, strict=True
        )

    def _texts(self) -> Iterator[str]:
        size = len(self.taken[0])
        yield _decoded(self.taken[0], self._dialect.encodings)
        while True:
            line = self._lines.next() if len(self.taken) < self._most else b""
            if line:
                self.taken.append(line)
                size += len(line)
            if not line or size > ROW_MAX:
                raise _Endless
            yield _decoded(line, self._dialect.encodings)


class _Lines:
    """Lines of a stream, to which lines that were read too far can be given back."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._back: deque[bytes] = deque()

    def next(self) -> bytes:
        return self._back.popleft() if self._back else self._stream.readline(ROW_MAX + 1)

    def put_back(self, lines: Sequence[bytes]) -> None:
        self._back.extendleft(reversed(lines))

    def rest(self, begun: bytes) -> Iterator[bytes]:
        """The pieces of a line that is too long."""
        piece = begun
        while piece:
            yield piece
            piece = b"" if piece.endswith(b"\n") else self._stream.readline(CHUNK)


def _decoded(line: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


def _utf_16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:200]
    if len(sample) >= 4 and sample.count(0) > len(sample) // 3:
        return "utf-16-be" if sample[0] == 0 else "utf-16-le"
    return None


class _Changed(RawIOBase):
    """Another stream's bytes, changed piece by piece."""

    def __init__(self, stream: Stream, change: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._change = change
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        into = memoryview(cast("bytearray", buffer))
        while not self._ready and not self._ended:
            piece = self._stream.read(64 * 1024)
            self._ended = not piece
            self._ready = self._change(piece)
        size = min(len(into), len(self._ready))
        into[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def _changed(stream: Stream, change: Callable[[bytes], bytes]) -> Stream:
    return BufferedReader(_Changed(stream, change), CHUNK)
