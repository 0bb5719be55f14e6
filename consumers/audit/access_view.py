"""The access log as auditors read it: who looked, when, from which unit, why, and what came of checking it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from infra.postgres import Connection

_LOOKS: LiteralString = """
    SELECT l.id, l.at, l.staff, l.role, l.unit, l.organisation, l.purpose, l.action, l.ground, l.emergency, l.lifted,
        shown.patients, shown.blocked, shown.unconsented, c.verdict, c.at AS checked_at, c.by AS checked_by
    FROM access.look l
    CROSS JOIN LATERAL (
        SELECT count(*) AS patients, coalesce(sum(e.blocked), 0)::bigint AS blocked,
            coalesce(sum(e.unconsented), 0)::bigint AS unconsented
        FROM access.entry e
        WHERE e.look = l.id AND (%(journeys)s::uuid[] IS NULL OR e.journey = ANY (%(journeys)s))
    ) shown
    LEFT JOIN LATERAL (SELECT * FROM access.checked k WHERE k.look = l.id ORDER BY k.at DESC LIMIT 1) c ON true
    WHERE (%(journeys)s::uuid[] IS NULL OR l.id IN (SELECT look FROM access.entry WHERE journey = ANY (%(journeys)s)))
        AND (%(staff)s::uuid[] IS NULL OR l.staff = ANY (%(staff)s))
        AND (%(since)s::timestamptz IS NULL OR l.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR l.at < %(until)s)
        AND (NOT %(emergencies)s OR l.emergency IS NOT NULL)
        AND (NOT %(unchecked)s OR c.verdict IS NULL)
        AND (%(without)s::uuid IS NULL OR l.id <> %(without)s)
    ORDER BY l.at, l.id
"""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One question about patients (HSLF-FS 2016:40, 4 kap.: what, where, when, who). Times are aware."""

    id: UUID
    at: datetime
    staff: UUID | None
    """A reference that the vault resolves."""
    role: str
    unit: str | None
    organisation: str | None
    purpose: str
    action: str
    ground: str
    emergency: str | None
    lifted: bool
    """The place of a protected identity was asked for."""
    patients: int
    """Journeys it showed, of those asked about."""
    blocked: int
    """Facts withheld because of a *spärr*."""
    unconsented: int
    """Facts withheld for want of consent."""
    verdict: str | None
    """What came of checking it last; ``None`` where nobody has."""
    checked_at: datetime | None
    checked_by: UUID | None


def looks(
    connection: Connection,
    *,
    journeys: Sequence[UUID] | None = None,
    staff: Sequence[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    emergencies: bool = False,
    unchecked: bool = False,
    without: UUID | None = None,
) -> list[Looked]:
    """The looks from ``since`` to before ``until`` (aware), in order of time; ``without`` leaves one out.

    PostgreSQL refuses all but auditors.
    """
    given = {
        "journeys": None if journeys is None else list(journeys),
        "staff": None if staff is None else list(staff),
        "since": since,
        "until": until,
        "emergencies": emergencies,
        "unchecked": unchecked,
        "without": without,
    }
    with connection.cursor(row_factory=class_row(Looked)) as cursor:
        return cursor.execute(_LOOKS, given).fetchall()


def shown_in(connection: Connection, look: UUID) -> list[UUID]:
    """The journeys that a look was about."""
    rows = connection.execute("SELECT journey FROM access.entry WHERE look = %s ORDER BY 1", (look,))
    return [journey for (journey,) in rows]


def staff_of(connection: Connection, login: str) -> list[UUID]:
    """The references of whoever has, or had, a commission with this login."""
    return [staff for (staff,) in connection.execute("SELECT access.staff_of(%s)", (login,))]


def looks_beginning(connection: Connection, first: UUID, last: UUID) -> list[UUID]:
    """Looks with ids from ``first`` to ``last``, two at most."""
    rows = connection.execute(
        "SELECT id FROM access.look WHERE id BETWEEN %s AND %s ORDER BY id LIMIT 2", (first, last)
    )
    return [id_ for (id_,) in rows]


def check(connection: Connection, look: UUID, verdict: str, staff: UUID | None) -> None:
    """Put on record what came of checking a look, in the caller's transaction.

    ``staff`` counts only where whoever runs the installation asks: an auditor's is in the register.
    """
    connection.execute("SELECT access.check_look(%s, %s, %s)", (look, verdict, staff))


# -- samples -------------------------------------------------------------------------------------------------------


def always_checked(look: Looked) -> bool:
    """Whether it is checked whatever the chance: every emergency, and every protection that was lifted."""
    return look.emergency is not None or look.lifted


def sample(found: Iterable[Looked], share: Fraction, seed: str) -> list[tuple[Looked, str]]:
    """A random share of the looks, rounded up, and all that is ``always_checked``; each with why it is there.

    The same looks, share and seed give the same sample (PDL 4:3: systematic and recurring checks).
    """
    every = list(found)
    rest = [look for look in every if not always_checked(look)]
    drawn = sorted(rest, key=lambda look: hashlib.sha256(f"{seed}|{look.id}".encode()).digest())
    chosen = {look.id for look in drawn[: ceil(share * len(rest))]}
    return [(look, why) for look in every if (why := _why(look, chosen)) is not None]


def _why(look: Looked, chosen: set[UUID]) -> str | None:
    if look.emergency is not None:
        return "emergency"
    if look.lifted:
        return "protection-lifted"
    return "drawn" if look.id in chosen else None
