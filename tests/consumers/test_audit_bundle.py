"""Audit bundles of a few facts: what holds, and what each kind of fault says; the form of the files, byte for byte."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from audit_bundles import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    A,
    B,
    C,
    Log,
    folder_of,
    key_line,
    minute,
    redigest,
    zipped,
)

from consumers.audit import bundle
from consumers.audit.bundle import Head, Period, Place
from consumers.audit.bundle_check import check
from consumers.audit.bundle_faults import Kind, Verdict
from consumers.audit.bundle_making import Contents
from domain.errors import Refused
from infra.errors import OperatingError
from infra.signing import sign_note

JOURNEYS = [A, B, A, C, B, A, C, C, A, B, B]
LOG = Log.of(JOURNEYS)
WHOLE_A = LOG.contents(A, earlier=(1, 4, 8))
MIDDLE = LOG.contents(period=Period(minute(3), minute(6)), leaves=range(2, 7), earlier=(5,))
VERIFIER = Path(__file__).parent.parent / "independent_verifier.py"
PAGE = Path(bundle.__file__).parent.parent.parent / "infra" / "reference" / "audit-bundle.md"


def checked(path: Path, keys: str | None = None, since: bytes | None = None) -> Verdict:
    return check(path, keys=keys or key_line(), since=since, advance=lambda count: None)


def faults(path: Path, **given: bytes | str) -> dict[str, str]:
    """The kinds of faults and what is said of each."""
    return {fault.kind: fault.message for fault in checked(path, **given).faults}  # type: ignore[arg-type]


def independent(file: Path, since: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """What the verifier says that shares nothing with ours."""
    (file.parent / "key.pub").write_text(key_line())
    arguments = [str(file), str(file.parent / "key.pub")]
    if since is not None:
        (file.parent / "kept.txt").write_bytes(since)
        arguments.append(str(file.parent / "kept.txt"))
    return subprocess.run(
        [sys.executable, "-I", VERIFIER, *arguments], capture_output=True, text=True, check=False
    )


EDGES = {
    "journey": WHOLE_A,
    "journeys": LOG.contents(A, C),
    "every journey": LOG.contents(A, B, C),
    "one fact": Log.of([A]).contents(A),
    "as of an earlier checkpoint": LOG.contents(B, size=5),
    "period": MIDDLE,
    "period from the first fact": LOG.contents(period=Period(minute(-9), minute(2)), leaves=range(3)),
    "period to the last fact": LOG.contents(period=Period(minute(9), minute(11)), leaves=range(8, 11)),
    "period of the whole log": LOG.contents(period=Period(minute(0), minute(11)), leaves=range(11)),
    "period without a fact": LOG.contents(
        period=Period("2026-03-02T08:03:10.000000Z", "2026-03-02T08:03:50.000000Z"), leaves=range(3, 5)
    ),
}


@pytest.mark.parametrize("contents", EDGES.values(), ids=EDGES)
def test_a_bundle_holds_in_a_folder_and_in_a_zip(tmp_path: Path, contents: Contents) -> None:
    folder = folder_of(tmp_path / "bundle", contents)
    assert checked(folder).faults == ()
    file = zipped(folder)
    assert checked(file).faults == ()
    assert independent(file).returncode == 0


def test_what_a_bundle_shows_is_told(tmp_path: Path) -> None:
    verdict = checked(folder_of(tmp_path / "bundle", WHOLE_A), since=LOG.note(4))
    assert (verdict.facts, verdict.earlier, verdict.key) == (4, 3, "given")
    assert verdict.since == LOG.checkpoint(4)
    assert verdict.checkpoint == LOG.checkpoint(11)
    assert verdict.manifest is not None
    assert verdict.manifest.journeys == [A]
    assert checked(folder_of(tmp_path / "period", MIDDLE)).leaves == (2, 6)


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    """By hand for a log of two facts: the digests of a zip made by Python's own library are those of ours."""
    first = zipped(folder_of(tmp_path / "first", WHOLE_A)).read_bytes()
    assert first == zipped(folder_of(tmp_path / "second", WHOLE_A)).read_bytes()
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(first)) as packed, zipfile.ZipFile(again, "w") as repacked:
        assert packed.namelist() == list(bundle.NAMES)
        assert packed.testzip() is None
        for name in packed.namelist():
            repacked.writestr(zipfile.ZipInfo(name), packed.read(name))
    assert again.getvalue() == first


