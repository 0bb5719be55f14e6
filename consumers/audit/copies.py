"""The three copies of a fact as rows, and the sums over blocks of positions by which whole copies are compared.

A copy's sum over a block is that of one keyed hash for each fact in it. The key is random and known to this run alone:
nobody can have made other facts with the same sum, in whatever order and by however many processes it is taken.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec

from domain.envelope import Aware

BLOCK_BITS = 10
BLOCK = 1 << BLOCK_BITS
"""So many positions are compared by one number; where the numbers differ, fact by fact."""
COUNT_BIT = 320
"""A sum has the number of its facts above this bit, and their hashes below."""
LARGEST = (1 << 63) - 1
NO_JOURNEY = bytes(16)

Sums = dict[int, int]
"""Block -> sum."""


class StoreRow(NamedTuple):
    """A row of the event store."""

    position: int
    journey: bytes
    version: int
    topic: str
    raw: bytes


class JournalRow(NamedTuple):
    """A row of the journal; the time is in microseconds since 2000-01-01 UTC, as PostgreSQL has it."""

    store: bytes
    journey: bytes
    version: int
    partition: int
    position: int
    recorded: int
    source_system: str | None
    source_message: str | None
    raw: bytes


@dataclass(frozen=True)
class Ground:
    """What every reader of a copy has to know."""

    store: UUID
    partitions: int
    journalled: Mapping[int, int]
    """Partition -> the offset from which on records need not be in the journal yet."""
    key: bytes
    """Of this run's sums: 64 random bytes."""

    @property
    def source(self) -> str:
        """What every fact of this store names as its source."""
        return f"/carechain/{self.store}"


class Held(NamedTuple):
    """One fact as one copy holds it, without its bytes."""

    position: int
    journey: bytes
    version: int
    digest: bytes
    """SHA-256 of the bytes."""
    leaf: bytes
    """Its leaf's hash (RFC 6962), as this copy has it."""
    partition: int | None = None
    offset: int | None = None
    """Where it lies on Kafka."""


class Head(msgspec.Struct):
    """What of an envelope stands beside the fact, too."""

    subject: str
    journeyversion: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    source: str
    type: str
    recordedtime: Aware
    prevhash: str
    # Any: what is wrong with these does not make the fact unreadable.
    sourcesystem: Any = None
    sourcemessage: Any = None


decode: Callable[[bytes], Head] = msgspec.json.Decoder(Head).decode
place: Callable[[int, bytes, int], bytes] = Struct(">q16sq").pack
"""Position, journey and version as they stand before a fact's bytes in its leaf (`domain.checkpoint.fact_leaf`)."""

_COUNT = 1 << COUNT_BIT


def summing(key: bytes) -> Callable[[bytes], int]:
    """What one fact, given as its leaf, adds to its block's sum."""
    keyed, number, one = hashlib.sha256(key), int.from_bytes, _COUNT

    def summand(leaf: bytes) -> int:
        digest = keyed.copy()
        digest.update(leaf)
        return one + number(digest.digest(), "big")

    return summand


def count(total: int) -> int:
    """How many facts a sum is of."""
    return total >> COUNT_BIT


def held(position: int, journey: bytes, version: int, raw: bytes, *where: int) -> Held:
    """A fact as a copy holds it."""
    leaf = hashlib.sha256(b"\x00" + place(position, journey, version) + raw).digest()
    return Held(position, journey, version, hashlib.sha256(raw).digest(), leaf, *where)
