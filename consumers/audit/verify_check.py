"""The check itself, apart from servers: portions of the three copies are read in any order, and come to one verdict."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from consumers.audit.copies import BLOCK, BLOCK_BITS, Ground, Held, Sums, count
from consumers.audit.copies_journal import JournalSeen, journal_held, read_journal
from consumers.audit.copies_kafka import KafkaSeen, check_border, kafka_held, read_kafka
from consumers.audit.copies_store import StoreSeen, corrected_leaves, read_store, store_held
from consumers.audit.verify_chains import Chains, Roots, check_heads, check_roots
from consumers.audit.verify_compare import Ends, Proof, compare, differing_leaves, proven_name
from consumers.audit.verify_faults import COPIES, Copy, Fault, Found, gathered
from domain.checkpoint import Checkpoint

LOOKED_INTO = 128
"""Blocks compared fact by fact at a time: it bounds the memory."""
ALIKE = 8
"""So many faulty blocks that differ in the same way are looked into; of more, only the number is told."""
LEAVES_OF: tuple[Copy, Copy] = ("kafka", "journal")


@dataclass(frozen=True)
class Portion:
    """A part of a copy that is read at a time."""

    copy: Copy
    where: tuple[int, ...]
    """Store: first and last position. Kafka: partition, first offset, end. Journal: first page, end."""
    facts: int
    """About how many facts it has."""


@dataclass(frozen=True)
class Job:
    """What is to be done with a portion."""

    portion: Portion
    act: Literal["read", "hold", "leaves"] = "read"
    marks: tuple[int, ...] = ()
    blocks: frozenset[int] = frozenset()
    instead: Mapping[int, Sequence[bytes]] = field(default_factory=dict)


Run = Callable[[Sequence[Job], str], Iterator[tuple[Job, Any]]]
"""Performs jobs, and tells what of it is being done; results come in any order."""


def perform(job: Job, rows: Iterable[Any], ground: Ground) -> Any:
    """What a job comes to, given the rows of its portion."""
    match job.act, job.portion.copy:
        case "read", "store":
            return read_store(rows, ground, job.marks)
        case "read", "kafka":
            return read_kafka(rows, ground)
        case "read", "journal":
            return read_journal(rows, ground)
        case "leaves", _:
            return corrected_leaves(rows, job.instead)
        case _, "store":
            return list(store_held(rows, job.blocks))
        case _, "kafka":
            return list(kafka_held(rows, job.blocks))
        case _:
            return list(journal_held(rows, job.blocks))


@dataclass
class Verdict:
    """What a verification comes to."""

    facts: int = 0
    journeys: int = 0
    checkpoints: int = 0
    proven: int = 0
    """Facts that the last checkpoint stands for whose root fits."""
    unproven: int = 0
    """Facts after it, which only the other copies speak for."""
    not_on_kafka: int = 0
    not_in_journal: int = 0
    checkpoints_not_on_kafka: int = 0
    blocks_skipped: int = 0
    """Blocks that differ as others do that were looked into, and were not looked into themselves."""
    found: Found = field(default_factory=Found)


class Check:
    """One verification, fed with what its portions come to."""

    def __init__(
        self,
        ground: Ground,
        portions: Sequence[Portion],
        checkpoints: Sequence[Checkpoint],
        *,
        noted: int = 0,
    ) -> None:
        self.ground = ground
        self.portions = {copy: [p for p in portions if p.copy == copy] for copy in COPIES}
        self.checkpoints = sorted(checkpoints, key=lambda made: made.size)
        self.noted = noted
        self.verdict = Verdict(checkpoints=len(self.checkpoints))
        self.found = self.verdict.found
        self.roots, self.chains = Roots(self.checkpoints), Chains()
        self.counted: dict[int, int] = {}
        self.sums: dict[str, Sums] = {name: {} for name in ("store", "due", "later", "journal")}
        self.blocks: dict[Portion, frozenset[int]] = {}
        self.kafka_ends: dict[int, int] = {}
        self.journal_ends: dict[int, int] = {}
        self._heads_checked = False
        self._early: dict[int, StoreSeen] = {}
        self._next = 0

    def run(self, run: Run) -> Verdict:
        """Everything in turn."""
        self._read(run)
        retained, faults = self._look_into(run, self._compare_sums())
        proof = self._proof(run, retained)
        if proof.copy is not None:
            faults, _ = self._compared(retained, proof)
        self._attribute(faults)
        self.found.merge(gathered(faults))
        self._conclude(faults, proof)
        return self.verdict

    # -- reading -----------------------------------------------------------------------------------------------

    def _read(self, run: Run) -> None:
        jobs = [
            *(Job(portion, marks=self._marks(portion)) for portion in self.portions["store"]),
            *(Job(portion) for copy in ("kafka", "journal") for portion in self.portions[copy]),
        ]
        kafka: dict[Portion, KafkaSeen] = {}
        for job, seen in run(jobs, "reading the three copies"):
            if isinstance(seen, StoreSeen):
                self._early[self.portions["store"].index(job.portion)] = seen
                self._take_store()
            elif isinstance(seen, KafkaSeen):
                self._take_kafka(job.portion, seen)
                kafka[job.portion] = replace(seen, due={}, later={}, found=Found())
            else:
                self._take_journal(job.portion, seen)
        self._check_heads(self.portions["store"][-1].where[1] if self.portions["store"] else 0, at_end=True)
        for portion in self.portions["kafka"]:
            partition = portion.where[0]
            self.kafka_ends[partition] = check_border(
                self.found, self.kafka_ends.get(partition, 0), kafka[portion]
            )

    def _marks(self, portion: Portion) -> tuple[int, ...]:
        first, last = portion.where
        return tuple({made.position for made in self.checkpoints if first <= made.position <= last})

    def _take_store(self) -> None:
        """What follows what has been taken, as far as it is there: leaves and chains go by positions."""
        while self._next in self._early:
            seen, portion = self._early.pop(self._next), self.portions["store"][self._next]
            self._check_heads(portion.where[0] - 1)
            self.counted |= {mark: self.roots.size + more for mark, more in seen.marks.items()}
            self.roots.append(seen.leaves)
            self.chains.extend(seen)
            self.found.merge(seen.found)
            _add(self.sums["store"], seen.sums)
            self.blocks[portion] = frozenset(seen.sums)
            self._next += 1

    def _check_heads(self, reached: int, *, at_end: bool = False) -> None:
        """Once the facts up to the last checkpoint, and no others, have been taken."""
        if self._heads_checked or not self.checkpoints:
            return
        last = self.checkpoints[-1]
        if at_end or reached >= last.position:
            self._heads_checked = True
            self.found.merge(gathered(check_heads(self.chains, last)))

    def _take_kafka(self, portion: Portion, seen: KafkaSeen) -> None:
        self.found.merge(seen.found)
        _add(self.sums["due"], seen.due)
        _add(self.sums["later"], seen.later)
        self.blocks[portion] = frozenset({*seen.due, *seen.later})

    def _take_journal(self, portion: Portion, seen: JournalSeen) -> None:
        self.found.merge(seen.found)
        _add(self.sums["journal"], seen.sums)
        self.blocks[portion] = frozenset(seen.sums)
        for partition, last in seen.last.items():
            self.journal_ends[partition] = max(last, self.journal_ends.get(partition, 0))

    # -- comparing ---------------------------------------------------------------------------------------------

    def _compare_sums(self) -> dict[int, tuple[object, ...]]:
        """The blocks that differ, each with the way in which it does."""
        store, due, later, journal = (self.sums[name] for name in ("store", "due", "later", "journal"))
        top = max((self.noted, *self.kafka_ends.values()))
        differing: dict[int, tuple[object, ...]] = {}
        for block in {*store, *due, *later, *journal}:
            s, d, n, j = (sums.get(block, 0) for sums in (store, due, later, journal))
            if not d + n + j and block << BLOCK_BITS > top:
                self.verdict.not_on_kafka += count(s)
            elif s == d + n and j in (d, d + n):
                self.verdict.not_in_journal += count(d + n - j)
            else:
                differing[block] = (
                    s == d + n,
                    j == d,
                    _sign(count(s), count(d + n)),
                    _sign(count(j), count(d)),
                )
        return differing

    def _look_into(
        self, run: Run, differing: Mapping[int, tuple[object, ...]]
    ) -> tuple[dict[Copy, list[Held]], list[Fault]]:
        """Compare fact by fact; of blocks that differ alike, until enough have been found faulty."""
        retained: dict[Copy, list[Held]] = {copy: [] for copy in COPIES}
        faults: list[Fault] = []
        faulty: Counter[tuple[object, ...]] = Counter()
        waiting = sorted(differing)
        while waiting:
            wave = _some_of_each(waiting, differing, faulty)
            if not wave:
                self.verdict.blocks_skipped += len(waiting)
                break
            waiting = [block for block in waiting if block not in wave]
            held = self._held(run, wave)
            found, not_yet = self._compared(held, Proof(self.roots.proven()))
            self.verdict.not_on_kafka += not_yet["kafka"]
            self.verdict.not_in_journal += not_yet["journal"]
            wrong = {(fault.position or 0) >> BLOCK_BITS for fault in found}
            faulty.update(differing[block] for block in wrong)
            for copy in COPIES:
                retained[copy] += [item for item in held[copy] if item.position >> BLOCK_BITS in wrong]
            faults += found
        return retained, faults

    def _held(self, run: Run, blocks: frozenset[int]) -> dict[Copy, list[Held]]:
        jobs = [
            Job(portion, "hold", blocks=here)
            for portion, blocks_there in self.blocks.items()
            if (here := blocks & blocks_there)
        ]
        held: dict[Copy, list[Held]] = {copy: [] for copy in COPIES}
        for job, items in run(jobs, "comparing fact by fact"):
            held[job.portion.copy] += items
        return held

    def _compared(self, held: Mapping[Copy, list[Held]], proof: Proof) -> tuple[list[Fault], dict[Copy, int]]:
        journalled, partitions = self.ground.journalled, range(self.ground.partitions)
        last: Counter[int] = Counter()
        for portion in self.portions["kafka"]:
            last[portion.where[0]] = max(last[portion.where[0]], portion.where[2])
        caught_up = frozenset(p for p in partitions if journalled.get(p, 0) >= last[p])
        ends = Ends(len(partitions), self.kafka_ends, self.noted, self.journal_ends, journalled, caught_up)
        return compare(held, ends, proof)

    # -- what was signed ---------------------------------------------------------------------------------------

    def _proof(self, run: Run, held: Mapping[Copy, list[Held]]) -> Proof:
        """What the checkpoints prove. Where the store is not what was signed, another copy may be."""
        proven = self.roots.proven()
        signed = max((made.position for made in self.checkpoints), default=0)
        if proven >= signed or not any(held.values()):
            return Proof(proven)
        for copy in LEAVES_OF:
            instead = differing_leaves(held, copy, signed)
            if not instead:
                continue
            until = self._roots_with(run, instead).proven()
            if until > proven:
                return Proof(proven, copy, until)
        return Proof(proven)

    def _roots_with(self, run: Run, instead: Mapping[int, Sequence[bytes]]) -> Roots:
        """The roots that the store gives with other leaves at these positions."""
        portions = self.portions["store"]
        parts: dict[int, dict[int, Sequence[bytes]]] = defaultdict(dict)
        for position, leaves in instead.items():
            after = (number for number, portion in enumerate(portions) if position <= portion.where[1])
            parts[next(after, len(portions) - 1)][position] = leaves
        jobs = [Job(portion, "leaves", instead=parts[number]) for number, portion in enumerate(portions)]
        numbers = {portion: number for number, portion in enumerate(portions)}
        roots, early, following = Roots(self.checkpoints), {}, 0
        for job, leaves in run(jobs, "reckoning what was signed"):
            early[numbers[job.portion]] = leaves
            while following in early:
                roots.append(early.pop(following))
                following += 1
        return roots

    def _attribute(self, faults: Sequence[Fault]) -> None:
        """What is odd about a broken chain shows where the copies of that journey differ."""
        for checked in (self.chains.found, self.found):
            for kind in ("gap", "chain"):
                fault = checked.first.get(kind)
                if fault is not None:
                    checked.first[kind] = _attributed(fault, faults)
        self.found.merge(self.chains.found)

    def _conclude(self, faults: Sequence[Fault], proof: Proof) -> None:
        verdict, proven = self.verdict, self.roots.proven()
        self.found.merge(
            gathered(_blamed(fault, faults, proof) for fault in check_roots(self.roots, self.counted))
        )
        heads = self.found.first.get("heads")
        if heads is not None:
            self.found.first["heads"] = _blamed(heads, faults, proof)
        verdict.facts, verdict.journeys = self.roots.size, len(self.chains)
        verdict.proven = max(
            (made.size for made, root in self.roots.reached if made.root == root and made.position == proven),
            default=0,
        )
        verdict.unproven = verdict.facts - verdict.proven


def _blamed(fault: Fault, faults: Sequence[Fault], proof: Proof) -> Fault:
    """Who is wrong where the store is not what a checkpoint was signed for."""
    if proof.copy is not None and (fault.position or 0) <= proof.until:
        return replace(
            fault, why=f"The signature holds, and what {proven_name(proof.copy)} holds gives what was signed."
        )
    if any((other.position or 0) <= (fault.position or 0) for other in faults):
        return fault
    return replace(
        fault, odd=COPIES, why="The signature holds, and the copies agree: all of them were changed alike."
    )


def _attributed(fault: Fault, faults: Sequence[Fault]) -> Fault:
    of_journey = [other for other in faults if _names(other, fault.journey)]
    if not of_journey:
        return replace(fault, why="All copies hold the same: it was recorded so, or changed in all of them.")
    near = min(of_journey, key=lambda other: abs((other.position or 0) - (fault.position or 0)))
    return replace(fault, odd=near.odd, why="The copies differ in this journey: see the other faults.")


def _names(fault: Fault, journey: UUID | None) -> bool:
    text = str(journey)
    return fault.journey == journey or text in fault.expected or text in fault.found


def _some_of_each(
    waiting: Sequence[int],
    differing: Mapping[int, tuple[object, ...]],
    faulty: Mapping[tuple[object, ...], int],
) -> frozenset[int]:
    """The next blocks, some of each way to differ that has not been found faulty often enough."""
    taken: Counter[tuple[object, ...]] = Counter()
    wave: list[int] = []
    for block in waiting:
        how = differing[block]
        # At first a few of each, so that none crowds out another; where they are no faults after all, all of them.
        if faulty.get(how, 0) < ALIKE and taken[how] < LOOKED_INTO // 4 and len(wave) < LOOKED_INTO:
            taken[how] += 1
            wave.append(block)
    return frozenset(wave)


def _sign(one: int, other: int) -> int:
    return (one > other) - (one < other)


def _add(sums: Sums, more: Sums) -> None:
    for block, value in more.items():
        sums[block] = sums.get(block, 0) + value


__all__ = ["BLOCK", "Check", "Job", "Portion", "Run", "Verdict", "perform"]
