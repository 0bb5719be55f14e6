"""MLLP's blocks out of a stream of bytes: where a message begins and ends, and what is wrong where it does not.

A block is ``0B message 1C 0D`` (HL7 v2, Transport Specification: MLLP, Release 1). Senders in the field leave the last
``0D`` out, so ``1C`` alone ends a block. An answer is owed to whatever its sender may take for a message, and to nothing
else: one answer too many, and a sender that only counts would take it for the next message's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from hl7.mllp.streams import CARRIAGE_RETURN, END_BLOCK, START_BLOCK

MESSAGE_MAX = 1024 * 1024
"""Bytes of the largest message that is read."""
HEAD_MAX = 4096
"""Bytes of a message that is not kept of which the answer is made: its first segment."""
_BETWEEN = CARRIAGE_RETURN + b"\n"
_NEXT = re.compile(rb"\x0b(?=(?:\xef\xbb\xbf)?(?:MSH|FHS|BHS))")
"""A block that begins before the last one ended. The byte alone may be a line's end in somebody's free text."""
_MESSAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?MSH")


@dataclass(frozen=True, repr=False)
class Frame:
    """What stood in one block, or in place of one. Its sender waits for one answer."""

    head: bytes
    """The message, or its first ``HEAD_MAX`` bytes where it is not kept: enough to tell which one is answered."""
    wrong: str | None = None
    """What is wrong with the framing, as a sentence: then it is not taken in."""
    digest: str | None = None
    """Hex SHA-256 of a message that is too large to be kept; ``None`` for one that is kept."""
    size: int = 0
    """Bytes of the message."""


class Framer:
    """One connection's bytes, as they come in, to frames. Holds no more than one message, and that up to its limit."""

    def __init__(self, limit: int = MESSAGE_MAX) -> None:
        self._limit = limit
        self._held = bytearray()
        self._passing: _Passing | None = None
        self.ignored = 0
        """Bytes between blocks that were no message."""

    @property
    def begun(self) -> bool:
        """Whether the last bytes fed belong to something that has not ended."""
        return bool(self._held) or self._passing is not None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete. To be read to the end before more is fed."""
        *ended, rest = data.split(END_BLOCK)
        for part in ended:
            self._take(part)
            yield from self._close(ended=True)
        self._take(rest)

    def end(self) -> Iterator[Frame]:
        """What is left where nothing more comes: the sender hung up, or has said nothing for too long."""
        yield from self._close(ended=False)

    def _take(self, part: bytes) -> None:
        if not self.begun:
            part = part.lstrip(_BETWEEN)
        if self._passing is not None:
            self._passing.add(part)
        else:
            self._held += part
            # One byte more: the block's first.
            if len(self._held) > self._limit + 1:
                self._passing = _Passing(bytes(self._held))
                self._held.clear()

    def _close(self, *, ended: bool) -> Iterator[Frame]:
        passing, self._passing = self._passing, None
        if passing is not None:
            yield passing.frame(self._limit)
            return
        content = bytes(self._held)
        self._held.clear()
        if content:
            yield from self._frames(content, ended=ended)

    def _frames(self, content: bytes, *, ended: bool) -> Iterator[Frame]:
        """Most often one; more where a block began before the last one ended."""
        if content.startswith(START_BLOCK):
            stray, (*broken, last) = b"", _NEXT.split(content[1:])
        else:
            stray, *blocks = _NEXT.split(content)
            if not blocks:
                yield from self._without_begin(content)
                return
            *broken, last = blocks
        if _MESSAGE.match(stray):
            yield _wrong(stray, "The message does not begin with the byte 0B.")
        else:
            self.ignored += len(stray)
        for block in broken:
            yield _wrong(block, "The message does not end with the bytes 1C 0D.")
        if not ended:
            yield _wrong(last, "The message does not end with the bytes 1C 0D.")
        elif not last.strip():
            yield _wrong(last, "The block holds no message.")
        else:
            yield Frame(last, size=len(last))

    def _without_begin(self, content: bytes) -> Iterator[Frame]:
        if content.strip():
            yield _wrong(content, "The message does not begin with the byte 0B.")
        else:
            self.ignored += len(content)


class _Passing:
    """A message that is too large: passed over, but for its beginning and its digest."""

    def __init__(self, begun: bytes) -> None:
        self._head = b""
        self._digest = sha256()
        self._size = 0
        self.add(begun.removeprefix(START_BLOCK))

    def add(self, part: bytes) -> None:
        """Count and forget these bytes."""
        if not self._head:
            self._head = part[:HEAD_MAX]
        self._digest.update(part)
        self._size += len(part)

    def frame(self, limit: int) -> Frame:
        """What is known of it."""
        why = f"The message is larger than {limit:,} bytes.".replace(",", " ")
        return Frame(self._head, why, self._digest.hexdigest(), self._size)


def _wrong(content: bytes, why: str) -> Frame:
    return Frame(content[:HEAD_MAX], why, size=len(content))
