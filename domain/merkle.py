"""A Merkle tree over a growing list, by RFC 6962 section 2.1: roots, proofs, and how proofs are checked."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIZE: Final = 32
"""Bytes of every hash (SHA-256)."""
EMPTY: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

_LEAF, _NODE = b"\x00", b"\x01"

Range = tuple[int, int]
"""The leaves from the first number up to, and without, the second."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf with this content."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two others."""
    return sha256(_NODE + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over these leaves' hashes."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


class Frontier:
    """The right edge of a growing tree: all that is needed to go on, a few hashes however large the tree is.

    ``peaks`` are the roots of the complete subtrees that the leaves so far fall into, the largest first: one for each
    bit that is set in ``size``.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Go on from an earlier edge. ``ValueError`` where there are not as many peaks as the size asks for."""
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count() or any(len(peak) != SIZE for peak in self.peaks):
            raise ValueError("these are not the peaks of a tree of that size")

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        full = self.size
        while full & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            full >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is."""
        if not self.peaks:
            return EMPTY
        *larger, below = self.peaks
        for peak in reversed(larger):
            below = node_hash(peak, below)
        return below


class Tree:
    """A whole tree in memory, where many proofs are wanted: each is a few look-ups."""

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        self._levels = [list(leaf_hashes)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def root(self) -> bytes:
        """The root."""
        return self._levels[-1][0] if self.size else EMPTY

    def inclusion_proof(self, n: int) -> list[bytes]:
        """As the function of that name."""
        return [self.subtree(*part) for part in inclusion_ranges(n, self.size)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """As the function of that name."""
        return [self.subtree(*part) for part in consistency_ranges(old_size, self.size)]

    def subtree(self, begin: int, end: int) -> bytes:
        """The root of some leaves that the tree is split into: each such part is a node."""
        height = (end - begin - 1).bit_length()
        return self._levels[height][begin >> height]


def inclusion_ranges(n: int, size: int) -> list[Range]:
    """The parts whose roots prove that leaf ``n`` (from 0) is in a tree of ``size`` leaves, from the leaf upwards.

    ``ValueError`` where there is no such leaf.
    """
    if not 0 <= n < size:
        raise ValueError("the tree has no such leaf")
    begin, end, parts = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if n < middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin = middle
    return parts[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """The parts whose roots prove that the first ``old_size`` leaves are still the same; none from 0 or to itself.

    ``ValueError`` where the old tree is larger.
    """
    if not 0 <= old_size <= size:
        raise ValueError("the old tree is larger than the new one")
    if old_size == 0:
        return []
    begin, end, parts = 0, size, []
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin = middle
    # Whoever checks has the old root, and so needs no part that is all of the old tree.
    return parts[::-1] if begin == 0 else [(begin, end), *parts[::-1]]


def inclusion_proof(leaf_hashes: Sequence[bytes], n: int) -> list[bytes]:
    """RFC 6962 section 2.1.1: that leaf ``n`` (from 0) is in the tree. ``ValueError`` where there is none."""
    return _roots(leaf_hashes, inclusion_ranges(n, len(leaf_hashes)))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """RFC 6962 section 2.1.2: that the tree extends its first ``old_size`` leaves. ``ValueError`` as above."""
    return _roots(leaf_hashes, consistency_ranges(old_size, len(leaf_hashes)))


def verify_inclusion(leaf: bytes, n: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows the leaf with hash ``leaf`` as number ``n`` of the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= n < size or not _are_hashes(leaf, root, *proof):
        return False
    here, last, reached = n, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(other, reached)
            here, last = _climb(here, last, lambda at: at & 1 or at == 0)
        else:
            reached = node_hash(reached, other)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows that the new tree begins with the whole old one (RFC 9162 section 2.1.4.2).

    Every tree extends the empty one, and needs no proof for it.
    """
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY
    if old_size == new_size:
        return not proof and old_root == new_root
    # Where the old tree is complete, its root is a node of the new one and is left out of the proof.
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    here, last = _climb(old_size - 1, new_size - 1, lambda at: not at & 1)
    if not path:
        return False
    old = new = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(other, old), node_hash(other, new)
            here, last = _climb(here, last, lambda at: at & 1 or at == 0)
        else:
            new = node_hash(new, other)
        here, last = here >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _above(level: list[bytes]) -> list[bytes]:
    """The next level; an odd one at the end moves up as it is."""
    pairs = zip(level[::2], level[1::2], strict=False)
    return [node_hash(left, right) for left, right in pairs] + (level[-1:] if len(level) % 2 else [])


def _split(size: int) -> int:
    """The largest power of two below ``size``: so many leaves are to the left of the root."""
    return 1 << ((size - 1).bit_length() - 1)


def _roots(leaf_hashes: Sequence[bytes], parts: Iterable[Range]) -> list[bytes]:
    return [root(leaf_hashes[begin:end]) for begin, end in parts]


def _climb(here: int, last: int, reached: Callable[[int], object]) -> tuple[int, int]:
    while not reached(here):
        here, last = here >> 1, last >> 1
    return here, last


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == SIZE for value in values)
