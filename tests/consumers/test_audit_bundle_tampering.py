"""Any single change of an audit bundle is found, by our check and by the verifier that shares nothing with it."""

import hashlib
import importlib.util
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from audit_bundles import KEY, OTHER_KEY, A, B, C, Log, folder_of, key_line, minute, redigest, zipped
from hypothesis import given
from hypothesis import strategies as st

from consumers.audit import bundle
from consumers.audit.bundle import Period
from consumers.audit.bundle_check import check
from consumers.audit.bundle_making import Contents
from consumers.audit.bundle_proof import folded, missing_parts, proof
from domain import merkle

logs = st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=24).map(Log.of)


def _independent() -> ModuleType:
    file = Path(__file__).parent.parent / "independent_verifier.py"
    spec = importlib.util.spec_from_file_location("independent_verifier", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INDEPENDENT = _independent()


def ours(path: Path) -> bool:
    return check(path, keys=key_line(), since=None, advance=lambda count: None).holds


def theirs(path: Path) -> bool:
    key = path.with_suffix(".pub")
    key.write_text(key_line())
    try:
        INDEPENDENT.verify(str(path), str(key))
    except Exception:  # noqa: BLE001  # by whatever a bundle makes it fail
        return False
    return True


@st.composite
def bundles(draw: st.DrawFn) -> Contents:
    """A bundle of some journeys, or of a period, of a log."""
    log = draw(logs)
    size = len(log.facts)
    earlier = sorted(draw(st.sets(st.integers(1, size - 1), max_size=3))) if size > 1 else []
    if draw(st.booleans()):
        there = sorted({place.journey for place, _ in log.facts})
        return log.contents(*draw(st.sets(st.sampled_from(there), min_size=1)), earlier=earlier)
    begin = draw(st.integers(0, size - 1))
    end = draw(st.integers(begin + 1, size))
    leaves = range(max(0, begin - 1), min(size, end + 1))
    return log.contents(period=Period(minute(begin), minute(end)), leaves=leaves, earlier=earlier)


@given(contents=bundles())
def test_a_bundle_as_it_was_made_holds(contents: Contents) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = zipped(folder_of(Path(place) / "bundle", contents))
        assert ours(file)
        assert theirs(file)


@given(contents=bundles(), data=st.data())
def test_no_byte_of_a_zip_can_be_another(contents: Contents, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = zipped(folder_of(Path(place) / "bundle", contents))
        raw = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        file.write_bytes(raw)
        assert not ours(file)
        assert not theirs(file)


@given(contents=bundles(), data=st.data())
def test_no_byte_of_a_file_can_be_another_be_dropped_or_added(
    contents: Contents, data: st.DataObject
) -> None:
    """In a folder, and packed anew by somebody who knows how."""
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place) / "bundle", contents)
        file = folder / data.draw(st.sampled_from(bundle.NAMES))
        raw = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        match data.draw(st.sampled_from(["another", "dropped", "added", "cut"])) if raw else "added":
            case "another":
                raw[at] ^= data.draw(st.integers(1, 255))
            case "dropped":
                del raw[at]
            case "added":
                raw.insert(at, data.draw(st.integers(0, 255)))
            case "cut":
                del raw[at:]
        file.write_bytes(raw)
        assert not ours(folder)
        assert not theirs(zipped(folder))


@pytest.mark.slow
@pytest.mark.parametrize("change", [0x01, 0xFF])
def test_not_one_byte_of_a_zip_can_be_another(tmp_path: Path, change: int) -> None:
    """Every one of them, in turn."""
    log = Log.of([A, B, A, C, B])
    whole = zipped(folder_of(tmp_path / "bundle", log.contents(A, C, earlier=(2, 4))))
    raw = whole.read_bytes()
    found = tmp_path / "changed.zip"
    for at in range(len(raw)):
        found.write_bytes(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
        assert not ours(found), at
        assert not theirs(found), at


def lines(folder: Path, name: str) -> list[bytes]:
    return (folder / name).read_bytes().splitlines(keepends=True)


def reordered(there: list[bytes], way: str, one: int, other: int) -> list[bytes]:
    """The lines with one dropped, repeated somewhere or exchanged for another; always another list."""
    one, other = one % len(there), other % len(there)
    dropped, changed = there[:one] + there[one + 1 :], list(there)
    if way == "repeated":
        changed.insert(other, there[one])
    elif way == "moved":
        changed[one], changed[other] = changed[other], changed[one]
    return dropped if way == "dropped" or changed == there else changed


PARTS = [
    ("facts.ndjson",),
    ("places.txt",),
    ("facts.ndjson", "places.txt"),
    ("facts.proof",),
    ("heads.txt",),
    ("heads.proof",),
]


@pytest.mark.parametrize("names", PARTS, ids=" and ".join)
@given(contents=bundles(), data=st.data())
def test_no_line_can_be_dropped_repeated_or_moved_even_if_the_manifest_is_made_to_fit(
    names: tuple[str, ...], contents: Contents, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place) / "bundle", contents)
        given = {name: lines(folder, name) for name in names}
        if not given[names[0]]:
            return
        way = data.draw(st.sampled_from(["dropped", "repeated", "moved"]))
        one, other = data.draw(st.integers(0, 10**6)), data.draw(st.integers(0, 10**6))
        for name, there in given.items():
            (folder / name).write_bytes(b"".join(reordered(there, way, one, other)))
        redigest(folder)
        assert not ours(folder)
        assert not theirs(zipped(folder))


