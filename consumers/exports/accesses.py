"""Who has looked at journeys: the entries of the access log, as far as whoever asks may read them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.pq import TransactionStatus

_LOOKS: LiteralString = """
    SELECT e.position, e.journey, l.id, l.at, l.staff, l.role, l.unit, l.organisation, l.purpose, l.action, l.ground,
        l.emergency
    FROM access.entry e JOIN access.look l ON l.id = e.look
    WHERE e.journey = ANY (%(journeys)s) AND (%(since)s::timestamptz IS NULL OR l.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR l.at < %(until)s)
        AND (%(known_at)s::timestamptz IS NULL OR l.at <= %(known_at)s)
    ORDER BY e.position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One look at one journey (PDL 4:3; HSLF-FS 2016:40): who, where, when, for what."""

    position: int
    """Its place in the access log."""
    journey: UUID
    look: UUID
    """Looks at several journeys at once share it."""
    at: datetime
    """UTC."""
    staff: UUID | None
    """A reference that the vault resolves."""
    role: str
    unit: str | None
    organisation: str | None
    """The controller that the person works for, as ``system:value``."""
    purpose: str
    action: str
    """What was done, as the command is called."""
    ground: str
    """Why it was allowed."""
    emergency: str | None
    """The reason of an emergency access."""


def may_read(connection: Connection[Any], schema: LiteralString, *tables: LiteralString) -> bool:
    """Whether these tables are there, and whoever is connected may read them. Asking spoils no transaction."""
    row = connection.execute(
        "SELECT coalesce(bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')), false)"
        " AND count(*) = %s FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = ANY(%s)",
        (len(tables), schema, list(tables)),
    ).fetchone()
    return row is not None and bool(row[0])


@contextmanager
def as_auditor(connection: Connection[Any]) -> Iterator[None]:
    """Act as auditor, where whoever runs the installation asks: every other reader has the one role of a commission."""
    acted = connection.execute(
        "SELECT current_setting('role') FROM pg_roles"
        " WHERE rolname = 'carechain_auditor' AND current_setting('role') <> 'none'"
        " AND pg_has_role(session_user, oid, 'MEMBER')"
    ).fetchone()
    if acted is None:
        yield
        return
    connection.execute("SET LOCAL ROLE carechain_auditor")
    try:
        yield
    finally:
        if connection.info.transaction_status != TransactionStatus.INERROR:
            connection.execute("SELECT set_config('role', %s, true)", acted)


def has_log(connection: Connection[Any]) -> bool:
    """Whether whoever is connected may read who has looked."""
    return may_read(connection, "access", "look", "entry")


def accesses(
    connection: Connection[Any],
    journeys: Sequence[UUID],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Iterator[Access]:
    """The looks at these journeys from ``since`` to before ``until``, no later than ``known_at`` (all UTC), in order."""
    given = {"journeys": list(journeys), "since": since, "until": until, "known_at": known_at}
    # Kept at the server: a municipality's looks need not fit in memory.
    with connection.cursor(name="accesses") as rows:
        rows.execute(_LOOKS, given)
        yield from map(_access, rows)


def _access(row: tuple[Any, ...]) -> Access:
    position, journey, look, at, staff, role, unit, organisation, purpose, action, ground, emergency = row
    return Access(
        position=position,
        journey=journey,
        look=look,
        at=at.astimezone(UTC),
        staff=staff,
        role=role,
        unit=unit,
        organisation=organisation,
        purpose=purpose,
        action=action,
        ground=ground,
        emergency=emergency,
    )
