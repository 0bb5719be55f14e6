"""What a checkpoint says: how many facts are on record, and the two roots that stand for every byte of them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from domain.calendar import format_instant, parse_instant
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

NO_PREVIOUS: Final = "0" * 64
"""Stands for the previous checkpoint in a store's first."""

_HASH = 32
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ORIGIN = re.compile(r"[^\s+]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+", re.ASCII)
_ANYTHING = re.compile(r".+")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LINES = 8


def origin_of(store: UUID) -> str:
    """What a store calls itself in its checkpoints; also the name of its signing key."""
    return f"carechain/{store}"


def fact_leaf(position: int, journey: UUID, version: int, raw: bytes) -> bytes:
    """The content of a fact's leaf: its place in the store, its place in its journey, and its exact stored bytes."""
    return position.to_bytes(8, "big") + journey.bytes + version.to_bytes(8, "big") + raw


def head_leaf(journey: UUID, version: int, last_raw_sha256: bytes) -> bytes:
    """The content of a journey's leaf: the version of its last fact, and the SHA-256 of that fact's bytes.

    Each fact names the digest of the one before it, so this stands for the whole journey.
    """
    return journey.bytes + version.to_bytes(8, "big") + last_raw_sha256


def note_digest(note: bytes) -> str:
    """How the next checkpoint names this one: the hex SHA-256 of its whole signed note."""
    return sha256(note).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """The text that is signed: a C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint), with extension lines of our own."""

    origin: str
    size: int
    """How many facts: the first so many, in the order of their positions."""
    root: bytes
    """Of the tree over those facts (RFC 6962)."""
    position: int
    """Of the last of them; 0 where there is none."""
    journeys: int
    """How many journeys those facts are about."""
    heads: bytes
    """The root of the tree over those journeys' last facts, in the order of the journeys' ids."""
    time: datetime
    """When it was made (UTC, by the clock of whoever made it)."""
    previous: str
    """The digest of the checkpoint before it, as `note_digest` gives it."""

    def text(self) -> str:
        """The lines, each ended by a newline; what is signed is exactly this in UTF-8."""
        return "".join(
            f"{line}\n"
            for line in (
                self.origin,
                self.size,
                _base64(self.root),
                f"position {self.position}",
                f"journeys {self.journeys}",
                f"heads {_base64(self.heads)}",
                f"time {format_instant(self.time)}",
                f"previous {self.previous}",
            )
        )

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a checkpoint. Raises ``Refused`` where it is anything else, by so much as a space."""
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[-1]:
            raise _unreadable()
        read = _Lines(iter(lines))
        made = cls(
            origin=read.match(_ORIGIN),
            size=read.number(),
            root=read.hash(),
            position=read.number("position"),
            journeys=read.number("journeys"),
            heads=read.hash("heads"),
            time=read.instant("time"),
            previous=read.match(_DIGEST, "previous"),
        )
        # One way to write it only: a time with other digits or other base64 of the same bytes is not ours.
        if made.text() != text or not made._is_possible():
            raise _unreadable()
        return made

    def _is_possible(self) -> bool:
        """Positions begin at 1 and have gaps; each journey has a fact."""
        return self.position >= self.size >= self.journeys and bool(self.position) == bool(self.journeys)


class _Lines:
    """The lines one after the other; whatever is not as expected is refused."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def match(self, pattern: re.Pattern[str], word: str = "") -> str:
        line = next(self._lines)
        begin = f"{word} " if word else ""
        value = line.removeprefix(begin)
        if not line.startswith(begin) or not pattern.fullmatch(value):
            raise _unreadable()
        return value

    def number(self, word: str = "") -> int:
        return int(self.match(_NUMBER, word))

    def hash(self, word: str = "") -> bytes:
        try:
            value = base64.b64decode(self.match(_BASE64, word), validate=True)
        except binascii.Error:
            raise _unreadable() from None
        if len(value) != _HASH:
            raise _unreadable()
        return value

    def instant(self, word: str) -> datetime:
        try:
            return parse_instant(self.match(_ANYTHING, word), default_zone=None)
        except Refused:
            raise _unreadable() from None


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _unreadable() -> Refused:
    return Refused(
        "This is not the text of a checkpoint.",
        "A checkpoint is a file of a few lines as carechain wrote it; nothing may be added or changed.",
    )
