"""What a verification can find: each kind of fault in words, and the first of each kind with how many there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import UUID

Copy = Literal["store", "kafka", "journal"]
"""The three places where a fact is kept."""
COPIES: tuple[Copy, ...] = get_args(Copy)

KINDS: dict[str, str] = {
    "changed": "A fact is not the same in all copies.",
    "missing": "A fact is missing from a copy.",
    "added": "A copy holds a fact that the others do not hold.",
    "moved": "A fact stands at another place in a copy.",
    "repeated": "A copy holds a fact twice.",
    "unreadable": "A fact's bytes cannot be read.",
    "row": "What stands beside a fact contradicts the fact.",
    "gap": "A journey's versions do not follow each other.",
    "chain": "A fact does not name the hash of the one before it.",
    "damaged": "Kafka hands out records whose checksum is wrong.",
    "partition": "A record lies in another partition than its key's.",
    "order": "Positions do not ascend within a partition.",
    "signature": "A checkpoint is not as it was signed.",
    "root": "The facts are not those that a checkpoint was signed for.",
    "heads": "The journeys' last facts are not those that a checkpoint was signed for.",
    "size": "A checkpoint counts other facts than there are.",
    "succession": "Checkpoints do not follow each other.",
    "checkpoint": "A checkpoint is not the same wherever it is kept.",
}
"""In the order in which they are told."""

NOWHERE = 1 << 62
"""Comes after every position."""


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it must be. Never holds a fact's own words: digests, numbers and references only."""

    kind: str
    odd: tuple[str, ...]
    """The copies that are wrong, as far as that can be told; none where it cannot."""
    expected: str
    found: str
    position: int | None = None
    journey: UUID | None = None
    version: int | None = None
    place: str | None = None
    """Where on Kafka, or which checkpoint."""
    why: str = ""
    """What shows which copy is the odd one out."""

    @property
    def order(self) -> tuple[int, int, str, str]:
        """The first of several faults is the one with the lowest position."""
        position = NOWHERE if self.position is None else self.position
        return position, list(KINDS).index(self.kind), self.place or "", self.found


@dataclass
class Found:
    """Of each kind the first fault, and how many."""

    first: dict[str, Fault] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """One more."""
        self._put(fault, 1)

    def merge(self, other: "Found") -> None:
        """All that another has."""
        for kind, fault in other.first.items():
            self._put(fault, other.count[kind])

    def _put(self, fault: Fault, count: int) -> None:
        known = self.first.get(fault.kind)
        if known is None or fault.order < known.order:
            self.first[fault.kind] = fault
        self.count[fault.kind] = self.count.get(fault.kind, 0) + count

    def __iter__(self) -> Iterator[Fault]:
        return (self.first[kind] for kind in KINDS if kind in self.first)

    def __bool__(self) -> bool:
        return bool(self.first)


def gathered(faults: Iterable[Fault]) -> Found:
    """The first of each kind among these."""
    found = Found()
    for fault in faults:
        found.add(fault)
    return found
