"""The form of an audit bundle: what its files are called, what they hold, and what its manifest says."""

import hashlib
import re
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import rfc8785

from domain.errors import Refused

FORMAT: Final = "carechain-audit-bundle/1"

MANIFEST, MANIFEST_DIGEST, README, KEY = "manifest.json", "manifest.sha256", "README.txt", "key.txt"
CHECKPOINT, EARLIER, HEADS, HEADS_PROOF = "checkpoint.txt", "earlier.txt", "heads.txt", "heads.proof"
FACTS_PROOF, PLACES, FACTS = "facts.proof", "places.txt", "facts.ndjson"
NAMES: Final = (
    MANIFEST,
    MANIFEST_DIGEST,
    README,
    KEY,
    CHECKPOINT,
    EARLIER,
    HEADS,
    HEADS_PROOF,
    FACTS_PROOF,
    PLACES,
    FACTS,
)
"""Every file of a bundle, in the order they have in a zip. There are no others, and all are there."""

README_TEXT: Final = """\
An audit bundle of a carechain log
==================================

This bundle shows what was recorded in a care chain's log about the journeys, or in
the period, that manifest.json names: in which order, that none of it was changed
since, and that nothing was left out. It can be checked without any server, database
or network, and without trusting whoever made it. It holds what the log holds:
references in place of people, and what is sealed stays sealed.

To check it:

    carechain audit check BUNDLE --key KEY --since CHECKPOINT

KEY is the log's public key as you got it by another way than in this bundle; without
it the bundle's own key.txt is trusted, which shows only that one and the same key
signed everything here. CHECKPOINT is one that you have kept since you last looked:
a log that does not extend it is rejected.

The files:

    manifest.json    what the bundle holds, and the size and SHA-256 of each file
    manifest.sha256  the SHA-256 of manifest.json, as sha256sum -c reads it
    key.txt          the log's public key, as a verifier key of a signed note
    checkpoint.txt   the signed checkpoint that everything is proven against
    earlier.txt      earlier checkpoints, each with the proof that this one extends it
    heads.txt        the last version of each journey exported, and its last fact's digest
    heads.proof      what else is needed to come to the signed root over all journeys
    places.txt       of each fact: leaf number, position, journey, version
    facts.ndjson     the facts, byte for byte as they are stored, one a line
    facts.proof      what else is needed to come to the signed root over all facts

Whoever wants to write a program that checks a bundle finds the format, complete, in
the page audit-bundle.md of carechain's documentation.
"""
"""The same in every bundle of this format, so that nobody can write other instructions into one."""
README_SHA256: Final = hashlib.sha256(README_TEXT.encode()).hexdigest()

INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
"""The one form of an instant in the log; so written, instants compare as text."""

LONGEST_FACT: Final = 16 * 2**20
"""Bytes; no record on Kafka can be as long."""

_LARGEST = 2**53 - 1
_PLACE = re.compile(r"(\d{1,16}) (\d{1,19}) ([0-9a-f-]{36}) (\d{1,10})", re.ASCII)
_HEAD = re.compile(r"(\d{1,16}) ([0-9a-f-]{36}) (\d{1,10}) ([0-9a-f]{64})", re.ASCII)

_EARLIER = re.compile(rb"(?:[0-9a-f]{2})+(?: [0-9a-f]{64})*")

Number = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and digest of one file."""

    bytes: Number
    sha256: Digest


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}):
    """Recorded from ``begin`` until before ``end``; UTC, as instants stand in the log."""

    begin: str
    end: str

    def holds(self, recorded: str) -> bool:
        return self.begin <= recorded < self.end


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says it holds."""

    format: Literal["carechain-audit-bundle/1"]
    origin: Annotated[str, msgspec.Meta(max_length=200)]
    """The log, as its checkpoints name it."""
    size: Number
    """Facts in the log at the checkpoint."""
    facts: Number
    """Facts in the bundle."""
    kind: Literal["journeys", "period"]
    journeys: list[UUID]
    """Those exported whole, in order of id; none of a period."""
    period: Period | None
    files: dict[str, File]
    """Every file but the manifest and its digest."""


class Earlier(NamedTuple):
    """An earlier checkpoint, signed, and the consistency proof from it to the bundle's own."""

    note: bytes
    proof: list[bytes]

    def line(self) -> str:
        return " ".join(one.hex() for one in (self.note, *self.proof))


class Place(NamedTuple):
    """Where a fact stands: its leaf in the tree over all facts, its position in the store, its place in its journey."""

    leaf: int
    position: int
    journey: UUID
    version: int

    def line(self) -> str:
        return f"{self.leaf} {self.position} {self.journey} {self.version}"


class Head(NamedTuple):
    """A journey's leaf in the tree over all journeys."""

    leaf: int
    journey: UUID
    version: int
    last: str
    """The digest of its last fact's bytes (hex SHA-256)."""

    def line(self) -> str:
        return f"{self.leaf} {self.journey} {self.version} {self.last}"


def read_place(line: bytes) -> Place:
    """A line of ``places.txt``. Raises ``Refused`` for anything written in another way."""
    match = _PLACE.fullmatch(line.decode("ascii", "replace"))
    place = match and Place(int(match[1]), int(match[2]), _uuid(match[3]), int(match[4]))
    if place is None or place.line().encode() != line:
        raise Refused("A line is no place: leaf number, position, journey, version.")
    return place


def read_head(line: bytes) -> Head:
    """A line of ``heads.txt``, likewise."""
    match = _HEAD.fullmatch(line.decode("ascii", "replace"))
    head = match and Head(int(match[1]), _uuid(match[2]), int(match[3]), match[4])
    if head is None or head.line().encode() != line:
        raise Refused("A line is no head: leaf number, journey, version, digest.")
    return head


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("A journey's id cannot be read.") from None


def read_earlier(line: bytes) -> Earlier:
    """A line of ``earlier.txt``, likewise."""
    if not _EARLIER.fullmatch(line):
        raise Refused("A line is no earlier checkpoint: a note and a proof in hex.")
    note, *proof = line.decode().split(" ")
    return Earlier(bytes.fromhex(note), [bytes.fromhex(one) for one in proof])


def canonical(manifest: Manifest) -> bytes:
    """As RFC 8785 writes it, and a newline."""
    return rfc8785.dumps(msgspec.to_builtins(manifest)) + b"\n"


def read_manifest(raw: bytes) -> Manifest:
    """Raises ``Refused`` for what is no manifest of this format, or is written in another way."""
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
        same = canonical(manifest) == raw
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused("It is not JSON of the form that carechain writes.") from None
    if not same:
        raise Refused("Its JSON is written in another way than RFC 8785's.")
    return manifest
