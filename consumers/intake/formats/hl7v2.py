"""HL7 v2 in its pipe form (ER7): messages of any type, one or many in a file, as they are or in batches."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, groupby

from consumers.intake.formats._format import Format, Received
from consumers.intake.hl7v2.adt import read_message
from consumers.intake.hl7v2.charset import wide
from consumers.intake.hl7v2.splitting import Piece, begins_like_hl7, narrowed, pieces
from consumers.intake.message import Message, Told
from domain.errors import Unreadable

NAME = "hl7v2"
MESSAGE_MAX = 1024 * 1024
"""Bytes of the largest message that is read."""
_TYPES = ("application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/hl7v2")
_TOO_LARGE = "The message is larger than any that is read (1 MiB)."
_BLANK = b" \t\r\n\x00\x0b\x1c\x1d"
_MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def _messages(received: Received) -> Iterator[Message]:
    codec = wide(received.stream.peek(8))
    read = narrowed(received.stream.read, codec) if codec else received.stream.read
    number = 0
    for (_, is_message), parts in groupby(pieces(read), lambda piece: (piece.number, piece.is_message)):
        raw, rest = _collected(parts)
        if not raw:
            continue
        number += 1
        place = f"{received.place}, message {number}" if received.place else f"message {number}"
        if rest is not None:
            every = chain([raw], rest)
            yield Message.too_large(every, _TOO_LARGE, place=place, format=NAME, content_type=_TYPES[0])
            continue
        if codec:
            raw = _MARKS[codec] + raw.decode("utf-8", "replace").encode(codec, "replace")
        reading = partial(read_message, raw, received.site.profiles) if is_message else _no_message
        yield Message.of(raw, reading, place=place, format=NAME, content_type=_TYPES[0])


def _collected(parts: Iterable[Piece]) -> tuple[bytes, Iterator[bytes] | None]:
    """The parts joined, without space around them; with what is left of them where they are too large to be kept."""
    found, size = [], 0
    left = iter(parts)
    for part in left:
        found.append(part.raw)
        size += len(part.raw)
        if size > MESSAGE_MAX:
            return b"".join(found), (piece.raw for piece in left)
    return b"".join(found).strip(_BLANK), None


def _no_message() -> Told:
    raise Unreadable(
        "no-header", "Here stands something that does not begin with a message header (MSH).", "MSH"
    )


FORMATS = (Format(NAME, _TYPES, (".hl7", ".adt", ".er7"), begins_like_hl7, 2, _messages),)
