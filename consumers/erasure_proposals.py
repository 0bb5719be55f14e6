"""Erasing takes two: what one person proposes and another confirms, as it stands in the vault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg

from consumers.erasure_due import DuePart, living
from domain.errors import Refused
from domain.retention import Ground
from domain.seal import Scope
from infra.postgres import Connection

PREFIX_MIN = 4
"""Signs of a proposal's id that must be given at least."""


@dataclass(frozen=True)
class Item:
    """One part of a record, or one dead letter, of a proposal."""

    id: UUID
    scope: Scope
    digest: str | None
    last_entry: date | None
    kept_because: str | None
    destroyed_at: datetime | None


@dataclass(frozen=True)
class Proposal:
    """What is proposed, by whom (staff references), and what became of it. Times are UTC."""

    id: UUID
    ground: Ground
    decision: str | None
    decided_on: date | None
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    completed_at: datetime | None
    items: tuple[Item, ...] = ()

    @property
    def state(self) -> str:
        """``open``, ``withdrawn``, ``confirmed`` (and not carried out to its end) or ``done``."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.confirmed_at is None:
            return "open"
        return "confirmed" if self.completed_at is None else "done"


_PROPOSALS = """
    SELECT id, ground, decision, decided_on, proposed_by, proposed_at, confirmed_by, confirmed_at, withdrawn_by,
        withdrawn_at, completed_at
    FROM vault.proposal
"""
_ITEMS = """
    SELECT id, proposal, journey, controller, regime, digest, last_entry, kept_because, destroyed_at
    FROM vault.erasure WHERE proposal = ANY(%s) ORDER BY journey, controller, regime
"""
_ADD = """
    INSERT INTO vault.erasure (proposal, journey, controller, regime, digest, last_entry)
    SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::date[])
    ON CONFLICT (proposal, journey, controller, regime) DO NOTHING
"""
_STANDING = """
    SELECT e.journey, e.controller, e.regime FROM vault.erasure e JOIN vault.proposal p ON p.id = e.proposal
    WHERE p.withdrawn_at IS NULL AND p.completed_at IS NULL AND e.journey = ANY(%s)
