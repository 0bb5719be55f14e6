"""What a format is: how it is told from others, and where one of its messages ends and the next begins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from consumers.intake.message import Message
from consumers.intake.site import Site

BOM = b"\xef\xbb\xbf"
CHUNK = 1024 * 1024


class Stream(Protocol):
    """Bytes that are read once, from the beginning: of a file, a body, a value."""

    def read(self, size: int = -1, /) -> bytes: ...

    def readline(self, size: int | None = -1, /) -> bytes: ...

    def peek(self, size: int = 0, /) -> bytes: ...


@dataclass(frozen=True)
class Received:
    """Where bytes came from and what is known of them before they are read."""

    stream: Stream
    place: str
    """How a person finds it without its name: ``file 2 (.csv)``; nothing for standard input."""
    content_type: str
    """As given, with its parameters; else the format's own."""
    site: Site
    """What this installation says of those who send to it."""


@dataclass(frozen=True)
class Format:
    """One way in which messages are written."""

    name: str
    """As letters and counts call it: ``hl7v2``."""
    content_types: tuple[str, ...]
    """In lower case without parameters; the first is what a message is said to be."""
    endings: tuple[str, ...]
    """Of files: ``.hl7``. Several formats may have one."""
    recognises: Callable[[bytes], bool]
    """Whether these first bytes of a file may begin it."""
    weight: int
    """Of several that recognise a beginning the heaviest is taken: the one that looks closest."""
    messages: Callable[[Received], Iterator[Message]]
    """The messages in order, never more than one of them in memory. What is no message comes as one that cannot be read."""


def whole(received: Received, limit: int, why: str, made: Callable[[bytes], Message], name: str) -> Message:
    """The one message of a stream that is read whole, up to ``limit`` bytes; a larger one is passed over."""
    raw = received.stream.read(limit + 1)
    if len(raw) <= limit:
        return made(raw)

    def pieces() -> Iterator[bytes]:
        piece = raw
        while piece:
            yield piece
            piece = received.stream.read(CHUNK)

    return Message.too_large(
        pieces(), why, place=received.place, format=name, content_type=received.content_type
    )
