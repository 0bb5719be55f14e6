"""The facts on record as whoever asks may see them: the evidence of the journal, for the facts that are shown.

What is shown decides: a fact that row-level security hides is counted and no more, and where it hides the places of a
protected identity, whatever else tells of a place is left out too. What a fact says is never opened.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection

from consumers.exports.mending import mending
from consumers.journal import Journal, Line
from domain.envelope import RecordedFact, read
from domain.errors import Unreadable
from domain.fact import by_name, load_catalogue
from domain.facts.correction import Correction
from projections import timeline
from projections.query import Filters, lines

PAGE = 200
"""Journeys read at a time."""

State = Literal["happened", "voided", "amended", "sealed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFact:
    """One fact: what kind, when, by whom, where it stands on record. All times are UTC; ids are references."""

    id: str
    """A keyed hash of its content, 64 hex characters."""
    case: UUID
    """The journey it counts in."""
    stay: UUID | None
    kind: str
    """What happened, as it counts: ``patient-admitted``."""
    kind_on_record: str
    """What was recorded; another than ``kind`` where it was amended so."""
    correction: bool
    """Whether it mends another fact."""
    time: datetime
    """When it happened, as it counts."""
    time_on_record: datetime
    precision: str
    """How exactly the time is known: ``second``, ``minute`` or ``day``."""
    state: State
    mends: tuple[str, ...]
    """Of a correction: the ids of the facts that count otherwise because of it, or not at all."""
    mended_by: str | None
    """The id of the correction that decides how it counts."""
    actor: str | None
    """Who did it, as a reference that the vault resolves."""
    unit: str | None
    role: str | None
    controller: str | None
    municipality: str | None
    region: str | None
    regime: str
    source: str | None
    evidence: "Evidence | None"
    """``None`` where whoever asks may see that it happened and not how it was recorded: a protected identity."""

    @property
    def recorded_at(self) -> datetime | None:
        return None if self.evidence is None else self.evidence.recorded_at

    @property
    def in_order_of_record(self) -> tuple[datetime, str, int]:
        """What is not told to have been recorded when stands where it happened."""
        if self.evidence is None:
            return self.time, self.id, 0
        return self.evidence.recorded_at, str(self.evidence.journey), self.evidence.version


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact stands on record, and what its bytes are. Times are UTC."""

    journey: UUID
    """Whose chain it stands in: another than it counts in, where two journeys are one person's."""
    version: int
    """Its number in the chain."""
    position: int
    """Its number in its store."""
    recorded_at: datetime
    sent_at: datetime | None
    message: str | None
    """The source's message, as a keyed hash."""
    hash: str
    """SHA-256 of the bytes on record, hex."""
    previous_hash: str


@dataclass(frozen=True, slots=True)
class ShownJourney:
    """One journey's facts in order of record, and how many others are on record."""

    case: UUID
    facts: tuple[ShownFact, ...]
    withheld: int = 0
    """On record and not shown: another patient's, not readable, or not concluded yet. The blocked are not counted here."""
    later: int = 0
    """On record and dated after the moment asked about."""


def shown_journeys(
    connection: Connection[Any],
    schema: str,
    journeys: Sequence[UUID],
    now: datetime,
    known_at: datetime | None,
) -> Iterator[ShownJourney]:
    """The journeys in order of id, as they stand at ``now`` with what was recorded by ``known_at`` (UTC).

    ``connection`` must have been opened to these patients; the journeys are those that rows stand under.
    """
    load_catalogue()
    asked = sorted(set(journeys))
    for start in range(0, len(asked), PAGE):
        yield from _page(connection, schema, asked[start : start + PAGE], now, known_at)