"""


def propose(
    vault: Connection,
    parts: Sequence[DuePart],
    ground: Ground,
    by: UUID,
    now: datetime,
    *,
    decision: str | None = None,
    decided_on: date | None = None,
) -> Proposal:
    """Put it on record, to be confirmed by somebody else. ``by`` is a staff reference, ``now`` aware.

    Raises ``Refused`` where nothing of it is there any more, or all of it is proposed already.
    """
    there = set(living(vault, [part.scope for part in parts]))
    standing = {Scope(*row) for row in vault.execute(_STANDING, ([s.journey for s in there],)).fetchall()}
    new = [part for part in parts if part.scope in there - standing]
    if not new and there:
        raise Refused(
            "That is proposed already.",
            hint="`carechain vault proposals` shows it; somebody else confirms it.",
        )
    if not new:
        raise Refused(
            "There is nothing to erase: it is not there, or was erased before.",
            hint="`carechain vault due` lists what is due.",
        )
    row = vault.execute(
        "INSERT INTO vault.proposal (ground, decision, decided_on, proposed_by, proposed_at)"
        " VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (ground.value, decision, decided_on, by, now),
    ).fetchone()
    assert row is not None
    add(vault, row[0], new)
    return find(vault, str(row[0]))


def add(vault: Connection, proposal: UUID, parts: Sequence[DuePart]) -> None:
    """More parts of a proposal; those that are there already stay as they are."""
    columns = (
        [part.scope.journey for part in parts],
        [part.scope.controller for part in parts],
        [part.scope.regime for part in parts],
        [part.digest for part in parts],
        [part.due.last_entry if part.digest is None else None for part in parts],
    )
    vault.execute(_ADD, (proposal, *columns))


def proposals(vault: Connection, *, every: bool = False) -> list[Proposal]:
    """Those that wait, for somebody to confirm them or to be carried out to their end; or every one."""
    rows = vault.execute(
        f"{_PROPOSALS} WHERE %s OR withdrawn_at IS NULL AND completed_at IS NULL ORDER BY proposed_at, id".encode(),
        (every,),
    ).fetchall()
    return _with_items(vault, rows)


def find(vault: Connection, text: str, *, lock: bool = False) -> Proposal:
    """The one proposal whose id is, or begins with, ``text``. Raises ``Refused``."""
    given = text.strip().lower()
    if len(given) < PREFIX_MIN or any(sign not in "0123456789abcdef-" for sign in given):
        raise Refused(
            "That is not a proposal's id, nor how one begins.",
            hint="`carechain vault proposals` lists them.",
        )
    rows = vault.execute(
        f"{_PROPOSALS} WHERE starts_with(id::text, %s) {'FOR UPDATE' if lock else ''}".encode(), (given,)
    ).fetchall()
    if not rows:
        raise Refused("There is no such proposal.", hint="`carechain vault proposals` lists them.")
    if len(rows) > 1:
        raise Refused("Several proposals begin like that.", hint="Give more of the id.")
    (found,) = _with_items(vault, rows)
    return found


def confirm(vault: Connection, text: str, by: UUID, now: datetime) -> Proposal:
    """Put on record that a second person has confirmed it. Raises ``Refused`` for the first, and where it is over."""
    found = find(vault, text, lock=True)
    if found.state == "confirmed":
        return found  # it was cut off before its end, and goes on
    _require_open(found)
    try:
        with vault.transaction():
            vault.execute(
                "UPDATE vault.proposal SET confirmed_by = %s, confirmed_at = %s, confirmed_login = session_user"
                " WHERE id = %s",
                (by, now, found.id),
            )
    except psycopg.errors.CheckViolation:
        raise Refused(
            "Whoever proposed it cannot confirm it: erasing takes two persons.",
            hint="Ask somebody else who may: `carechain vault confirm` under their own account.",
        ) from None
    return find(vault, str(found.id))


def withdraw(vault: Connection, text: str, by: UUID, now: datetime) -> Proposal:
    """Put on record that nothing will come of it. Raises ``Refused`` where it is over."""
    found = find(vault, text, lock=True)
    _require_open(found)
    vault.execute(
        "UPDATE vault.proposal SET withdrawn_by = %s, withdrawn_at = %s WHERE id = %s", (by, now, found.id)
    )
    return find(vault, str(found.id))


def keep(vault: Connection, item: Item, because: str) -> None:
    """Leave a part out: something has come in between."""
    vault.execute("UPDATE vault.erasure SET kept_because = %s WHERE id = %s", (because, item.id))


def _require_open(found: Proposal) -> None:
    if found.state != "open":
        word = {"withdrawn": "was withdrawn", "done": "was carried out"}.get(found.state, "was confirmed")
        raise Refused(f"That proposal {word} already.", hint="`carechain vault proposals --all` tells when.")


def _with_items(vault: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Proposal]:
    items: dict[UUID, list[Item]] = {row[0]: [] for row in rows}
    for id_, proposal, journey, controller, regime, digest, last_entry, kept, destroyed in vault.execute(
        _ITEMS, (list(items),)
    ).fetchall():
        scope = Scope(journey, controller, regime)
        items[proposal].append(Item(id_, scope, digest, last_entry, kept, _utc(destroyed)))
    return [
        Proposal(
            *(row[0], Ground(row[1]), row[2], row[3], row[4]),
            proposed_at=row[5].astimezone(UTC),
            confirmed_by=row[6],
            confirmed_at=_utc(row[7]),
            withdrawn_by=row[8],
            withdrawn_at=_utc(row[9]),
            completed_at=_utc(row[10]),
            items=tuple(items[row[0]]),
        )
        for row in rows
    ]


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)
