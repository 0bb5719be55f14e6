"""Counts what is new on record into the tree and the heads, and notices where what was counted is no longer so."""

from threading import Event

from consumers.audit import tiles
from consumers.audit.heads import advance
from domain.checkpoint import Checkpoint
from infra.errors import OperatingError
from infra.postgres import Connection

BATCH = 1_000
"""How many facts a transaction counts."""


def count(connection: Connection, stop: Event | None) -> tuple[int, int] | None:
    """Count what is new; how many facts that makes, and the last one's position. None where told to stop."""
    size, position = progress(connection)
    check_counted(connection, size, position)
    while stop is None or not stop.is_set():
        with connection.transaction():
            facts = tiles.facts_after(connection, position, BATCH)
            if facts:
                tiles.append(connection, size, facts)
                advance(connection, facts)
                size, position = size + len(facts), facts[-1].position
                connection.execute("UPDATE audit.progress SET size = %s, position = %s", (size, position))
        # One that is not full reached the end, as it was when it was read.
        if len(facts) < BATCH:
            return size, position
    return None


def progress(connection: Connection) -> tuple[int, int]:
    """How many facts are counted, and the position of the last of them."""
    row = connection.execute("SELECT size, position FROM audit.progress").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def forget(connection: Connection) -> None:
    """Let nothing be counted."""
    with connection.transaction():
        connection.execute("DELETE FROM audit.tile")
        connection.execute("DELETE FROM audit.head")
        connection.execute("UPDATE audit.progress SET size = 0, position = 0")


def check_counted(connection: Connection, size: int, position: int) -> None:
    """Look at the facts counted last, and at one older tile, another each time: all of them is what verify does.

    Raises ``OperatingError`` (exit code 1) where they are not what was counted.
    """
    if not size:
        return
    last = (size - 1) // tiles.WIDTH
    row = connection.execute("SELECT count(*) FROM audit.checkpoint").fetchone()
    assert row is not None
    ends_there = tiles.leaf_number(connection, position) == size - 1
    if not (ends_there and all(tiles.is_true(connection, n) for n in {last, row[0] % (last + 1)})):
        raise finding(
            "Facts that were counted before are not in the store as they were.",
            "Run `carechain audit verify`: it names the fact, and which copy is the odd one out. Where it finds all in"
            " order, `carechain audit checkpoint --recount` makes the hashes anew that are kept beside the facts.",
        )


def check_extends(connection: Connection, before: Checkpoint, size: int) -> None:
    """That the facts counted, `size` of them, begin with those of a checkpoint. Raises as above."""
    if before.size > size:
        raise finding(
            f"The last checkpoint counts {before.size} facts, and the store holds {size}.",
            "The store seems restored from an older backup: restore one that holds them all.",
        )
    if tiles.Tree(connection, before.size).root() != before.root:
        raise finding(
            f"The first {before.size} facts are not those that a checkpoint was signed for.",
            "Run `carechain audit verify`. Where it finds the facts in order, `carechain audit checkpoint --recount`"
            " makes the hashes anew that are kept beside them.",
        )


def finding(message: str, hint: str) -> OperatingError:
    """Something is not as it was signed or counted, and no checkpoint can be made."""
    return OperatingError(message, hint=hint, exit_code=1)
