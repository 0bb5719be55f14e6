"""One compact proof for many leaves of a Merkle tree: every hash that cannot be worked out from the leaves themselves."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from domain.merkle import EMPTY, node_hash

MOST_LEAVES = 2**63
"""No tree is larger: it keeps a made-up size from becoming work."""
_END = (MOST_LEAVES, b"")


def missing_parts(leaves: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """The parts of a tree (from the first leaf's number up to, and without, the second) that hold none of ``leaves``.

    From left to right, each the root of a subtree by RFC 6962, none of them next to one that would make a larger one.
    ``leaves`` are numbers in ascending order. Their roots are the proof.
    """

    def walk(begin: int, end: int) -> Iterator[tuple[int, int]]:
        inside = bisect_left(leaves, end) - bisect_left(leaves, begin)
        if inside == 0:
            yield begin, end
        elif inside < end - begin:
            middle = begin + _left(end - begin)
            yield from walk(begin, middle)
            yield from walk(middle, end)

    return walk(0, size) if size else iter(())


def proof(leaves: Sequence[int], size: int, root_of: Callable[[int, int], bytes]) -> list[bytes]:
    """The hashes that, with those of ``leaves``, come to the root of the tree over ``size`` leaves."""
    return [root_of(begin, end) for begin, end in missing_parts(leaves, size)]


def folded(size: int, leaves: Iterable[tuple[int, bytes]], hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over ``size`` leaves, some of which are given as number and hash, by a proof for them.

    Takes the leaves one by one, however many there are. Raises ``ValueError`` where they are not in ascending order or
    not of the tree, and where the proof has too few hashes or too many.
    """
    given = chain(leaves, [_END])
    rest = iter(hashes)
    number, leaf = next(given)

    def walk(begin: int, end: int) -> bytes:
        nonlocal number, leaf
        if number >= end:
            found = next(rest, None)
            if found is None:
                raise ValueError("The proof has too few hashes.")
            return found
        if end - begin == 1:
            if number != begin:
                raise ValueError("The leaves are not in ascending order.")
            found = leaf
            number, leaf = next(given)
            return found
        middle = begin + _left(end - begin)
        return node_hash(walk(begin, middle), walk(middle, end))

    root = walk(0, min(size, MOST_LEAVES)) if size else EMPTY
    if next(rest, None) is not None:
        raise ValueError("The proof has too many hashes.")
    if (number, leaf) != _END:
        raise ValueError("The leaves are not in ascending order, or are not of the tree.")
    return root


def _left(size: int) -> int:
    """How many leaves lie to the left of the root: the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
