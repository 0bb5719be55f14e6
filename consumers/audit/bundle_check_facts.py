"""Checking a bundle's facts: each in its place in the signed tree, each journey's chain, and that nothing is left out."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import zip_longest
from typing import Annotated
from uuid import UUID

import msgspec

from consumers.audit import bundle
from consumers.audit.bundle import Head, Manifest, Period, Place
from consumers.audit.bundle_container import Member
from consumers.audit.bundle_faults import Faults
from consumers.audit.bundle_proof import folded
from domain.calendar import format_instant
from domain.checkpoint import Checkpoint, fact_leaf, head_leaf
from domain.envelope import GENESIS
from domain.errors import Refused
from domain.merkle import leaf_hash

_HASH = re.compile(rb"[0-9a-f]{64}")
_LINE_BYTES = 200
_ADVANCE = 1_000


class Placing(msgspec.Struct):
    """What of a fact says where it belongs."""

    subject: str
    journeyversion: int
    recordedtime: Annotated[str, msgspec.Meta(pattern=f"^{bundle.INSTANT.pattern}$")]
    prevhash: str


_DECODER = msgspec.json.Decoder(Placing)


def read_placing(raw: bytes, where: str) -> Placing:
    """Where a fact says that it belongs. Raises ``Refused`` for what is no fact."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused(f"There is no fact in {where}.") from None


@dataclass
class CheckedFacts:
    """The facts of a bundle as far as they were read, one after the other."""

    files: Mapping[str, Member]
    faults: Faults
    checkpoint: Checkpoint
    is_period: bool
    advance: Callable[[int], None]
    count: int = 0
    last: dict[UUID, tuple[int, str]] = field(default_factory=dict)
    """Of each journey its last fact's version and digest."""
    begin: tuple[Place, str] | None = None
    """The first fact's place and recorded time."""
    end: tuple[Place, str] | None = None
    """The last one's."""

    def check(self) -> None:
        """Hold every fact against its place and its journey's chain, and all of them against the signed root."""
        leaves = self._leaves()
        with self.faults.refused("place", bundle.PLACES):
            try:
                root = folded(self.checkpoint.size, leaves, _hashes(self.files[bundle.FACTS_PROOF]))
            except ValueError as error:
                self.faults.add("tree", bundle.FACTS_PROOF, str(error))
            else:
                message = "The facts do not come to the root that was signed."
                self.faults.equal("tree", bundle.FACTS, message, self.checkpoint.root.hex(), root.hex())
            # Where the tree gave up, the rest may still say which fact is wrong.
            deque(leaves, maxlen=0)
        self.advance(self.count % _ADVANCE)

    def _leaves(self) -> Iterator[tuple[int, bytes]]:
        places, facts = self.files[bundle.PLACES], self.files[bundle.FACTS]
        for line, raw in zip_longest(places.lines(_LINE_BYTES), facts.lines(bundle.LONGEST_FACT)):
            if line is None or raw is None:
                raise Refused("There are not as many places as facts.")
            place, self.count = bundle.read_place(line), self.count + 1
            envelope = self._envelope(place, raw)
            self._require_order(place)
            self._link(place, envelope.prevhash, sha256(raw).hexdigest())
            self.end = (place, envelope.recordedtime)
            self.begin = self.begin or self.end
            if self.count % _ADVANCE == 0:
                self.advance(_ADVANCE)
            yield place.leaf, leaf_hash(fact_leaf(place.position, place.journey, place.version, raw))

    def _envelope(self, place: Place, raw: bytes) -> Placing:
        envelope = read_placing(raw, self._where)
        self.faults.equal(
            "place",
            self._where,
            "The fact says another journey or version than its place.",
            f"{place.journey} {place.version}",
            f"{envelope.subject} {envelope.journeyversion}",
        )
        return envelope

    def _require_order(self, place: Place) -> None:
        before = self.end[0] if self.end else None
        if before is not None and (place.leaf <= before.leaf or place.position <= before.position):
            self.faults.add("place", self._where, "The facts are not in the order of the log.")
        if self.is_period and before is not None:
            message = "A fact between two others of the period is not there."
            self.faults.equal("period", self._where, message, before.leaf + 1, place.leaf)
        is_last = place.leaf == self.checkpoint.size - 1
        if place.position > self.checkpoint.position or is_last != (
            place.position == self.checkpoint.position
        ):
            message = "The fact's position does not fit the last one that the checkpoint names."
            self.faults.add("place", self._where, message, self.checkpoint.position, place.position)

    def _link(self, place: Place, previous: str, digest: str) -> None:
        """A period may begin amid a journey; anything else begins at its first fact."""
        before = self.last.get(place.journey)
        if before is None and self.is_period and place.version > 1:
            expected = (place.version, previous)
        else:
            expected = (before[0] + 1, before[1]) if before else (1, GENESIS)
        self.faults.equal(
            "version", self._where, "A fact of the journey is missing before it.", expected[0], place.version
        )
        self.faults.equal(
            "chain", self._where, "It does not follow the fact before it.", expected[1], previous
        )
        self.last[place.journey] = (place.version, digest)

    @property
    def _where(self) -> str:
        return f"{bundle.FACTS}, line {self.count}"

    def check_period(self, period: Period) -> None:
        """The run reaches beyond the period at both ends, or to the end of the log."""
        where, sealed = bundle.MANIFEST, format_instant(self.checkpoint.time)
        written = all(bundle.INSTANT.fullmatch(one) for one in (period.begin, period.end))
        if not written or not period.begin < period.end <= sealed:
            self.faults.add(
                "period",
                where,
                "It is no period that ends by the time of the checkpoint.",
                sealed,
                period.end,
            )
        elif self.begin is None or self.end is None:
            self.faults.add("period", bundle.FACTS, "There is no fact, not even the one after the period.")
        else:
            message = "The facts begin within the period: there may be earlier ones."
            if self.begin[0].leaf > 0 and period.holds(self.begin[1]):
                self.faults.add("period", bundle.FACTS, message, f"one before {period.begin}", self.begin[1])
            message = "The facts end within the period: there may be later ones."
            if self.end[0].leaf < self.checkpoint.size - 1 and period.holds(self.end[1]):
                self.faults.add("period", bundle.FACTS, message, f"one from {period.end}", self.end[1])


