"""The last fact of every journey: the leaves of the tree that shows that a journey is complete."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from consumers.audit.tiles import StoredFact
from domain import merkle
from domain.checkpoint import head_leaf
from infra.postgres import Connection


class Head(NamedTuple):
    """A journey, the version of its last fact, and the SHA-256 of that fact's bytes."""

    journey: UUID
    version: int
    hash: bytes

    @property
    def leaf_hash(self) -> bytes:
        """The hash of its leaf."""
        return merkle.leaf_hash(head_leaf(self.journey, self.version, self.hash))


def heads_root(heads: Iterable[Head]) -> bytes:
    """The root of the tree over journeys' heads, given in the order of the journeys' ids."""
    return merkle.root([head.leaf_hash for head in heads])


def heads_at(connection: Connection, position: int) -> list[Head]:
    """The heads of all journeys, in the order of their ids, as of the facts up to a position.

    From what is kept beside the facts where that has come exactly so far, and else from all those facts.
    """
    counted = connection.execute("SELECT position FROM audit.progress").fetchone()
    if counted == (position,):
        rows = connection.execute("SELECT journey, version, hash FROM audit.head ORDER BY journey")
    else:
        rows = connection.execute(
            "SELECT DISTINCT ON (originator_id) originator_id, originator_version, sha256(state)"
            " FROM store.journeys_events WHERE notification_id <= %s"
            " ORDER BY originator_id, notification_id DESC",
            (position,),
        )
    return [Head(journey, version, bytes(digest)) for journey, version, digest in rows]


def advance(connection: Connection, facts: Sequence[StoredFact]) -> None:
    """Let the kept heads be those after these facts, too; they come in the order of their positions."""
    last = {fact.journey: fact for fact in facts}
    connection.execute(
        "INSERT INTO audit.head (journey, version, hash)"
        " SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bytea[])"
        " ON CONFLICT (journey) DO UPDATE SET version = excluded.version, hash = excluded.hash",
        (
            list(last),
            [fact.version for fact in last.values()],
            [sha256(fact.raw).digest() for fact in last.values()],
        ),
    )