def _page(
    connection: Connection[Any],
    schema: str,
    journeys: Sequence[UUID],
    now: datetime,
    known_at: datetime | None,
) -> Iterator[ShownJourney]:
    filters = Filters(journeys=journeys, known_at=known_at)
    rows = {
        row["opened_by"][0]: row
        for row in lines(connection, schema, timeline.PROJECTION, filters, now, "r.id")
    }
    facts: dict[UUID, list[ShownFact]] = {journey: [] for journey in journeys}
    # A chain counts in the journey that the person's rows stand under.
    counts_in = {journey: journey for journey in journeys}
    hidden: list[tuple[UUID, bool]] = []
    stored = Journal(connection).load(journeys, known_at=known_at)
    for line, recorded in _read(stored):
        row = rows.pop(recorded.id, None) if recorded is not None else None
        if row is not None and recorded is not None:
            facts[row["journey"]].append(_with_evidence(row, line, recorded))
            counts_in.setdefault(line.journey, row["journey"])
        else:
            hidden.append((line.journey, recorded is not None and recorded.time > now))
    for row in rows.values():
        facts[row["journey"]].append(_shown(row))
    others = Counter((counts_in[journey], later) for journey, later in hidden if journey in counts_in)
    for journey in journeys:
        shown = _mended(facts[journey], stored)
        yield ShownJourney(journey, shown, others[journey, False], others[journey, True])


def _read(stored: Mapping[UUID, Sequence[Line]]) -> Iterator[tuple[Line, RecordedFact | None]]:
    for some in stored.values():
        for line in some:
            try:
                yield line, read(line.raw)
            except Unreadable:
                yield line, None


def _shown(row: Mapping[str, Any]) -> ShownFact:
    """The fact as it is shown."""
    # Every fact has a controller, and so a party; without one its places are hidden from whoever asks.
    veiled = row["party"] is None
    kind = by_name(row["rule"])
    time = row["started_at"].astimezone(UTC)
    return ShownFact(
        id=row["opened_by"][0],
        case=row["journey"],
        stay=row["stay"],
        kind=row["rule"],
        kind_on_record=row["rule"],
        correction=kind is not None and issubclass(kind, Correction),
        time=time,
        time_on_record=time,
        precision="second" if row["at_latest"] == row["started_at"] else "day",
        state=row["detail"] or "happened",
        mends=(),
        mended_by=None,
        actor=None,
        unit=row["unit"],
        role=row["role"],
        controller=None if veiled else row["controller"],
        municipality=row["municipality"],
        region=row["region"],
        regime=row["regime"],
        source=None if veiled else row["source"],
        evidence=None,
    )


def _with_evidence(row: Mapping[str, Any], line: Line, recorded: RecordedFact) -> ShownFact:
    envelope = recorded.envelope
    evidence = Evidence(
        journey=line.journey,
        version=line.version,
        position=line.position,
        recorded_at=envelope.recordedtime,
        sent_at=envelope.senttime,
        message=envelope.sourcemessage,
        hash=recorded.hash,
        previous_hash=envelope.prevhash,
    )
    return replace(
        _shown(row),
        kind_on_record=recorded.kind.NAME,
        correction=issubclass(recorded.kind, Correction),
        time_on_record=envelope.time,
        precision=envelope.timeprecision,
        actor=None if row["party"] is None else envelope.actor,
        evidence=evidence,
    )


def _mended(facts: list[ShownFact], stored: Mapping[UUID, Sequence[Line]]) -> tuple[ShownFact, ...]:
    """The facts in order of record, each with what mended it, of the facts that are shown."""
    facts.sort(key=lambda fact: fact.in_order_of_record)
    if not any(fact.correction for fact in facts):
        return tuple(facts)
    shown = {fact.id for fact in facts}
    chains = {fact.evidence.journey for fact in facts if fact.evidence is not None}
    of_chains = {journey: stored[journey] for journey in sorted(chains)}
    recorded = [one for _, one in _read(of_chains) if one is not None and one.id in shown]
    mended_by = mending(recorded)
    mends: dict[str, list[str]] = {}
    for fact in facts:
        if fact.id in mended_by:
            mends.setdefault(mended_by[fact.id], []).append(fact.id)
    return tuple(
        replace(fact, mends=tuple(mends.get(fact.id, ())), mended_by=mended_by.get(fact.id)) for fact in facts
    )
