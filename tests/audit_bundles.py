"""Audit bundles made of a few facts by hand: a log of three journeys, its key, its checkpoints."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from consumers.audit import bundle
from consumers.audit.bundle import Earlier, Head, Period, Place
from consumers.audit.bundle_container import pack
from consumers.audit.bundle_making import Contents, digest_line, write
from domain import merkle
from domain.calendar import format_instant
from domain.checkpoint import Checkpoint, fact_leaf, head_leaf, origin_of
from infra.signing import SigningKey, sign_note, verifier_key

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ORIGIN = origin_of(STORE)
KEY, OTHER_KEY = SigningKey.from_seed(bytes(32)), SigningKey.from_seed(bytes([1] * 32))
A, B, C = (UUID(f"{digit * 8}-0000-4000-8000-000000000000") for digit in "abc")
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def minute(number: int) -> str:
    """So many minutes after eight, as instants stand in the log."""
    return format_instant(MORNING + timedelta(minutes=number))


@dataclass
class Log:
    """Facts in the order of the log: leaf ``n`` is recorded ``n`` minutes after eight, at position ``2 n + 1``."""

    facts: list[tuple[Place, bytes]] = field(default_factory=list)
    last: dict[UUID, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, journeys: Sequence[UUID]) -> "Log":
        log = cls()
        for journey in journeys:
            log.add(journey)
        return log

    def add(self, journey: UUID, recorded: str | None = None) -> None:
        number = len(self.facts)
        version, previous = self.last.get(journey, (0, "0" * 64))
        raw = json.dumps(
            {
                "subject": str(journey),
                "journeyversion": version + 1,
                "recordedtime": recorded or minute(number),
                "prevhash": previous,
                "data": {"ward": f"Å{number}"},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        self.facts.append((Place(number, 2 * number + 1, journey, version + 1), raw))
        self.last[journey] = (version + 1, hashlib.sha256(raw).hexdigest())

    def leaves(self, size: int) -> list[bytes]:
        return [
            merkle.leaf_hash(fact_leaf(place.position, place.journey, place.version, raw))
            for place, raw in self.facts[:size]
        ]

    def heads(self, size: int) -> list[Head]:
        last = {place.journey: (place.version, raw) for place, raw in self.facts[:size]}
        return [
            Head(number, journey, last[journey][0], hashlib.sha256(last[journey][1]).hexdigest())
            for number, journey in enumerate(sorted(last))
        ]

    def head_leaves(self, size: int) -> list[bytes]:
        return [
            merkle.leaf_hash(head_leaf(head.journey, head.version, bytes.fromhex(head.last)))
            for head in self.heads(size)
        ]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """As of the first so many facts, made a minute after the last of them."""
        size = len(self.facts) if size is None else size
        return Checkpoint(
            origin=ORIGIN,
            size=size,
            root=merkle.root(self.leaves(size)),
            position=self.facts[size - 1][0].position if size else 0,
            journeys=len(self.heads(size)),
            heads=merkle.root(self.head_leaves(size)),
            time=MORNING + timedelta(minutes=size),
            previous="0" * 64,
        )

    def note(self, size: int | None = None, key: SigningKey = KEY) -> bytes:
        return sign_note(self.checkpoint(size).text(), ORIGIN, key)

    def contents(
        self,
        *journeys: UUID,
        period: Period | None = None,
        leaves: Sequence[int] | None = None,
        size: int | None = None,
        earlier: Sequence[int] = (),
        key: SigningKey = KEY,
    ) -> Contents:
        """What a bundle of these journeys holds, or that of a period with these leaves."""
        checkpoint = self.checkpoint(size)
        all_leaves, heads = self.leaves(checkpoint.size), self.head_leaves(checkpoint.size)
        if leaves is None:
            leaves = [p.leaf for p, _ in self.facts[: checkpoint.size] if p.journey in journeys]
        return Contents(
            note=sign_note(checkpoint.text(), ORIGIN, key),
            checkpoint=checkpoint,
            keys=key_line(key),
            earlier=[
                Earlier(self.note(old, key), merkle.consistency_proof(all_leaves, old)) for old in earlier
            ],
            facts=[self.facts[leaf] for leaf in leaves],
            leaves=leaves,
            facts_root=lambda begin, end: merkle.root(all_leaves[begin:end]),
            heads=[head for head in self.heads(checkpoint.size) if head.journey in journeys],
            heads_root=lambda begin, end: merkle.root(heads[begin:end]),
            period=period,
        )


def key_line(key: SigningKey = KEY) -> str:
    return f"{verifier_key(ORIGIN, key.public)}\n"


def folder_of(folder: Path, contents: Contents) -> Path:
    """The bundle, unpacked."""
    folder.mkdir()
    write(folder, contents)
    return folder


def zipped(folder: Path) -> Path:
    """The bundle in ``folder`` as a zip beside it."""
    file = folder.with_name(f"{folder.name}.zip")
    with file.open("wb") as written:
        pack(folder, written)
    return file


def redigest(folder: Path) -> None:
    """Make the manifest fit the files again, as somebody would who changes them and knows the format."""
    manifest = json.loads((folder / bundle.MANIFEST).read_bytes())
    for name in manifest["files"]:
        raw = (folder / name).read_bytes()
        manifest["files"][name] = {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    raw = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    (folder / bundle.MANIFEST).write_bytes(raw)
    (folder / bundle.MANIFEST_DIGEST).write_bytes(digest_line(raw))
