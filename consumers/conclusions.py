"""From journal to rows, many journeys at once: the one way that projector, rebuild and verification share."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from consumers.journal import Journal, Line, Withheld
from consumers.sealing import OpeningSeal
from domain.basis import Basis
from domain.conclude import conclude
from domain.envelope import RecordedFact, read
from domain.errors import Unreadable
from domain.links import ABOUT_TWO, Person, components, other_of, persons
from domain.rows import Row


@dataclass
class Concluded:
    """Rows by journey, and which journeys could not be read whole: concluded from what comes before the trouble."""

    rows: dict[UUID, list[Row]] = field(default_factory=dict)
    facts: dict[UUID, int] = field(default_factory=dict)
    partition: dict[UUID, int] = field(default_factory=dict)
    heads: dict[UUID, UUID] = field(default_factory=dict)
    """By journey the one that its rows stand under: its own, but for linked ones."""
    parked: list[tuple[UUID, datetime, str, int]] = field(default_factory=list)

    @property
    def whole(self) -> list[UUID]:
        parked = {journey for journey, *_ in self.parked}
        return [journey for journey in self.rows if journey not in parked]


@contextmanager
def without_collecting() -> Iterator[None]:
    """Put off Python's search for reference cycles while a page is worked on.

    Facts and rows hold none and go when nothing names them; looking through them all took a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@without_collecting()
def conclude_lines(
    lines: Mapping[UUID, Sequence[Line]],
    seal: OpeningSeal,
    basis: Basis,
    withheld: Withheld = frozenset(),
) -> Concluded:
    """Conclude each person from the journalled facts of their journeys. Nothing one of them holds can stop another."""
    seal.keys.load_keys(list(lines))
    concluded = Concluded()
    for journey, facts in lines.items():
        concluded.facts[journey] = len(facts)
        concluded.partition[journey] = facts[-1].partition
    people, troubles = read_people(lines, seal, withheld)
    for person in people:
        _conclude(person, lines, troubles, basis, concluded)
    return concluded


def read_people(
    lines: Mapping[UUID, Sequence[Line]], seal: OpeningSeal, withheld: Withheld = frozenset()
) -> tuple[list[Person], dict[UUID, tuple[Line, str]]]:
    """Whose these journeys (whole groups) are, with the facts that can be read; and what is wrong, by journey."""
    readable: dict[UUID, list[RecordedFact]] = {}
    troubles: dict[UUID, tuple[Line, str]] = {}
    for journey, facts in lines.items():
        readable[journey], trouble = read_prefix(facts, seal, withheld)
        if trouble is not None:
            troubles[journey] = trouble
    return [person for group in _together(readable) for person in persons(group)], troubles


def _together(recorded: Mapping[UUID, list[RecordedFact]]) -> Iterator[dict[UUID, list[RecordedFact]]]:
    """The journeys group by group, of those that facts name together: one that names no other is a group of its own."""
    pairs = [
        (journey, other)
        for journey, facts in recorded.items()
        for fact in facts
        if issubclass(fact.kind, ABOUT_TWO) and (other := other_of(fact.fact, journey)) in recorded
    ]
    groups: dict[UUID, dict[UUID, list[RecordedFact]]] = {}
    for journey, first in components(recorded, [(a, b) for a, b in pairs if b is not None]).items():
        groups.setdefault(first, {})[journey] = recorded[journey]
    yield from groups.values()


def _conclude(
    person: Person,
    lines: Mapping[UUID, Sequence[Line]],
    troubles: Mapping[UUID, tuple[Line, str]],
    basis: Basis,
    concluded: Concluded,
) -> None:
    """One person's rows, which stand under the head; under the others stands nothing any more."""
    concluded.heads.update(dict.fromkeys(person.journeys, person.head))
    trouble = next((troubles[journey] for journey in person.journeys if journey in troubles), None)
    try:
        rows = conclude(person.head, person.history, basis)
        concluded.rows.update({journey: [] for journey in person.journeys} | {person.head: rows})
    except Exception as error:  # noqa: BLE001
        # A mistake of ours about one patient must not keep the answers about all others from coming.
        _log().exception("not_concluded", journey=str(person.head))
        last = lines[person.head][-1]
        trouble = (last, f"carechain could not conclude this journey ({type(error).__name__}).")
    if trouble is not None:
        line, reason = trouble
        concluded.parked += [
            (journey, line.recorded_at, reason, line.version)
            for journey in person.journeys
            if journey == person.head or journey in troubles
        ]


def _log() -> Any:
    """Imported when first used: a question about one patient need not wait for it."""
    import structlog

    return structlog.get_logger("conclusions")


def conclude_journeys(
    journal: Journal, journeys: Sequence[UUID], seal: OpeningSeal, basis: Basis
) -> Concluded:
    """Conclude journeys from the whole of what the journal holds of them."""
    return conclude_lines(journal.load(journeys), seal, basis)


def read_prefix(
    lines: Sequence[Line], seal: OpeningSeal, withheld: Withheld = frozenset()
) -> tuple[list[RecordedFact], tuple[Line, str] | None]:
    """The facts up to the first that cannot be read or that is missing a version before it, and what that is."""
    facts: list[RecordedFact] = []
    expected: dict[UUID, int] = {}
    for line in lines:
        version = expected.get(line.store, 1)
        while (line.store, line.journey, version) in withheld:
            version += 1
        if line.version != version:
            return facts, (line, f"Version {version} of the journey is missing.")
        try:
            facts.append(read(line.raw, seal))
        except Unreadable as error:
            return facts, (line, error.message)
        expected[line.store] = version + 1
    return facts, None
