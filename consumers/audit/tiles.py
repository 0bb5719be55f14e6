"""The hash tree over all facts as it is kept in tiles, so that roots and proofs need a few rows and no facts.

A help to be quick with, and never evidence: whoever verifies reckons the tree anew from the facts.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from domain import merkle
from domain.checkpoint import fact_leaf
from infra.errors import OperatingError
from infra.postgres import Connection

WIDTH = 256
"""Hashes in a full tile. A hash at one level stands for a full tile of the level below."""
_LEVEL_BITS = 8


class StoredFact(NamedTuple):
    """What a leaf is made of."""

    position: int
    journey: UUID
    version: int
    raw: bytes

    @property
    def leaf_hash(self) -> bytes:
        """The hash of its leaf."""
        return merkle.leaf_hash(fact_leaf(self.position, self.journey, self.version, self.raw))


def facts_after(connection: Connection, position: int, limit: int) -> list[StoredFact]:
    """The next facts of the store in the order of their positions, at most `limit`."""
    rows = connection.execute(
        "SELECT notification_id, originator_id, originator_version, state FROM store.journeys_events"
        " WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
        (position, limit),
        prepare=True,
    )
    return [StoredFact(at, journey, version, bytes(raw)) for at, journey, version, raw in rows]


class Tree:
    """The tree over the first `size` facts, from the tiles; each proof reads a few of them."""

    def __init__(self, connection: Connection, size: int) -> None:
        """Reads through `connection` while it is used. Raises ``OperatingError`` later where so many are not kept."""
        self.size = size
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def root(self) -> bytes:
        """The root over the first `size` facts."""
        return self.subtree(0, self.size) if self.size else merkle.EMPTY

    def leaf(self, n: int) -> bytes:
        """The hash of leaf `n`, from 0."""
        return self._hashes(0, n, 1)[0]

    def inclusion_proof(self, n: int) -> list[bytes]:
        """That leaf `n` (from 0) is in the tree (RFC 6962 section 2.1.1). ``ValueError`` where there is none."""
        return [self.subtree(*part) for part in merkle.inclusion_ranges(n, self.size)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """That the tree extends its first `old_size` leaves (section 2.1.2). ``ValueError`` where it has fewer."""
        return [self.subtree(*part) for part in merkle.consistency_ranges(old_size, self.size)]

    def subtree(self, begin: int, end: int) -> bytes:
        """The root of some leaves that the tree is split into: complete, or at its right edge."""
        size = end - begin
        if size & (size - 1):
            middle = begin + (1 << (size.bit_length() - 1))
            return merkle.node_hash(self.subtree(begin, middle), self.subtree(middle, end))
        level, inside = divmod(size.bit_length() - 1, _LEVEL_BITS)
        return merkle.root(self._hashes(level, begin >> (level * _LEVEL_BITS), 1 << inside))

    def _hashes(self, level: int, first: int, count: int) -> list[bytes]:
        number, at = divmod(first, WIDTH)
        if (level, number) not in self._read:
            self._read[level, number] = _tile(self._connection, level, number)
        found = _split(self._read[level, number])[at : at + count]
        if len(found) != count:
            raise _incomplete()
        return found


def leaf_hashes(connection: Connection, size: int) -> list[bytes]:
    """The hashes of the first `size` facts' leaves. Raises ``OperatingError`` where so many are not counted."""
    rows = connection.execute(
        "SELECT hashes FROM audit.tile WHERE level = 0 AND number < %s ORDER BY number",
        ((size + WIDTH - 1) // WIDTH,),
    )
    found = [leaf for (hashes,) in rows for leaf in _split(bytes(hashes))][:size]
    if len(found) != size:
        raise _incomplete()
    return found


def leaf_number(connection: Connection, position: int) -> int | None:
    """Which leaf (from 0) the fact at this position is; none where no fact is there, or it is not counted yet."""
    row = connection.execute(
        "SELECT number, first_position FROM audit.tile WHERE level = 0 AND first_position <= %s"
        " ORDER BY first_position DESC LIMIT 1",
        (position,),
    ).fetchone()
    counted = connection.execute("SELECT position FROM audit.progress").fetchone()
    if row is None or counted is None or position > counted[0]:
        return None
    before = connection.execute(
        "SELECT count(*) FILTER (WHERE notification_id < %(at)s), bool_or(notification_id = %(at)s)"
        " FROM store.journeys_events WHERE notification_id BETWEEN %(first)s AND %(at)s",
        {"first": row[1], "at": position},
    ).fetchone()
    return int(row[0]) * WIDTH + int(before[0]) if before is not None and before[1] else None


def is_true(connection: Connection, number: int) -> bool:
    """Whether the facts in the store still are those that a tile of level 0 was made of."""
    row = connection.execute(
        "SELECT hashes, first_position FROM audit.tile WHERE level = 0 AND number = %s", (number,)
    ).fetchone()
    if row is None:
        return False
    kept = _split(bytes(row[0]))
    return [fact.leaf_hash for fact in facts_after(connection, row[1] - 1, len(kept))] == kept


def append(connection: Connection, size: int, facts: Sequence[StoredFact]) -> None:
    """Add facts to the tiles of a tree that has `size` leaves."""
    level, at, hashes = 0, size, [fact.leaf_hash for fact in facts]
    positions: Sequence[int] = [fact.position for fact in facts]
    while hashes:
        full = list(_fill(connection, level, at, hashes, positions))
        # Those tiles were the last of their level: what stands for them is the next level's.
        level, at, hashes, positions = level + 1, at // WIDTH, full, ()


def _fill(
    connection: Connection, level: int, size: int, hashes: Sequence[bytes], positions: Sequence[int]
) -> Iterator[bytes]:
    """Write hashes after the first `size` of a level; gives the roots of the tiles that became full."""
    done = 0
    while done < len(hashes):
        number, begin = divmod(size + done, WIDTH)
        added = hashes[done : done + WIDTH - begin]
        before = _split(_tile(connection, level, number)) if begin else []
        if len(before) != begin:
            raise _incomplete()
        # A tile that grows keeps its first position.
        connection.execute(
            "INSERT INTO audit.tile (level, number, hashes, first_position) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes",
            (level, number, b"".join([*before, *added]), positions[done] if positions else None),
            prepare=True,
        )
        done += len(added)
        if begin + len(added) == WIDTH:
            yield merkle.root([*before, *added])


def _tile(connection: Connection, level: int, number: int) -> bytes:
    row = connection.execute(
        "SELECT hashes FROM audit.tile WHERE level = %s AND number = %s", (level, number), prepare=True
    ).fetchone()
    return b"" if row is None else bytes(row[0])


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + merkle.SIZE] for at in range(0, len(hashes), merkle.SIZE)]


def _incomplete() -> OperatingError:
    return OperatingError(
        "The hash tree kept beside the facts is not whole.",
        hint="Run `carechain audit verify`; it does without that tree and says whether facts are missing, too.",
        exit_code=1,
    )
