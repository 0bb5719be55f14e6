"""What of patients' records is due for deletion, by controller and law: from the journal's last entries and the holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from consumers.intake.dead_letter_events import scope as letter_scope
from domain.calendar import start_of_local_day
from domain.fact import Regime
from domain.retention import DEAD_LETTER_DAYS, SOL_YEARS, Due, due, letter_due, years_after
from domain.seal import Scope
from infra.postgres import Connection
from infra.vault.session import chunks

_PAGE = 2_000
"""Facts read at a time."""


class _Head(msgspec.Struct):
    controller: str
    regime: Regime


_HEAD = msgspec.json.Decoder(_Head)


@dataclass(frozen=True)
class DuePart:
    """One part of a record, or one dead letter, whose time has passed."""

    scope: Scope
    due: Due
    held: tuple[str, ...] = ()
    """Why it must be kept all the same."""
    digest: str | None = None
    """Of a dead letter."""


def due_parts(reading: Connection, vault: Connection, day: date) -> list[DuePart]:
    """The parts that may be deleted on this Swedish day, and are there; those held with why. By the day they are due."""
    entries = last_entries(reading, before=start_of_local_day(years_after(day, -SOL_YEARS)))
    early = [scope for scope, entry in entries.items() if due(_regime(scope), entry).is_due(day)]
    persons = one_person(reading, [scope.journey for scope in early])
    several = {one for journeys in persons.values() if len(journeys) > 1 for one in journeys}
    entries |= last_entries(reading, journeys=sorted(several)) if several else {}
    found = {scope: due(_regime(scope), newest_of_person(scope, entries, persons)) for scope in early}
    past = [scope for scope, when in found.items() if when.is_due(day)]
    there = living(vault, past)
    held = holds(vault, there)
    parts = [DuePart(scope, found[scope], held.get(scope, ())) for scope in there]
    return sorted(parts, key=lambda part: (part.due.due_from, part.scope))


def one_person(reading: Connection, journeys: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """By journey all journeys that are the same person's now, itself among them: a record is a person's."""
    found = {journey: [journey] for journey in journeys}
    rows = reading.execute(
        "SELECT a.journey, b.journey FROM journal.concluded a JOIN journal.concluded b USING (head)"
        " WHERE a.journey = ANY(%s) AND b.journey <> a.journey ORDER BY b.journey",
        (list(found),),
    )
    for journey, other in rows:
        found[journey].append(other)
    return found


def newest_of_person(
    scope: Scope, entries: Mapping[Scope, datetime], persons: Mapping[UUID, Sequence[UUID]]
) -> datetime:
    """The last entry of this controller under this law in any of the person's journeys."""
    same = [scope._replace(journey=journey) for journey in persons[scope.journey]]
    return max(entries[one] for one in same if one in entries)


def part_of(reading: Connection, vault: Connection, store: Connection, scope: Scope) -> DuePart | None:
    """The one part, as far as it is there, with when it is due and what holds it."""
    persons = one_person(reading, [scope.journey])
    entries = stored_entries(store, persons[scope.journey])
    if scope not in entries or not living(vault, [scope]):
        return None
    when = due(_regime(scope), newest_of_person(scope, entries, persons))
    return DuePart(scope, when, holds(vault, [scope]).get(scope, ()))


def due_letters(store: Connection, vault: Connection, day: date) -> list[DuePart]:
    """The dead letters whose bytes are kept, and need not be any more."""
    rows = store.execute(
        "SELECT encode(digest, 'hex'), since FROM store.dead_letter WHERE since < %s ORDER BY since, digest",
        (start_of_local_day(day - timedelta(days=DEAD_LETTER_DAYS)),),
    ).fetchall()
    found = {letter_scope(digest): (digest, letter_due(since)) for digest, since in rows}
    there = set(living(vault, list(found)))
    return [
        DuePart(scope, when, digest=digest)
        for scope, (digest, when) in found.items()
        if scope in there and when.is_due(day)
    ]


