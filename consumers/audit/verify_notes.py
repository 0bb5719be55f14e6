"""The checkpoints in the three places where they are kept: signatures, succession, and whether all hold the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from consumers.audit.verify_faults import Fault, Found
from domain.checkpoint import NO_PREVIOUS, Checkpoint, note_digest
from domain.errors import Refused

TABLE, KAFKA, FILES = "store", "kafka", "files"
_NAMES = {TABLE: "the table", KAFKA: "Kafka", FILES: "the files"}


class Note(NamedTuple):
    """A checkpoint's bytes and what stands beside them: how many facts it is said to count."""

    size: int | None
    note: bytes
    where: str
    digest: str | None = None
    time: datetime | None = None


@dataclass
class Kept:
    """The checkpoints in each place; ``files`` is None where there is no folder."""

    table: Sequence[Note] = ()
    kafka: Sequence[Note] = ()
    files: Sequence[Note] | None = None
    published: frozenset[bytes] = frozenset()
    """Those that the relay noted as published."""

    @property
    def places(self) -> dict[str, Sequence[Note]]:
        """The places that there are."""
        found: dict[str, Sequence[Note]] = {TABLE: self.table, KAFKA: self.kafka}
        return found if self.files is None else {**found, FILES: self.files}


@dataclass
class Checkpoints:
    """What they come to."""

    good: list[Checkpoint] = field(default_factory=list)
    """Signed, each once, the smallest first."""
    not_on_kafka: int = 0
    found: Found = field(default_factory=Found)


Open = Callable[[bytes], str]
"""The text of a note that is signed by a key that is trusted. Raises ``Refused`` or an error of ``infra.signing``."""


def check_notes(kept: Kept, origin: str, open_note: Open, errors: tuple[type[Exception], ...]) -> Checkpoints:
    """Check all checkpoints; ``open_note`` raises ``errors`` or ``Refused`` for one that is not as it was signed."""
    made = Checkpoints()
    read: dict[bytes, Checkpoint | None] = {}
    for name, notes in kept.places.items():
        for note in notes:
            if note.note not in read:
                read[note.note] = _opened(note, origin, open_note, (Refused, *errors))
            parsed = read[note.note]
            for fault in () if parsed is None else _beside(name, note, parsed):
                made.found.add(fault)
    for raw, parsed in read.items():
        if parsed is None:
            made.found.add(_unsigned(kept, raw))
    good = {raw: checkpoint for raw, checkpoint in read.items() if checkpoint is not None}
    for fault in (*_places_agree(kept, read, made), *_follow(good), *_in_order(kept.kafka, read)):
        made.found.add(fault)
    made.good = sorted(good.values(), key=lambda checkpoint: checkpoint.size)
    return made


def _opened(
    note: Note, origin: str, open_note: Open, errors: tuple[type[Exception], ...]
) -> Checkpoint | None:
    try:
        read = Checkpoint.parse(open_note(note.note))
    except errors:
        return None
    return read if read.origin == origin else None


def _unsigned(kept: Kept, raw: bytes) -> Fault:
    held = {name: [note for note in notes if note.note == raw] for name, notes in kept.places.items()}
    return Fault(
        "signature",
        tuple(name for name, notes in held.items() if notes),
        "a checkpoint of this store, signed by its key",
        f"sha256 {note_digest(raw)}",
        place="; ".join(note.where for notes in held.values() for note in notes),
        why="The signature does not fit.",
    )


def _beside(name: str, note: Note, read: Checkpoint) -> Iterator[Fault]:
    """What stands beside a checkpoint in the table, on Kafka or in a file's name."""
    for what, told, own in (
        ("size", read.size, note.size),
        ("digest", note_digest(note.note), note.digest),
        ("time", read.time, note.time),
    ):
        if own is not None and told != own:
            yield Fault(
                "checkpoint",
                (name,),
                f"{what} {told}",
                f"{what} {own}",
                place=note.where,
                why="The signed text says so.",
            )


def _places_agree(kept: Kept, read: Mapping[bytes, Checkpoint | None], made: Checkpoints) -> Iterator[Fault]:
    """Every signed checkpoint stands in every place, but for the newest, which are on their way."""
    held = {name: Counter(note.note for note in notes) for name, notes in kept.places.items()}
    sizes = {
        name: max((checkpoint.size for raw in notes if (checkpoint := read[raw]) is not None), default=-1)
        for name, notes in held.items()
    }
    for raw, checkpoint in read.items():
        if checkpoint is None:
            continue
        lacking = [name for name in held if not held[name][raw]]
        for name in lacking:
            if name == KAFKA and checkpoint.size > sizes[KAFKA] and raw not in kept.published:
                made.not_on_kafka += 1
            elif name != FILES or checkpoint.size < sizes[FILES]:
                yield _differs(name, checkpoint, raw, "nothing that is signed")
        for name, notes in held.items():
            if notes[raw] > 1:
                yield _differs(name, checkpoint, raw, f"{notes[raw]} of them")


def _differs(name: str, checkpoint: Checkpoint, raw: bytes, found: str) -> Fault:
    return Fault(
        "checkpoint",
        (name,),
        f"sha256 {note_digest(raw)}",
        found,
        checkpoint.position,
        place=f"checkpoint of {checkpoint.size} facts",
        why=f"It is signed, and is not as it was in {_NAMES[name]}.",
    )


def _follow(good: Mapping[bytes, Checkpoint]) -> Iterator[Fault]:
    """Each names the digest of the one before it, and counts more facts."""
    before, last = NO_PREVIOUS, None
    for raw, checkpoint in sorted(good.items(), key=lambda item: (item[1].size, item[1].time)):
        where = f"checkpoint of {checkpoint.size} facts"
        if checkpoint.previous != before:
            yield Fault(
                "succession",
                (),
                f"previous {before}",
                f"previous {checkpoint.previous}",
                checkpoint.position,
                place=where,
                why="One in between was taken away everywhere, or one was signed beside the others.",
            )
        if last is not None and (
            checkpoint.size <= last.size
            or checkpoint.position <= last.position
            or checkpoint.journeys < last.journeys
        ):
            yield Fault(
                "succession",
                (),
                f"more than {last.size} facts, after position {last.position}",
                f"{checkpoint.size} facts, to position {checkpoint.position}",
                checkpoint.position,
                place=where,
            )
        before, last = note_digest(raw), checkpoint


def _in_order(notes: Iterable[Note], read: Mapping[bytes, Checkpoint | None]) -> Iterator[Fault]:
    """On Kafka they stand in the order in which they were made."""
    last = 0
    for note in notes:
        checkpoint = read[note.note]
        if checkpoint is None:
            continue
        if checkpoint.size < last:
            yield Fault(
                "succession",
                (KAFKA,),
                f"more than {last} facts",
                f"{checkpoint.size} facts",
                checkpoint.position,
                place=note.where,
                why="On Kafka they stand in the order in which they were made.",
            )
        last = max(last, checkpoint.size)