def test_each_file_holds_what_the_page_says(tmp_path: Path) -> None:
    log = Log.of([A, B])
    folder = folder_of(tmp_path / "bundle", log.contents(A, earlier=(1,)))
    (_, first_raw), (_, second_raw) = log.facts
    assert (folder / "facts.ndjson").read_bytes() == first_raw + b"\n"
    assert (folder / "places.txt").read_text() == f"0 1 {A} 1\n"
    leaf = hashlib.sha256(b"\0" + (3).to_bytes(8, "big") + B.bytes + (1).to_bytes(8, "big") + second_raw)
    assert (folder / "facts.proof").read_text() == f"{leaf.hexdigest()}\n"
    assert (folder / "heads.txt").read_text() == f"0 {A} 1 {hashlib.sha256(first_raw).hexdigest()}\n"
    head = b"\0" + B.bytes + (1).to_bytes(8, "big") + hashlib.sha256(second_raw).digest()
    assert (folder / "heads.proof").read_text() == f"{hashlib.sha256(head).hexdigest()}\n"
    assert (folder / "earlier.txt").read_text() == f"{log.note(1).hex()} {leaf.hexdigest()}\n"
    assert (folder / "checkpoint.txt").read_bytes() == log.note()
    assert (folder / "key.txt").read_text() == key_line()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    files = manifest.pop("files")
    assert manifest == {
        "format": "carechain-audit-bundle/1",
        "origin": ORIGIN,
        "size": 2,
        "facts": 1,
        "kind": "journeys",
        "journeys": [str(A)],
        "period": None,
    }
    assert sorted(files) == sorted(set(os.listdir(folder)) - {"manifest.json", "manifest.sha256"})
    summed = subprocess.run(
        ["sha256sum", "--check", "manifest.sha256"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert summed.stdout == "manifest.json: OK\n"


# -- what is wrong ---------------------------------------------------------------------------------------------

Change = Callable[[Path], object]


def lines_of(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Change:
    def changed(folder: Path) -> None:
        file = folder / name
        file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))

    return changed


def text_of(name: str, old: str, new: str) -> Change:
    def changed(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return changed


def resigned(folder: Path) -> None:
    (folder / "checkpoint.txt").write_bytes(LOG.note(key=OTHER_KEY))
    (folder / "key.txt").write_text(key_line(OTHER_KEY))


def other_log(folder: Path) -> None:
    other = LOG.checkpoint()
    (folder / "checkpoint.txt").write_bytes(
        sign_note(replace(other, size=20, position=39).text(), ORIGIN, KEY)
    )


DROPPED = "A fact of the journey is missing before it."
BROKEN = "It does not follow the fact before it."
NOT_SIGNED = "The facts do not come to the root that was signed."
NOT_ALL = f"The facts of {A} are not all there."
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "a word of a fact": (text_of("facts.ndjson", "Å2", "Å3"), {"tree", "chain"}),
    "a word of a journey's last fact": (text_of("facts.ndjson", "Å8", "Å9"), {"tree", "journeys"}),
    "a fact dropped": (lines_of("facts.ndjson", lambda f: f[:1] + f[2:]), {"place", "chain", "journeys"}),
    "a fact dropped with its place": (
        lambda folder: (
            [lines_of(n, lambda f: f[:1] + f[2:])(folder) for n in ("facts.ndjson", "places.txt")] and None
        ),
        {"tree", "version", "chain", "place"},
    ),
    "the last fact dropped with its place": (
        lambda folder: (
            [lines_of(n, lambda f: f[:-1])(folder) for n in ("facts.ndjson", "places.txt")] and None
        ),
        {"tree", "journeys", "place"},
    ),
    "a fact twice": (lines_of("facts.ndjson", lambda f: [f[0], *f]), {"place", "chain", "journeys"}),
    "two facts in another order": (
        lines_of("facts.ndjson", lambda f: [f[1], f[0], *f[2:]]),
        {"place", "chain", "tree"},
    ),
    "another position": (text_of("places.txt", "2 5 ", "2 6 "), {"tree"}),
    "another leaf": (text_of("places.txt", "2 5 ", "3 5 "), {"tree"}),
    "a position too high": (text_of("places.txt", "8 17 ", "8 21 "), {"tree", "place"}),
    "a place in another way": (text_of("places.txt", "2 5 ", "02 5 "), {"place", "journeys"}),
    "hashes of the proof swapped": (lines_of("facts.proof", lambda h: [h[1], h[0], *h[2:]]), {"tree"}),
    "a hash of the proof too few": (lines_of("facts.proof", lambda h: h[:-1]), {"tree"}),
    "a hash of the proof too many": (lines_of("facts.proof", lambda h: [*h, h[0]]), {"tree"}),
    "a hash in capitals": (lambda f: text_of("facts.proof", "a", "A")(f), {"tree"}),
    "a head's version": (text_of("heads.txt", f"0 {A} 4", f"0 {A} 3"), {"journeys"}),
    "a journey's head replaced": (
        lambda folder: (folder / "heads.txt").write_text(f"{LOG.heads(8)[0].line()}\n"),
        {"journeys"},
    ),
    "signed by another key": (resigned, {"signature"}),
    "another checkpoint of the same log": (
        lambda folder: (folder / "checkpoint.txt").write_bytes(LOG.note(10)),
        {"checkpoint", "tree", "journeys", "earlier"},
    ),
    "a checkpoint of more facts": (other_log, {"checkpoint", "tree", "earlier"}),
    "a word of the checkpoint": (
        text_of("checkpoint.txt", "journeys 3", "journeys 4"),
        {"signature"},
    ),
    "a signature more": (
        lambda folder: text_of("checkpoint.txt", "\n\n— ", "\n\n— witness AAAAAAAA\n— ")(folder),
        {"checkpoint"},
    ),
    "another key": (
        lambda folder: (folder / "key.txt").write_text(key_line(OTHER_KEY)),
        {"signature"},
    ),
    "the text for people": (text_of("README.txt", "rejected", "accepted"), {"file"}),
    "an earlier checkpoint's proof": (
        lines_of(
            "earlier.txt", lambda e: [e[0], e[1][:-2] + (b"0\n" if e[1][-2:] != b"0\n" else b"1\n"), e[2]]
        ),
        {"earlier"},
    ),
    "earlier checkpoints in another order": (
        lines_of("earlier.txt", lambda e: [e[1], e[0], e[2]]),
        {"earlier"},
    ),
    "a hole in the last line": (
        lines_of("facts.ndjson", lambda f: [*f[:-1], f[-1][:-1]]),
        {"place", "journeys"},
    ),
}


@pytest.mark.parametrize(("change", "kinds"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_found_also_when_the_manifest_is_made_to_fit(
    tmp_path: Path, change: Change, kinds: set[str]
) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    change(folder)
    told = set(faults(folder))
    assert {"file"} <= told, "without that, a digest tells"
    redigest(folder)
    assert set(faults(folder)) == kinds
    assert independent(zipped(folder)).returncode == 1


def test_the_first_fault_of_each_kind_says_what_was_expected(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    lines_of("facts.ndjson", lambda f: [f[0], f[2], f[3]])(folder)
    lines_of("places.txt", lambda f: [f[0], f[2], f[3]])(folder)
    redigest(folder)
    found = {fault.kind: fault for fault in checked(folder).faults}
    assert found["version"].message == DROPPED
    assert (found["version"].where, found["version"].expected, found["version"].found) == (
        "facts.ndjson, line 2",
        "2",
        "3",
    )
    assert found["chain"].message == BROKEN
    assert found["chain"].expected == hashlib.sha256(LOG.facts[0][1]).hexdigest()
    assert found["place"].message == "The manifest tells of another number of facts."
    assert (found["place"].expected, found["place"].found) == ("4", "3")


def test_a_journey_cut_short_with_proofs_that_fit_is_found_by_the_tree_of_journeys(tmp_path: Path) -> None:
    """The facts that are there are proven; that one is missing only the head says."""
    cut = LOG.contents(A, leaves=[0, 2, 5])
    folder = folder_of(tmp_path / "bundle", cut)
    assert faults(folder) == {"journeys": NOT_ALL}
    assert independent(zipped(folder)).returncode == 1
    lied = replace(cut, heads=[Head(0, A, 3, hashlib.sha256(LOG.facts[5][1]).hexdigest())])
    folder = folder_of(tmp_path / "lied", lied)
    assert faults(folder) == {"journeys": "The journeys do not come to the root that was signed."}
    assert independent(zipped(folder)).returncode == 1


def test_a_leaf_number_that_is_another_leaf_s_is_found(tmp_path: Path) -> None:
    """Leaves 6 and 7 lie side by side: taken in order they would come to the root by any number."""
    folder = folder_of(tmp_path / "bundle", LOG.contents(C))
    text_of("places.txt", "7 15 ", "6 15 ")(folder)
    redigest(folder)
    assert set(faults(folder)) == {"tree", "place"}
    assert independent(zipped(folder)).returncode == 1


CUT = {
    "begins within": (range(3, 7), "The facts begin within the period: there may be earlier ones."),
    "ends within": (range(2, 6), "The facts end within the period: there may be later ones."),
    "a hole": ([2, 3, 5, 6], "A fact between two others of the period is not there."),
}


@pytest.mark.parametrize(("leaves", "message"), CUT.values(), ids=CUT)
def test_a_period_that_is_not_whole_is_found(tmp_path: Path, leaves: list[int], message: str) -> None:
    contents = replace(MIDDLE, leaves=leaves, facts=[LOG.facts[leaf] for leaf in leaves], earlier=[])
    folder = folder_of(tmp_path / "bundle", contents)
    assert faults(folder)["period"] == message
    assert independent(zipped(folder)).returncode == 1


def test_a_period_must_end_by_the_time_of_the_checkpoint(tmp_path: Path) -> None:
    late = replace(LOG.contents(period=Period(minute(9), minute(12)), leaves=range(8, 11)), earlier=[])
    folder = folder_of(tmp_path / "bundle", late)
    assert set(faults(folder)) == {"period"}
    assert independent(zipped(folder)).returncode == 1


def test_by_its_own_key_a_bundle_says_whose_word_that_is(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "bundle", LOG.contents(A, key=OTHER_KEY))
    own = check(folder, keys=None, since=None, advance=lambda count: None)
    assert (own.faults, own.key) == ((), "bundle")
    assert faults(folder) == {"signature": "None of the given keys signed this text."}
    with pytest.raises(OperatingError, match="not a verifier key"):
        checked(folder, keys="no key")


def test_a_key_that_was_renewed_opens_what_both_signed(tmp_path: Path) -> None:
    both = key_line() + key_line(OTHER_KEY)
    contents = replace(LOG.contents(A, earlier=(4,), key=OTHER_KEY), note=LOG.note(), keys=both)
    folder = folder_of(tmp_path / "bundle", contents)
    assert checked(folder, keys=both).faults == ()
    assert set(faults(folder)) == {"earlier"}


# -- the checkpoint that the auditor kept ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 8, 11])
def test_a_kept_checkpoint_that_the_log_extends_is_accepted(tmp_path: Path, size: int) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    assert checked(folder, since=LOG.note(size)).faults == ()
    assert independent(zipped(folder), LOG.note(size)).returncode == 0


FORKED = Log.of([A, B, B, C, *JOURNEYS[4:]])
KEPT = {
    "a fork": (FORKED.note(4), "The log does not extend the checkpoint you kept."),
    "a fork of the same size": (FORKED.note(11), "The log does not extend the checkpoint you kept."),
    "other heads only": (
        sign_note(replace(LOG.checkpoint(4), heads=bytes(32)).text(), ORIGIN, KEY),
        "The log does not extend the checkpoint you kept.",
    ),
    "one without a proof": (
        LOG.note(3),
        "The bundle holds no proof for the checkpoint you kept. Ask for one with `carechain audit export --since`"
        " and that checkpoint.",
    ),
    "a later one": (
        Log.of([*JOURNEYS, C]).note(),
        "It counts more facts than the bundle's: the bundle is older, or the log was cut.",
    ),
    "one signed by another key": (LOG.note(4, OTHER_KEY), "None of the given keys signed this text."),
    "another text": (b"I am a checkpoint\n", "This is not a signed text."),
}


@pytest.mark.parametrize(("kept", "message"), KEPT.values(), ids=KEPT)
def test_a_kept_checkpoint_that_the_log_does_not_extend_is_rejected(
    tmp_path: Path, kept: bytes, message: str
) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    assert faults(folder, since=kept) == {"since": message}
    assert independent(zipped(folder), kept).returncode == 1


def test_a_log_that_was_written_anew_is_rejected_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    """The owner of the key can sign another history; not one that extends what was told before."""
    folder = folder_of(tmp_path / "bundle", FORKED.contents(C, earlier=(1, 4, 8)))
    assert checked(folder).faults == ()
    assert set(faults(folder, since=LOG.note(4))) == {"since"}
    assert set(faults(folder, since=LOG.note(8))) == {"since"}


# -- hostile bundles ---------------------------------------------------------------------------------------------


def test_facts_that_cannot_stand_on_a_line_are_not_written(tmp_path: Path) -> None:
    contents = replace(WHOLE_A, facts=[(Place(0, 1, A, 1), b'{"a":\n1}')])
    with pytest.raises(Refused, match="position 1 is not as carechain writes facts"):
        folder_of(tmp_path / "bundle", contents)


def bomb(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in bundle.NAMES:
            packed.writestr(zipfile.ZipInfo(name), b"")
        packed.writestr("more", bytes(10**7))


def escaping(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("../../evil.txt", "")


def says_it_is_huge(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[18:26] = b"\xff" * 8
    file.write_bytes(raw)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "no zip": lambda file: file.write_bytes(os.urandom(1000)),
    "cut": lambda file: os.truncate(file, file.stat().st_size - 1),
    "cut in the middle": lambda file: os.truncate(file, file.stat().st_size // 2),
    "more at the end": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "more at the beginning": lambda file: file.write_bytes(b"\0" + file.read_bytes()),
    "compressed": bomb,
    "out of the folder": escaping,
    "a size that is not there": says_it_is_huge,
}


@pytest.mark.parametrize("spoil", HOSTILE.values(), ids=HOSTILE)
def test_a_zip_packed_in_another_way_is_none_of_ours(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    file = zipped(folder_of(tmp_path / "bundle", WHOLE_A))
    spoil(file)
    assert set(faults(file)) == {"container"}
    assert independent(file).returncode == 1


def linked(folder: Path) -> None:
    (folder / "facts.ndjson").unlink()
    (folder / "facts.ndjson").symlink_to("/etc/hostname")


def piped(folder: Path) -> None:
    (folder / "key.txt").unlink()
    os.mkfifo(folder / "key.txt")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "more").write_bytes(b""),
        lambda folder: (folder / "key.txt").unlink(),
        linked,
        piped,
    ],
    ids=["one more", "one less", "a link", "a pipe"],
)
def test_a_folder_with_other_things_in_it_is_none_of_ours(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    spoil(folder)
    assert set(faults(folder)) == {"container"}


DEEP = b"[" * 200_000 + b"]" * 200_000
WRITTEN: dict[str, tuple[str, bytes]] = {
    "deep JSON in the manifest": ("manifest.json", DEEP),
    "deep JSON in a fact": ("facts.ndjson", b'{"data":' + DEEP + b"}\n"),
    "a huge number": ("manifest.json", b'{"size":' + b"9" * 100_000 + b"}\n"),
    "a huge place": ("places.txt", b"9" * 190 + b"\n"),
    "a long line of places": ("places.txt", b"9" * 100_000 + b"\n"),
    "a long line of a proof": ("facts.proof", b"a" * 100_000 + b"\n"),
    "a long line before": ("earlier.txt", b"ab" * 1_000_000 + b"\n"),
    "half a byte before": ("earlier.txt", b"abc\n"),
    "no UTF-8": ("checkpoint.txt", b"\xff\xfe"),
    "no key": ("key.txt", b"\xff\xfe"),
    "keys twice": ("manifest.json", b'{"size":1,"size":2}\n'),
    "nothing": ("facts.ndjson", b""),
    "bytes": ("facts.ndjson", b"\0\0\n\0\0"),
    "surrogates": ("manifest.json", b'{"format":"\\ud800"}\n'),
    "not a number": ("manifest.json", b'{"size":NaN}\n'),
}


@pytest.mark.parametrize(("name", "raw"), WRITTEN.values(), ids=WRITTEN)
def test_whatever_a_file_holds_is_told_in_a_sentence(tmp_path: Path, name: str, raw: bytes) -> None:
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    (folder / name).write_bytes(raw)
    if name != "manifest.json":
        redigest(folder)
    found = checked(folder).faults
    assert found
    assert all(fault.message.endswith(".") and len(fault.message) < 300 for fault in found)
    assert independent(zipped(folder)).returncode == 1


@pytest.mark.parametrize("size", [2**40, 2**62, 10**18])
def test_a_tree_that_is_said_to_be_huge_is_no_work(tmp_path: Path, size: int) -> None:
    """Signed by the right key, even: its owner may be the one who is hostile."""
    folder = folder_of(tmp_path / "bundle", WHOLE_A)
    huge = replace(LOG.checkpoint(), size=size, position=size, journeys=3)
    (folder / "checkpoint.txt").write_bytes(sign_note(huge.text(), ORIGIN, KEY))
    redigest(folder)
    assert "tree" in faults(folder)


def test_what_is_not_there_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(OperatingError, match="cannot be read") as error:
        checked(tmp_path / "nothing.zip")
    assert error.value.exit_code == 2


def test_the_independent_verifier_is_short_and_shares_nothing() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    imported = {
        line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import", "from"))
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_page_tells_of_every_file_every_fault_and_every_member() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z.A-Z0-9]+)` \|", page, re.MULTILINE)
    assert told == [*bundle.NAMES, *bundle.Manifest.__struct_fields__]
    checks = page[page.index("## The check") : page.index("## What it shows")]
    assert set(get_args(Kind)) <= set(re.findall(r"`([a-z]+)`", checks))
    assert f"SHA-256 of `README.txt`: `{bundle.README_SHA256}`" in page
    assert bundle.FORMAT in page
