"""The hash tree: the vectors everybody uses, a slow second implementation, and proofs that must not be believed."""

import pickle
from collections.abc import Iterator

import naive_tree as naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY,
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves of the certificate transparency projects' tests, the root of each beginning of them, and proofs.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
L0, L1, L4, L6 = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
)
N01, N23, N45, N67 = (
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
N0123, N4567 = (
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
INCLUSION = [
    (0, 1, []),
    (0, 8, [L1, N23, N4567]),
    (5, 8, [L4, N67, N0123]),
    (2, 3, [N01]),
    (1, 5, [L0, N23, L4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [L1, N23, N4567]),
    (6, 8, [N45, N67, N0123]),
    (2, 5, [N23, L4]),
    (6, 7, [N45, L6, N0123]),
    (0, 8, []),
]
MOST = 70


def entries(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


def test_the_published_roots() -> None:
    assert [root(LEAVES[:size]) for size in range(9)] == ROOTS
    assert [Tree(LEAVES[:size]).root() for size in range(9)] == ROOTS
    growing = Frontier()
    found = [growing.root()]
    for leaf in LEAVES:
        growing.append(leaf)
        found.append(growing.root())
    assert found == ROOTS


@pytest.mark.parametrize(("n", "size", "expected"), INCLUSION)
def test_the_published_inclusion_proofs(n: int, size: int, expected: list[str]) -> None:
    proof = inclusion_proof(LEAVES[:size], n)
    assert [one.hex() for one in proof] == expected
    assert Tree(LEAVES[:size]).inclusion_proof(n) == proof
    assert verify_inclusion(LEAVES[n], n, size, proof, ROOTS[size])


@pytest.mark.parametrize(("old", "size", "expected"), CONSISTENCY)
def test_the_published_consistency_proofs(old: int, size: int, expected: list[str]) -> None:
    proof = consistency_proof(LEAVES[:size], old)
    assert [one.hex() for one in proof] == expected
    assert Tree(LEAVES[:size]).consistency_proof(old) == proof
    assert verify_consistency(old, ROOTS[old], size, ROOTS[size], proof)


def test_every_size_agrees_with_the_text_of_the_rfc() -> None:
    for size in range(MOST + 1):
        data = entries(size)
        leaves = [leaf_hash(one) for one in data]
        top = naive.mth(data)
        tree = Tree(leaves)
        assert root(leaves) == tree.root() == top
        for n in range(size):
            proof = naive.path(n, data)
            assert inclusion_proof(leaves, n) == tree.inclusion_proof(n) == proof
            assert verify_inclusion(leaves[n], n, size, proof, top)
        for old in range(1, size):
            proof = naive.proof(old, data)
            assert consistency_proof(leaves, old) == tree.consistency_proof(old) == proof
            assert verify_consistency(old, naive.mth(data[:old]), size, top, proof)


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_any_entries_agree_with_the_text_of_the_rfc(data: list[bytes]) -> None:
    leaves = [leaf_hash(one) for one in data]
    growing = Frontier()
    for leaf in leaves:
        growing = pickle.loads(pickle.dumps(growing))
        growing.append(leaf)
    assert growing.size == len(data)
    assert growing.root() == root(leaves) == naive.mth(data)


def changed(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Each byte of a proof another one, each hash gone, twice, or cut short, one more at either end, two exchanged."""
    for at, one in enumerate(proof):
        for byte in range(len(one)):
            yield [*proof[:at], one[:byte] + bytes([one[byte] ^ 1]) + one[byte + 1 :], *proof[at + 1 :]]
        yield proof[:at] + proof[at + 1 :]
        yield [*proof[: at + 1], *proof[at:]]
        yield [*proof[:at], one[:-1], *proof[at + 1 :]]
        yield [*proof[:at], b"", *proof[at + 1 :]]
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    if len(proof) > 1:
        yield [proof[1], proof[0], *proof[2:]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 11, 16])
def test_an_inclusion_proof_that_was_changed_is_not_believed(size: int) -> None:
    leaves = [leaf_hash(one) for one in entries(size)]
    top = root(leaves)
    for n, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, n)
        assert verify_inclusion(leaf, n, size, proof, top)
        assert not any(verify_inclusion(leaf, n, size, other, top) for other in changed(proof))
        assert not any(verify_inclusion(leaf, m, size, proof, top) for m in range(-1, size + 3) if m != n)
        assert not any(verify_inclusion(other, n, size, proof, top) for other in leaves if other != leaf)
        assert not any(verify_inclusion(leaf, n, size, proof, other) for other in changed_hash(top))


@pytest.mark.parametrize("size", [2, 3, 7, 8, 11, 16])
def test_a_consistency_proof_that_was_changed_is_not_believed(size: int) -> None:
    leaves = [leaf_hash(one) for one in entries(size)]
    new = root(leaves)
    for old_size in range(1, size + 1):
        old, proof = root(leaves[:old_size]), consistency_proof(leaves, old_size)
        assert verify_consistency(old_size, old, size, new, proof)
        assert not any(verify_consistency(old_size, old, size, new, other) for other in changed(proof))
        assert not any(verify_consistency(old_size, other, size, new, proof) for other in changed_hash(old))
        assert not any(verify_consistency(old_size, old, size, other, proof) for other in changed_hash(new))
        others = (other for other in range(1, size + 1) if other != old_size)
        assert not any(verify_consistency(other, old, size, new, proof) for other in others)


def changed_hash(value: bytes) -> Iterator[bytes]:
    for byte in range(len(value)):
        yield value[:byte] + bytes([value[byte] ^ 0x80]) + value[byte + 1 :]
    yield value[:-1]
    yield value + b"\x00"
    yield b""


@given(st.data())
@settings(max_examples=200)
def test_a_log_that_changed_is_never_consistent(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 60))
    old_size = data.draw(st.integers(1, size))
    at = data.draw(st.integers(0, old_size - 1))
    before = [leaf_hash(one) for one in entries(size)]
    after = [*before[:at], leaf_hash(b"something else"), *before[at + 1 :]]
    old, new, proof = root(before[:old_size]), root(after), consistency_proof(after, old_size)
    assert not verify_consistency(old_size, old, size, new, proof)


def test_every_tree_extends_the_empty_one_and_none_a_larger_one() -> None:
    assert verify_consistency(0, EMPTY, 8, ROOTS[8], [])
    assert verify_consistency(0, EMPTY, 0, EMPTY, [])
    assert not verify_consistency(0, ROOTS[1], 8, ROOTS[8], [])
    assert not verify_consistency(0, EMPTY, 8, ROOTS[8], [ROOTS[1]])
    assert not verify_consistency(8, ROOTS[8], 7, ROOTS[7], [])
    assert not verify_consistency(-1, EMPTY, 8, ROOTS[8], [])
    assert not verify_consistency(3, ROOTS[3], 8, ROOTS[8], [])


def test_what_is_not_there_has_no_proof() -> None:
    for n in (-1, 8):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(LEAVES, n)
    for old_size in (-1, 9):
        with pytest.raises(ValueError, match="larger"):
            consistency_proof(LEAVES, old_size)


def test_a_frontier_goes_on_from_its_peaks_and_from_nothing_else() -> None:
    # Six leaves are a tree of four and one of two.
    going_on = Frontier(6, [bytes.fromhex(N0123), bytes.fromhex(N45)])
    assert going_on.root() == ROOTS[6]
    going_on.append(LEAVES[6])
    going_on.append(LEAVES[7])
    assert going_on.root() == ROOTS[8]
    assert going_on.peaks == [ROOTS[8]]
    for size, peaks in ((6, [ROOTS[4]]), (-1, []), (1, [b"short"]), (0, [ROOTS[1]])):
        with pytest.raises(ValueError, match="peaks"):
            Frontier(size, peaks)


def test_leaves_and_nodes_are_told_apart() -> None:
    # Without the prefixes a node's content could pass for a leaf.
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
    assert node_hash(LEAVES[0], LEAVES[1]) == ROOTS[2]
