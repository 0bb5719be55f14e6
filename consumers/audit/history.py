"""A journey's history for whoever audits it: facts, corrections, alarms and looks in one list, in order of record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import Connection

from consumers.exports.accesses import Access, accesses, as_auditor, has_log, may_read
from consumers.exports.shown import ShownFact, ShownJourney, shown_journeys

Kind = Literal["fact", "correction", "alarm", "access"]
_ORDER: dict[Kind, int] = {"fact": 0, "correction": 0, "alarm": 1, "access": 2}
_ALARMS = "alarms"
"""The stream beside the facts that alarms are published from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing on record about the journey. Times are UTC; people are references that the vault resolves."""

    kind: Kind
    what: str
    """The fact by name, the alarm by name, or what was done to look."""
    recorded_at: datetime | None
    """``None`` where it may be seen that it happened and not how it was recorded."""
    happened_at: datetime
    """As it counts."""
    precision: str = "second"
    state: str | None = None
    """Of a fact: ``happened``, ``voided``, ``amended`` or ``sealed``."""
    recorded_as: str | None = None
    """Of a fact that was amended: what was recorded."""
    happened_as_recorded: datetime | None = None
    journey: UUID
    """The one it stands with: of linked journeys each has its own chain."""
    version: int | None = None
    position: int | None = None
    """In its store, of an alarm in its stream, of a look in the access log."""
    id: str | None = None
    hash: str | None = None
    previous_hash: str | None = None
    actor: str | None = None
    role: str | None = None
    unit: str | None = None
    controller: str | None = None
    source: str | None = None
    mends: tuple[str, ...] = ()
    """Of a correction: ids of facts that count otherwise because of it."""
    mended_by: str | None = None
    purpose: str | None = None
    """Of a look: for what."""
    ground: str | None = None
    """Of a look: why it was allowed."""
    emergency: str | None = None

    @property
    def order(self) -> tuple[datetime, int, str, int]:
        """When it was recorded; within one moment facts come first."""
        recorded = self.recorded_at or self.happened_at
        return recorded, _ORDER[self.kind], str(self.journey), self.version or self.position or 0


@dataclass(frozen=True, slots=True)
class JourneyHistory:
    """The entries in order, and what is not among them."""

    entries: tuple[Entry, ...]
    withheld: int
    """Facts on record that are not shown: not readable, not concluded yet, or another patient's."""
    later: int
    """Facts dated after the moment asked about."""
    without: tuple[Kind, ...]
    """Kinds that whoever asks may not read."""


def journey_history(
    connection: Connection[Any],
    schema: str,
    journeys: Sequence[UUID],
    linked: Sequence[UUID],
    now: datetime,
    known_at: datetime | None,
) -> JourneyHistory:
    """What is on record about journeys that rows stand under, and those linked with them.

    What had happened by ``now`` and was recorded by ``known_at`` (both UTC); alarms and looks until the earlier one.
    """
    shown = list(shown_journeys(connection, schema, journeys, now, known_at))
    until = min(now, known_at or now)
    every = (*journeys, *linked)
    entries = list(_facts(shown))
    without: list[Kind] = []
    with as_auditor(connection):
        if may_read(connection, "store", "outbox"):
            entries += _alarms(connection, every, until)
        else:
            without.append("alarm")
        if has_log(connection):
            entries += map(_look, accesses(connection, every, known_at=until))
        else:
            without.append("access")
    return JourneyHistory(
        entries=tuple(sorted(entries, key=lambda entry: entry.order)),
        withheld=sum(one.withheld for one in shown),
        later=sum(one.later for one in shown),
        without=tuple(without),
    )


def _facts(shown: Sequence[ShownJourney]) -> Iterator[Entry]:
    for journey in shown:
        yield from map(_fact, journey.facts)


def _fact(fact: ShownFact) -> Entry:
    changed = (fact.kind, fact.time) != (fact.kind_on_record, fact.time_on_record)
    entry = Entry(
        kind="correction" if fact.correction else "fact",
        what=fact.kind,
        recorded_at=fact.recorded_at,
        happened_at=fact.time,
        precision=fact.precision,
        state=fact.state,
        recorded_as=fact.kind_on_record if changed else None,
        happened_as_recorded=fact.time_on_record if changed else None,
        journey=fact.case,
        id=fact.id,
        actor=fact.actor,
        role=fact.role,
        unit=fact.unit,
        controller=fact.controller,
        source=fact.source,
        mends=fact.mends,
        mended_by=fact.mended_by,
    )
    record = fact.evidence
    if record is None:
        return entry
    return replace(
        entry,
        journey=record.journey,
        version=record.version,
        position=record.position,
        hash=record.hash,
        previous_hash=record.previous_hash,
    )


def _look(look: Access) -> Entry:
    return Entry(
        kind="access",
        what=look.action,
        recorded_at=look.at,
        happened_at=look.at,
        journey=look.journey,
        position=look.position,
        id=str(look.look),
        actor=None if look.staff is None else str(look.staff),
        role=look.role,
        unit=look.unit,
        controller=look.organisation,
        purpose=look.purpose,
        ground=look.ground,
        emergency=look.emergency,
    )


# -- alarms --------------------------------------------------------------------------------------------------------


class _About(msgspec.Struct):
    due_at: datetime | None = None


class _Alarm(msgspec.Struct):
    """What is read of an alarm; one of a kind that is not known yet is listed all the same."""

    id: str | None = None
    type: str = "alarm"
    data: _About = msgspec.field(default_factory=_About)


def _alarms(connection: Connection[Any], journeys: Sequence[UUID], until: datetime) -> Iterator[Entry]:
    """The alarms about these journeys: those whose key is one of them. Most are about a source, and no patient's."""
    rows = connection.execute(
        "SELECT position, key, recorded_at, body FROM store.outbox"
        " WHERE stream = %s AND key = ANY(%s) AND recorded_at <= %s ORDER BY position",
        (_ALARMS, [str(journey) for journey in journeys], until),
    ).fetchall()
    for position, key, recorded_at, body in rows:
        try:
            alarm = msgspec.json.decode(bytes(body), type=_Alarm)
        except msgspec.MsgspecError:
            alarm = _Alarm()
        recorded = recorded_at.astimezone(UTC)
        yield Entry(
            kind="alarm",
            # se.carechain.alarm-raised.v1
            what=alarm.type.removeprefix("se.carechain.").partition(".")[0],
            recorded_at=recorded,
            happened_at=recorded if alarm.data.due_at is None else alarm.data.due_at.astimezone(UTC),
            journey=UUID(key),
            position=position,
            id=alarm.id,
        )