CONTENT = [name for name in bundle.NAMES if name not in (bundle.MANIFEST, bundle.MANIFEST_DIGEST)]


@pytest.mark.parametrize("name", CONTENT)
@given(contents=bundles(), data=st.data())
def test_no_byte_of_what_is_proven_can_be_another_even_if_the_manifest_is_made_to_fit(
    name: str, contents: Contents, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place) / "bundle", contents)
        raw = bytearray((folder / name).read_bytes())
        if not raw:
            return
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        (folder / name).write_bytes(raw)
        redigest(folder)
        assert not ours(folder)
        assert not theirs(zipped(folder))


@given(log=logs, data=st.data())
def test_a_fact_forged_with_all_that_follows_from_it_is_found(log: Log, data: st.DataObject) -> None:
    """Chain, head and proofs made anew for other bytes: all that is left is what was signed."""
    journey = data.draw(st.sampled_from(sorted({place.journey for place, _ in log.facts})))
    signed = log.contents(journey)
    forged = Log()
    at = data.draw(st.sampled_from(signed.leaves))
    for fact, _ in log.facts:
        forged.add(fact.journey, minute(fact.leaf + 1) if fact.leaf == at else None)
    made = replace(forged.contents(journey), note=signed.note, checkpoint=signed.checkpoint)
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place) / "bundle", made)
        assert not ours(folder)
        assert not theirs(zipped(folder))


@given(contents=bundles(), log=logs)
def test_a_checkpoint_that_is_not_the_one_it_was_proven_against_is_found(
    contents: Contents, log: Log
) -> None:
    """Another log's, an earlier one, or the same signed by another key."""
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place) / "bundle", contents)
        same = log.checkpoint().root == contents.checkpoint.root
        (folder / "checkpoint.txt").write_bytes(log.note(key=OTHER_KEY if same else KEY))
        redigest(folder)
        assert not ours(folder)
        assert not theirs(zipped(folder))


# -- the proof of many leaves at once ----------------------------------------------------------------------------


def leaf(number: int) -> bytes:
    return merkle.leaf_hash(str(number).encode())


@given(size=st.integers(1, 80), data=st.data())
def test_the_compact_proof_comes_to_the_root_and_nothing_else_does(size: int, data: st.DataObject) -> None:
    leaves = [leaf(number) for number in range(size)]
    chosen = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    hashes = proof(chosen, size, lambda begin, end: merkle.root(leaves[begin:end]))
    root = merkle.root(leaves)
    assert folded(size, [(n, leaves[n]) for n in chosen], hashes) == root
    if chosen:
        wrong = data.draw(st.sampled_from(chosen))
        forged = [(n, leaf(-1) if n == wrong else leaves[n]) for n in chosen]
        assert folded(size, forged, hashes) != root
        with pytest.raises(ValueError, match=r"order|hashes"):
            folded(size, [(n, leaves[n]) for n in reversed(chosen)] * 2, hashes)
    for spoiled in (hashes[:-1], [*hashes, root]):
        if spoiled != hashes:
            with pytest.raises(ValueError, match="hashes"):
                folded(size, [(n, leaves[n]) for n in chosen], spoiled)


def test_the_parts_of_a_compact_proof_by_hand() -> None:
    """RFC 6962 section 2.1.3's tree of seven leaves: d0 is proven by b, h, l; d3 by c, g, l; both by b, c, l."""
    assert list(missing_parts([0], 7)) == [(1, 2), (2, 4), (4, 7)]
    assert list(missing_parts([3], 7)) == [(0, 2), (2, 3), (4, 7)]
    assert list(missing_parts([0, 3], 7)) == [(1, 2), (2, 3), (4, 7)]
    assert list(missing_parts([6], 7)) == [(0, 4), (4, 6)]
    assert list(missing_parts(range(7), 7)) == []
    assert list(missing_parts([], 7)) == [(0, 7)]
    assert folded(0, [], []) == hashlib.sha256(b"").digest()