def check_journeys(
    files: Mapping[str, Member],
    faults: Faults,
    manifest: Manifest,
    checkpoint: Checkpoint,
    last: Mapping[UUID, tuple[int, str]],
) -> None:
    """Each journey named is there to its last fact, by the signed tree over all journeys; and there is no other."""
    where = bundle.HEADS
    with faults.refused("journeys", where):
        heads = [bundle.read_head(line) for line in files[where].lines(_LINE_BYTES)]
        journeys = [head.journey for head in heads]
        if not journeys or journeys != manifest.journeys or sorted(set(journeys)) != journeys:
            raise Refused("The journeys are not those that the manifest names, in order of id.")
        if set(last) != set(journeys):
            raise Refused("There are facts of other journeys, or none of one.")
        for head in heads:
            version, digest = last[head.journey]
            message = f"The facts of {head.journey} are not all there."
            faults.equal("journeys", where, message, f"{head.version} {head.last}", f"{version} {digest}")
        root = folded(checkpoint.journeys, _head_leaves(heads), _hashes(files[bundle.HEADS_PROOF]))
        message = "The journeys do not come to the root that was signed."
        faults.equal("journeys", where, message, checkpoint.heads.hex(), root.hex())


def _head_leaves(heads: list[Head]) -> Iterator[tuple[int, bytes]]:
    for head in heads:
        yield head.leaf, leaf_hash(head_leaf(head.journey, head.version, bytes.fromhex(head.last)))


def _hashes(member: Member) -> Iterator[bytes]:
    """The lines of a proof. Raises ``ValueError`` for one that is no hash."""
    try:
        for line in member.lines(_LINE_BYTES):
            if not _HASH.fullmatch(line):
                raise ValueError("A line of the proof is no hash.")
            yield bytes.fromhex(line.decode())
    except Refused as refused:
        raise ValueError(refused.message) from None
