"""What proves one journey: each fact's place in the signed tree, the chain between them, and that none is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from consumers.audit.bundle_check_facts import read_placing
from consumers.audit.bundle_faults import Fault, Faults
from consumers.audit.bundle_source import Source
from consumers.audit.heads import heads_at
from consumers.audit.tiles import StoredFact
from domain import merkle
from domain.checkpoint import Checkpoint
from domain.envelope import GENESIS
from infra.errors import OperatingError


@dataclass(frozen=True)
class ProvenFact:
    """One fact of the journey, and how it is proven."""

    version: int
    position: int
    recorded_at: str
    """As it stands in the fact (UTC)."""
    hash: str
    """SHA-256 of its bytes, hex."""
    leaf: int | None = None
    """Its number in the tree over all facts; none where it came after the checkpoint."""
    proof: tuple[str, ...] = ()
    """The audit path of RFC 6962 section 2.1.1 from its leaf to the checkpoint's root, hex."""
    proven: bool | None = None
    """That the checkpoint counts it, with exactly these bytes; none where it came after the checkpoint."""


@dataclass(frozen=True)
class ProvenJourney:
    """A journey's facts, the checkpoint they are proven against, and whatever does not hold."""

    journey: UUID
    checkpoint: Checkpoint
    digest: str
    """Of the checkpoint: the hex SHA-256 of its file."""
    facts: tuple[ProvenFact, ...]
    whole: bool | None
    """That the checkpoint counts no other fact of the journey; none where it counts none at all."""
    head_leaf: int | None
    head_proof: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def later(self) -> int:
        """How many facts came after the checkpoint: those are proven only against the other copies."""
        return sum(fact.proven is None for fact in self.facts)


@dataclass
class _Proving:
    source: Source
    journey: UUID
    faults: Faults = field(default_factory=Faults)
    previous: tuple[int, str] = (0, GENESIS)
    counted: tuple[int, str] | None = None
    """Version and digest of the last fact that the checkpoint counts."""

    def facts(self) -> Iterator[ProvenFact]:
        rows = self.source.connection.execute(
            "SELECT notification_id, originator_id, originator_version, state FROM store.journeys_events"
            " WHERE originator_id = %s ORDER BY originator_version",
            (self.journey,),
        )
        for position, journey, version, raw in rows.fetchall():
            yield self._fact(StoredFact(position, journey, version, bytes(raw)))

    def _fact(self, fact: StoredFact) -> ProvenFact:
        where, digest = f"version {fact.version}", sha256(fact.raw).hexdigest()
        recorded = ""
        with self.faults.refused("place", where):
            says = read_placing(fact.raw, where)
            recorded = says.recordedtime
            message = "The fact says another journey or version than the store."
            place = (str(fact.journey), fact.version)
            self.faults.equal("place", where, message, place, (says.subject, says.journeyversion))
            message = "It does not follow the fact before it."
            self.faults.equal("chain", where, message, self.previous[1], says.prevhash)
        message = "A fact of the journey is missing before it."
        self.faults.equal("version", where, message, self.previous[0] + 1, fact.version)
        self.previous = (fact.version, digest)
        made = ProvenFact(fact.version, fact.position, recorded, digest)
        if fact.position > self.source.checkpoint.position:
            return made
        self.counted = self.previous
        return self._included(made, fact.leaf_hash)

    def _included(self, made: ProvenFact, leaf_hash: bytes) -> ProvenFact:
        where, checkpoint = f"version {made.version}", self.source.checkpoint
        try:
            leaf = self.source.leaf(made.position)
            path = self.source.tree.inclusion_proof(leaf)
        except OperatingError as error:
            self.faults.add("tree", where, error.message)
            return ProvenFact(made.version, made.position, made.recorded_at, made.hash, proven=False)
        proven = merkle.verify_inclusion(leaf_hash, leaf, checkpoint.size, path, checkpoint.root)
        if not proven:
            self.faults.add(
                "tree", where, "The checkpoint does not count a fact with these bytes at this place."
            )
        hexed = tuple(one.hex() for one in path)
        return ProvenFact(made.version, made.position, made.recorded_at, made.hash, leaf, hexed, proven)

    def head(self) -> tuple[bool | None, int | None, tuple[str, ...]]:
        """Whether the checkpoint says that the last fact counted is the journey's last, and the proof."""
        checkpoint, where = self.source.checkpoint, "the tree over all journeys"
        heads = heads_at(self.source.connection, checkpoint.position)
        number = next((n for n, head in enumerate(heads) if head.journey == self.journey), None)
        if number is None and self.counted is None:
            return None, None, ()
        if number is None:
            self.faults.add("journeys", where, "The checkpoint does not name the journey.")
            return False, None, ()
        head = heads[number]
        tree = merkle.Tree(one.leaf_hash for one in heads)
        path = tree.inclusion_proof(number)
        whole = self.counted == (head.version, head.hash.hex())
        if not whole:
            message, found = "The journey's facts are not all there.", self.counted or (0, "none")
            self.faults.equal(
                "journeys", where, message, f"{head.version} {head.hash.hex()}", f"{found[0]} {found[1]}"
            )
        signed = merkle.verify_inclusion(head.leaf_hash, number, checkpoint.journeys, path, checkpoint.heads)
        if not signed:
            self.faults.add("journeys", where, "The journeys do not come to the root that was signed.")
        return whole and signed, number, tuple(one.hex() for one in path)


def prove(source: Source, journey: UUID) -> ProvenJourney:
    """Prove what the store holds of a journey against the last checkpoint."""
    proving = _Proving(source, journey)
    facts = tuple(proving.facts())
    whole, head_leaf, head_proof = proving.head()
    return ProvenJourney(
        journey,
        source.checkpoint,
        source.kept.digest,
        facts,
        whole,
        head_leaf,
        head_proof,
        tuple(proving.faults.first.values()),
    )
