"""From journal to rows, many journeys at once: the one way that projector, rebuild and verification share."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from consumers.journal import Journal, Line
from consumers.sealing import OpeningSeal
from domain.basis import Basis
from domain.conclude import conclude
from domain.envelope import RecordedFact, read
from domain.errors import Unreadable
from domain.history import History
from domain.rows import Row


@dataclass
class Concluded:
    """Rows by journey, and which journeys could not be read whole: concluded from what comes before the trouble."""

    rows: dict[UUID, list[Row]] = field(default_factory=dict)
    facts: dict[UUID, int] = field(default_factory=dict)
    partition: dict[UUID, int] = field(default_factory=dict)
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
def conclude_lines(lines: Mapping[UUID, Sequence[Line]], seal: OpeningSeal, basis: Basis) -> Concluded:
    """Conclude each journey from its journalled facts. Nothing one journey holds can stop another."""
    seal.keys.load_keys(list(lines))
    concluded = Concluded()
    for journey, facts in lines.items():
        readable, trouble = read_prefix(facts, seal)
        try:
            concluded.rows[journey] = conclude(journey, History.of(readable), basis)
        except Exception as error:  # noqa: BLE001
            # A mistake of ours about one patient must not keep the answers about all others from coming.
            _log().exception("not_concluded", journey=str(journey))
            trouble = (facts[-1], f"carechain could not conclude this journey ({type(error).__name__}).")
        concluded.facts[journey] = len(facts)
        concluded.partition[journey] = facts[-1].partition
        if trouble is not None:
            line, reason = trouble
            concluded.parked.append((journey, line.recorded_at, reason, line.version))
    return concluded


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
    lines: Sequence[Line], seal: OpeningSeal
) -> tuple[list[RecordedFact], tuple[Line, str] | None]:
    """The facts up to the first that cannot be read or that is missing a version before it, and what that is."""
    facts: list[RecordedFact] = []
    expected: dict[UUID, int] = {}
    for line in lines:
        version = expected.get(line.store, 1)
        if line.version != version:
            return facts, (line, f"Version {version} of the journey is missing.")
        try:
            facts.append(read(line.raw, seal))
        except Unreadable as error:
            return facts, (line, error.message)
        expected[line.store] = version + 1
    return facts, None
