"""Where one HL7 v2 message ends and the next begins, in a stream of bytes of any length, with bounded memory.

Real files hold several messages with CR, LF or CRLF, byte-order marks, MLLP's framing bytes (0x0b, 0x1c), ``[SOM]`` and
``[EOM]``, and the headers and trailers of batches. A message begins with ``MSH`` at the beginning of a line and ends
where the next begins, at a mark of the end, or at the end of the batch. What stands between messages is no message.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from consumers.intake.hl7v2.charset import wide

_CHUNK: Final = 64 * 1024
_ENDS = re.compile(rb"[\r\n\x0b\x1c]")
_MARKS = rb"(?:\xef\xbb\xbf|\[[SE]OM\]|<[SE]OM>|[ \t\x00\x1d])*"
_MARK = re.compile(_MARKS)
_BEGINS = re.compile(_MARKS + rb"(MSH(?=[^\w\s])|(?:FHS|BHS|BTS|FTS)(?=\W|$))")
_LAST = re.compile(rb"(?:\[EOM\]|<EOM>)[ \t]*[\r\n]?$")
_BLANK: Final = b" \t\r\n\x00\x0b\x1c\x1d"


def begins_like_hl7(head: bytes) -> bool:
    """Whether these first bytes of a file may begin HL7 v2."""
    if codec := wide(head):
        head = head.decode(codec, "replace").encode()
    match = _BEGINS.match(head.lstrip(_BLANK))
    return match is not None and match[1] in (b"MSH", b"FHS", b"BHS")


class Piece(NamedTuple):
    """A part of the stream, far smaller than a message may be."""

    number: int
    """The same for all parts of one message, or of what stands between two; another for the next."""
    is_message: bool
    raw: bytes


def pieces(read: Callable[[int], bytes]) -> Iterator[Piece]:
    """The stream in order, less marks and the headers of batches."""
    number, inside, skipped = 0, False, False
    for line, is_start in _lines(read):
        if is_start:
            skipped = False
            if (match := _BEGINS.match(line)) is not None:
                number += 1
                inside = match[1] == b"MSH"
                skipped = not inside
                line = line[match.start(1) :]
            elif not inside:
                line = line[_end_of_marks(line) :]
        line, is_last = _without_end(line)
        if not skipped and (inside or line.strip(_BLANK)):
            yield Piece(number, inside, line)
        if is_last:
            number, inside = number + 1, False


def narrowed(read: Callable[[int], bytes], codec: str) -> Callable[[int], bytes]:
    """The same reading of UTF-16 text, as UTF-8."""
    decoder = codecs.getincrementaldecoder(codec)("replace")

    def read_narrow(size: int) -> bytes:
        while raw := read(size):
            if text := decoder.decode(raw):
                return text.encode("utf-8", "replace")
        return decoder.decode(b"", True).encode("utf-8", "replace")

    return read_narrow


def _end_of_marks(line: bytes) -> int:
    match = _MARK.match(line)
    return match.end() if match is not None else 0


def _without_end(line: bytes) -> tuple[bytes, bool]:
    """The line without a mark that its message ends here, and whether there was one."""
    if line.endswith(b"\x1c"):
        return line[:-1], True
    match = _LAST.search(line)
    return (line, False) if match is None else (line[: match.start()], True)


def _lines(read: Callable[[int], bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines with their ends, and whether a line begins: one that is very long comes in parts."""
    rest, is_start = b"", True
    while chunk := read(_CHUNK):
        begun, buffer = 0, rest + chunk
        for match in _ENDS.finditer(buffer, len(rest)):
            yield buffer[begun : match.end()], is_start
            begun, is_start = match.end(), True
        rest = buffer[begun:]
        if len(rest) >= _CHUNK:
            yield rest, is_start
            rest, is_start = b"", False
    if rest:
        yield rest, is_start
