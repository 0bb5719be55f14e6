"""What runs through the whole store: each journey's chain from portion to portion, and the two trees that are signed.

In memory are one entry a journey (about 250 bytes) and the right edge of the tree over all facts.
"""

from collections.abc import Iterable, Sequence
from struct import Struct

from consumers.audit.copies_store import StoreSeen, check_link
from consumers.audit.verify_faults import Fault, Found
from domain.checkpoint import Checkpoint
from domain.merkle import SIZE, Frontier, leaf_hash

_HEAD = Struct(">q32s")


class Roots:
    """The tree over all facts as it grows, held against each checkpoint as it passes its size."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._waiting = sorted(checkpoints, key=lambda checkpoint: checkpoint.size, reverse=True)
        self._frontier = Frontier()
        self.reached: list[tuple[Checkpoint, bytes]] = []
        """Each checkpoint that was passed, with the root that the facts give."""
        self._pass()

    @property
    def size(self) -> int:
        """How many facts there were so far."""
        return self._frontier.size

    @property
    def beyond(self) -> list[Checkpoint]:
        """Checkpoints that count more facts than there were."""
        return self._waiting[::-1]

    def append(self, leaves: bytes) -> None:
        """More leaf hashes, one after the other."""
        append = self._frontier.append
        begin, end = 0, len(leaves) // SIZE
        while begin < end:
            stop = min(end, begin + self._waiting[-1].size - self.size) if self._waiting else end
            for at in range(begin * SIZE, stop * SIZE, SIZE):
                append(leaves[at : at + SIZE])
            begin = stop
            self._pass()

    def _pass(self) -> None:
        while self._waiting and self._waiting[-1].size == self.size:
            self.reached.append((self._waiting.pop(), self._frontier.root()))

    def proven(self) -> int:
        """The position up to which these are the facts that were signed."""
        return max((made.position for made, root in self.reached if made.root == root), default=0)


class Chains:
    """Each journey's last fact so far."""

    def __init__(self) -> None:
        self._heads: dict[bytes, bytes] = {}
        self.found = Found()

    def __len__(self) -> int:
        return len(self._heads)

    def extend(self, seen: StoreSeen) -> None:
        """Go on with the next portion."""
        heads = self._heads
        for journey, (first, named, position, last, digest) in seen.chains.items():
            before = heads.get(journey)
            known = None if before is None else _HEAD.unpack(before)
            check_link(self.found, journey, known, (first, named, position))
            heads[journey] = _HEAD.pack(last, digest)

    def root(self) -> bytes:
        """The root of the tree over the journeys' last facts, as it is now (`domain.checkpoint.head_leaf`)."""
        frontier = Frontier()
        for journey in sorted(self._heads):
            frontier.append(leaf_hash(journey + self._heads[journey]))
        return frontier.root()


def check_roots(roots: Roots, counted: dict[int, int]) -> Iterable[Fault]:
    """The facts held against every checkpoint; ``counted`` has how many facts there are up to each one's position."""
    for made, root in roots.reached:
        if made.root != root:
            yield _fault("root", made, made.root.hex(), root.hex())
    for made in (*(made for made, _ in roots.reached), *roots.beyond):
        facts = counted.get(made.position, roots.size if made.position else 0)
        if facts != made.size:
            yield _fault("size", made, f"{made.size} facts", f"{facts} facts")


def check_heads(chains: Chains, last: Checkpoint) -> Iterable[Fault]:
    """The journeys' last facts, as they are at the last checkpoint's position, held against it.

    Only at the last one: at each earlier one they were others, and to reckon them all would take a pass for each.
    Nothing is lost by it: a journey's last fact at an earlier checkpoint is a fact that its root over all facts proves.
    """
    if chains.root() != last.heads:
        yield _fault("heads", last, last.heads.hex(), chains.root().hex())
    if len(chains) != last.journeys:
        yield _fault("size", last, f"{last.journeys} journeys", f"{len(chains)} journeys")


def _fault(kind: str, made: Checkpoint, expected: str, found: str) -> Fault:
    """Told of the store, until another copy is found to hold what was signed or none does."""
    where = f"checkpoint of {made.size} facts"
    return Fault(kind, ("store",), expected, found, made.position, place=where, why="The signature holds.")