def last_entries(
    reading: Connection, *, before: datetime | None = None, journeys: Sequence[UUID] | None = None
) -> dict[Scope, datetime]:
    """When the newest fact of each part was recorded (aware).

    With ``before`` only of journeys that hold a fact from before then, with ``journeys`` only of these.
    """
    newest: dict[Scope, datetime] = {}
    for journey, recorded_at, raw in _facts(reading, before, journeys):
        try:
            head = _HEAD.decode(raw)
        except msgspec.MsgspecError:
            continue  # it parks its journey, and has no part that could be named
        part = Scope(journey, head.controller, head.regime)
        newest[part] = max(recorded_at, newest.get(part, recorded_at))
    return newest


def _facts(
    reading: Connection, before: datetime | None, journeys: Sequence[UUID] | None
) -> Iterator[tuple[UUID, datetime, bytes]]:
    with reading.transaction(), reading.cursor("last_entries", binary=True) as cursor:
        cursor.itersize = _PAGE
        cursor.execute(
            "SELECT journey, recorded_at, raw FROM journal.fact"
            " WHERE (%(journeys)s::uuid[] IS NULL OR journey = ANY(%(journeys)s))"
            " AND (%(before)s::timestamptz IS NULL OR journey IN"
            " (SELECT journey FROM journal.fact WHERE recorded_at < %(before)s))",
            {"journeys": None if journeys is None else list(journeys), "before": before},
        )
        for journey, recorded_at, raw in cursor:
            yield journey, recorded_at, bytes(raw)


def stored_entries(store: Connection, journeys: Sequence[UUID]) -> dict[Scope, datetime]:
    """The same from the event store, which knows of facts that are not in the journal yet."""
    newest: dict[Scope, datetime] = {}
    rows = store.execute(
        "SELECT originator_id, state FROM store.journeys_events WHERE originator_id = ANY(%s)",
        (list(journeys),),
        binary=True,
    )
    for journey, raw in rows:
        try:
            entry = _ENTRY.decode(bytes(raw))
        except msgspec.MsgspecError:
            continue
        part = Scope(journey, entry.controller, entry.regime)
        newest[part] = max(entry.recordedtime, newest.get(part, entry.recordedtime))
    return newest


class _Entry(_Head):
    recordedtime: datetime


_ENTRY = msgspec.json.Decoder(_Entry)


def living(vault: Connection, scopes: Sequence[Scope]) -> list[Scope]:
    """Those of these parts whose keys are there."""
    found: set[Scope] = set()
    for part in chunks(scopes):
        found.update(Scope(*row) for row in _asked(vault, _LIVING, part))
    return [scope for scope in scopes if scope in found]


def holds(vault: Connection, scopes: Sequence[Scope]) -> dict[Scope, tuple[str, ...]]:
    """Why parts must be kept, of those that must be."""
    found: dict[Scope, tuple[str, ...]] = {}
    for part in chunks(scopes):
        for *named, ground in _asked(vault, _HELD, part):
            scope = Scope(*named)
            found[scope] = (*found.get(scope, ()), ground)
    return found


_LIVING: LiteralString = """
    SELECT journey, controller, regime FROM vault.content_key
    JOIN unnest(%s::uuid[], %s::text[], %s::text[]) AS asked (journey, controller, regime)
    USING (journey, controller, regime) WHERE wrapped IS NOT NULL
"""
_HELD: LiteralString = """
    SELECT journey, controller, regime, ground FROM vault.hold
    JOIN unnest(%s::uuid[], %s::text[], %s::text[]) AS asked (journey, controller, regime)
    USING (journey, controller, regime) WHERE lifted_at IS NULL ORDER BY ground
"""


def _asked(vault: Connection, statement: LiteralString, scopes: Sequence[Scope]) -> list[tuple[Any, ...]]:
    if not scopes:
        return []
    columns = [list(column) for column in zip(*scopes, strict=True)]
    return vault.execute(statement, columns).fetchall()


def _regime(scope: Scope) -> Regime:
    return "SoL" if scope.regime == "SoL" else "HSL"
