"""Checking an audit bundle offline: nothing is asked of a server, and nothing that the bundle says is believed."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from consumers.audit import bundle
from consumers.audit.bundle import Manifest
from consumers.audit.bundle_check_facts import CheckedFacts, check_journeys
from consumers.audit.bundle_container import Member, members
from consumers.audit.bundle_faults import GIVEN, NOTE_BYTES, OWN, Faults, Kind, Trusted, Verdict
from consumers.audit.bundle_making import digest_line
from domain.checkpoint import Checkpoint
from domain.errors import Refused
from domain.merkle import EMPTY, verify_consistency
from infra.signing import NoteError, open_note

_MANIFEST_BYTES = 64 * 2**20
_KEY_BYTES = 64 * 1024
_EARLIER_LINE_BYTES = 128 * 1024
_NOTE_LINES = 10
"""Eight of the checkpoint, an empty one, and one signature."""

Advance = Callable[[int], None]


def check(path: Path, *, keys: str | None = None, since: bytes | None = None, advance: Advance) -> Verdict:
    """Whether the bundle at ``path`` holds, and if not the first fault of each kind.

    ``keys`` are the log's verifier keys, a line each, by the auditor's own knowledge; without them the bundle's are taken.
    ``since`` is a checkpoint that the auditor kept. ``advance`` is told how many facts were checked.
    Raises ``OperatingError`` (exit code 2) where there is nothing to read, or ``keys`` are none.
    """
    faults = Faults()
    if keys is not None:
        require_keys(keys)
    try:
        files = members(path)
    except Refused as refused:
        faults.add("container", path.name, refused.message)
    else:
        return _Check(files, faults, keys, advance).run(since)
    return Verdict(tuple(faults.first.values()), _trusted(keys))


def _trusted(keys: str | None) -> Trusted:
    return OWN if keys is None else GIVEN


def require_keys(keys: str) -> None:
    """Raises ``OperatingError`` (exit code 2) where these lines are no verifier keys."""
    try:
        open_note(b"", keys)
    except NoteError:
        return


class _Check:
    """One bundle, being checked."""

    def __init__(self, files: dict[str, Member], faults: Faults, keys: str | None, advance: Advance) -> None:
        self.files = files
        self.faults = faults
        self.given = keys
        self.keys = keys or ""
        self.advance = advance
        self.earlier = 0

    def run(self, since: bytes | None) -> Verdict:
        manifest = self._manifest()
        self._files(manifest)
        checkpoint = self._checkpoint(manifest)
        facts = kept = None
        if checkpoint is not None:
            self._earlier(checkpoint)
            kept = None if since is None else self._since(since, checkpoint)
        if checkpoint is not None and manifest is not None:
            facts = self._facts(manifest, checkpoint)
        leaves = (facts.begin[0].leaf, facts.end[0].leaf) if facts and facts.begin and facts.end else None
        return Verdict(
            tuple(self.faults.first.values()),
            _trusted(self.given),
            manifest,
            checkpoint,
            facts.count if facts else 0,
            leaves,
            self.earlier,
            kept,
        )

    def _facts(self, manifest: Manifest, checkpoint: Checkpoint) -> CheckedFacts:
        facts = CheckedFacts(self.files, self.faults, checkpoint, manifest.kind == "period", self.advance)
        facts.check()
        message = "The manifest tells of another number of facts."
        self.faults.equal("place", bundle.FACTS, message, manifest.facts, facts.count)
        if (manifest.kind == "period") != (manifest.period is not None):
            self.faults.add("manifest", bundle.MANIFEST, "It does not fit together: a period or journeys?")
        elif manifest.period is None:
            check_journeys(self.files, self.faults, manifest, checkpoint, facts.last)
        else:
            facts.check_period(manifest.period)
            told = self.files[bundle.HEADS].size + self.files[bundle.HEADS_PROOF].size
            if told or manifest.journeys:
                self.faults.add("journeys", bundle.HEADS, "The bundle of a period names no journeys.")
        return facts

    # -- the files ---------------------------------------------------------------------------------------------

    def _manifest(self) -> Manifest | None:
        with self.faults.refused("manifest", bundle.MANIFEST):
            raw = self.files[bundle.MANIFEST].read(_MANIFEST_BYTES)
            told = self.files[bundle.MANIFEST_DIGEST].read(NOTE_BYTES)
            if told != digest_line(raw):
                self.faults.add(
                    "manifest",
                    bundle.MANIFEST_DIGEST,
                    "The manifest is not the one that the bundle was made with.",
                    digest_line(raw).decode().split()[0],
                    told.decode("ascii", "replace").partition(" ")[0],
                )
            return bundle.read_manifest(raw)
        return None

    def _files(self, manifest: Manifest | None) -> None:
        listed = set(bundle.NAMES) - {bundle.MANIFEST, bundle.MANIFEST_DIGEST}
        if manifest is not None and set(manifest.files) != listed:
            self.faults.add("manifest", bundle.MANIFEST, "It does not list the files of a bundle.")
            manifest = None
        for name, member in self.files.items():
            digest, crc = hashlib.sha256(), 0
            for chunk in member.chunks():
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
            if member.crc is not None and member.crc != crc:
                self.faults.add("container", name, "The zip says another checksum.", member.crc, crc)
            if manifest is not None and name in listed:
                told = manifest.files[name]
                self.faults.equal("file", name, "The file was changed.", told.sha256, digest.hexdigest())
                self.faults.equal("file", name, "The file was cut or grew.", told.bytes, member.size)
            if name == bundle.README:
                message = "It is not the text that every bundle has."
                self.faults.equal("file", name, message, bundle.README_SHA256, digest.hexdigest())

    # -- the checkpoints ---------------------------------------------------------------------------------------

    def _checkpoint(self, manifest: Manifest | None) -> Checkpoint | None:
        with self.faults.refused("signature", bundle.CHECKPOINT):
            note = self.files[bundle.CHECKPOINT].read(NOTE_BYTES)
            own = _text(self.files[bundle.KEY].read(_KEY_BYTES))
            self.keys = self.given or own
            self._opened("signature", bundle.CHECKPOINT, note, own)
            if self.given is not None:
                self._opened("signature", bundle.CHECKPOINT, note, self.given)
            with self.faults.refused("checkpoint", bundle.CHECKPOINT):
                made = _read_note(note)
                if manifest is not None:
                    message = "The manifest speaks of another log or another size than the checkpoint."
                    self.faults.equal("checkpoint", bundle.CHECKPOINT, message, manifest.origin, made.origin)
                    self.faults.equal("checkpoint", bundle.CHECKPOINT, message, manifest.size, made.size)
                return made
        return None

    def _opened(self, kind: Kind, where: str, note: bytes, keys: str) -> None:
        with self.faults.refused(kind, where):
            open_note(note, keys)

    def _earlier(self, checkpoint: Checkpoint) -> None:
        before = 0
        for line, earlier, made in self._earlier_ones():
            where = f"{bundle.EARLIER}, line {line}"
            if not before < made.size < checkpoint.size or made.origin != checkpoint.origin:
                self.faults.add(
                    "earlier", where, "It is not an earlier checkpoint of this log, in its order."
                )
                return
            self._opened("earlier", where, earlier.note, self.keys)
            if not _extends(made, checkpoint, earlier.proof):
                message = "The log does not extend this earlier checkpoint of its own."
                self.faults.add("earlier", where, message)
                return
            before, self.earlier = made.size, line

    def _earlier_ones(self) -> Iterator[tuple[int, bundle.Earlier, Checkpoint]]:
        with self.faults.refused("earlier", bundle.EARLIER):
            lines = self.files[bundle.EARLIER].lines(_EARLIER_LINE_BYTES)
            for number, line in enumerate(lines, 1):
                earlier = bundle.read_earlier(line)
                yield number, earlier, _read_note(earlier.note)

    def _since(self, note: bytes, checkpoint: Checkpoint) -> Checkpoint | None:
        where = "the checkpoint you kept"
        with self.faults.refused("since", where):
            kept = Checkpoint.parse(open_note(note, self.keys))
            self.faults.equal("since", where, "It is of another log.", checkpoint.origin, kept.origin)
            if kept.size > checkpoint.size:
                message = "It counts more facts than the bundle's: the bundle is older, or the log was cut."
                self.faults.add("since", where, message, f"at least {kept.size}", checkpoint.size)
            elif not self._is_shown_to_extend(kept, checkpoint):
                self.faults.add("since", where, "The log does not extend the checkpoint you kept.")
            return kept
        return None

    def _is_shown_to_extend(self, kept: Checkpoint, checkpoint: Checkpoint) -> bool:
        if kept.size == 0:
            return kept.root == kept.heads == EMPTY
        if kept.size == checkpoint.size:
            return (kept.root, kept.heads) == (checkpoint.root, checkpoint.heads)
        for _, earlier, made in self._earlier_ones():
            if made.size == kept.size:
                return _extends(kept, checkpoint, earlier.proof) and made.heads == kept.heads
        raise Refused(
            "The bundle holds no proof for the checkpoint you kept. Ask for one with"
            " `carechain audit export --since` and that checkpoint."
        )


def _extends(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> bool:
    return verify_consistency(old.size, old.root, new.size, new.root, proof)


def _read_note(note: bytes) -> Checkpoint:
    """A bundle's notes have one signature, by the log itself; nothing may hide in others."""
    text, _, below = _text(note).rpartition("\n\n")
    made = Checkpoint.parse(f"{text}\n")
    if note.count(b"\n") != _NOTE_LINES or not below.startswith(f"— {made.origin} "):
        raise Refused("It has another signature than the log's own.")
    return made


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused("It is no text in UTF-8.") from None
