"""Writing an audit bundle's files into a folder: what is exported, the proofs for it, and last the manifest."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from uuid import UUID

from consumers.audit import bundle
from consumers.audit.bundle import Earlier, File, Head, Manifest, Period, Place
from consumers.audit.bundle_proof import proof
from domain.checkpoint import Checkpoint
from domain.errors import Refused

RootOf = Callable[[int, int], bytes]
"""The root of a tree's leaves from the first number up to, and without, the second."""


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle."""

    note: bytes
    """The checkpoint that everything is proven against, signed."""
    checkpoint: Checkpoint
    """The same, read."""
    keys: str
    """The log's public keys, a verifier key a line."""
    earlier: Iterable[Earlier]
    """In order of size."""
    facts: Iterable[tuple[Place, bytes]]
    """In order of leaf."""
    leaves: Sequence[int]
    """The numbers of those facts' leaves."""
    facts_root: RootOf
    heads: Sequence[Head]
    """Of the journeys exported whole, in order of leaf; none of a period."""
    heads_root: RootOf
    period: Period | None = None

    @property
    def journeys(self) -> list[UUID]:
        return [head.journey for head in self.heads]


def write(folder: Path, contents: Contents) -> Manifest:
    """Write the bundle into ``folder``, which is there and empty; each file for its owner only (0600).

    The same contents give the same bytes. Raises ``Refused`` for a fact whose bytes cannot stand on a line.
    """
    files: dict[str, File] = {}
    checkpoint = contents.checkpoint

    def put(name: str, lines: Iterable[bytes]) -> None:
        files[name] = _write(folder / name, lines)

    put(bundle.README, [bundle.README_TEXT.encode()])
    put(bundle.KEY, [contents.keys.encode()])
    put(bundle.CHECKPOINT, [contents.note])
    put(bundle.EARLIER, (f"{earlier.line()}\n".encode() for earlier in contents.earlier))
    put(bundle.HEADS, (f"{head.line()}\n".encode() for head in contents.heads))
    numbers = [head.leaf for head in contents.heads]
    put(bundle.HEADS_PROOF, _hashes(numbers, checkpoint.journeys, contents.heads_root) if numbers else [])
    put(bundle.FACTS_PROOF, _hashes(contents.leaves, checkpoint.size, contents.facts_root))
    with _new(folder / bundle.PLACES) as places:
        put(bundle.FACTS, _facts(contents.facts, places.write))
    files[bundle.PLACES] = _measured(folder / bundle.PLACES)
    manifest = Manifest(
        format=bundle.FORMAT,
        origin=checkpoint.origin,
        size=checkpoint.size,
        facts=len(contents.leaves),
        kind="journeys" if contents.period is None else "period",
        journeys=contents.journeys,
        period=contents.period,
        files=files,
    )
    raw = bundle.canonical(manifest)
    _write(folder / bundle.MANIFEST, [raw])
    _write(folder / bundle.MANIFEST_DIGEST, [digest_line(raw)])
    return manifest


def digest_line(manifest: bytes) -> bytes:
    """What ``manifest.sha256`` holds."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {bundle.MANIFEST}\n".encode()


def _hashes(leaves: Sequence[int], size: int, root_of: RootOf) -> list[bytes]:
    return [f"{one.hex()}\n".encode() for one in proof(leaves, size, root_of)]


def _facts(facts: Iterable[tuple[Place, bytes]], told: Callable[[bytes], object]) -> Iterator[bytes]:
    """The facts' lines, while their places are told."""
    for place, raw in facts:
        if b"\n" in raw or len(raw) >= bundle.LONGEST_FACT:
            raise Refused(
                f"The fact at position {place.position} is not as carechain writes facts.",
                hint="`carechain audit verify` says what is wrong with the store.",
            )
        told(f"{place.line()}\n".encode())
        yield raw + b"\n"


def _write(file: Path, pieces: Iterable[bytes]) -> File:
    digest, size = hashlib.sha256(), 0
    with _new(file) as written:
        for piece in pieces:
            digest.update(piece)
            size += written.write(piece)
    return File(size, digest.hexdigest())


def _measured(file: Path) -> File:
    with file.open("rb") as read:
        return File(file.stat().st_size, hashlib.file_digest(read, "sha256").hexdigest())


def _new(file: Path) -> BufferedWriter:
    return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
