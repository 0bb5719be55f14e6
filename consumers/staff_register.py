"""The staff register: in which capacity each login reads, since when, and who said so. Nothing in it is rewritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from infra.postgres import Connection

_ADD: LiteralString = """
    INSERT INTO access.commission (login, staff, role, unit, organisation, municipality, valid_from, valid_to, given_by)
    VALUES (%(login)s, %(staff)s, %(role)s, %(unit)s, %(organisation)s, %(municipality)s, %(valid_from)s, %(valid_to)s,
        %(given_by)s)
    RETURNING *
"""


@dataclass(frozen=True, kw_only=True)
class Commission:
    """One capacity of a login (*medarbetaruppdrag*). Times are aware."""

    id: UUID
    login: str
    staff: UUID
    """A reference that the vault resolves."""
    role: str
    unit: str | None
    organisation: str | None
    municipality: str | None
    region: str | None
    valid_from: datetime
    valid_to: datetime | None
    given_at: datetime
    given_by: UUID | None
    ended_at: datetime | None
    ended_by: UUID | None

    def state(self, now: datetime) -> str:
        """Whether it is in force at ``now`` (aware)."""
        if self.valid_to is not None and self.valid_to <= now:
            return "ended"
        return "current" if self.valid_from <= now else "coming"


def add(connection: Connection, said: Mapping[str, Any]) -> Commission:
    """Give a commission, in the caller's transaction; ``said`` is by column. PostgreSQL refuses all but the owner."""
    with connection.cursor(row_factory=class_row(Commission)) as cursor:
        (made,) = cursor.execute(_ADD, said).fetchall()
        return made


def every(connection: Connection) -> list[Commission]:
    """All commissions, ended ones too, by login and beginning."""
    with connection.cursor(row_factory=class_row(Commission)) as cursor:
        return cursor.execute("SELECT * FROM access.commission ORDER BY login, valid_from, id").fetchall()


def beginning(connection: Connection, first: UUID, last: UUID) -> list[Commission]:
    """Those with ids from ``first`` to ``last``."""
    return [one for one in every(connection) if first <= one.id <= last]


def end(connection: Connection, commission: Commission, at: datetime, by: UUID | None) -> datetime:
    """Let it end at ``at`` (aware), never before it began; returns when. The line stays."""
    ends = max(at, commission.valid_from)
    connection.execute(
        "UPDATE access.commission SET valid_to = %s, ended_at = now(), ended_by = %s WHERE id = %s",
        (ends, by, commission.id),
    )
    return ends


def current(connection: Connection) -> Commission | None:
    """The commission in force of whoever is connected."""
    with connection.cursor(row_factory=class_row(Commission)) as cursor:
        found = cursor.execute("SELECT * FROM access.commissioned()").fetchall()
    return found[0] if found else None


def purposes(connection: Connection, role: str) -> list[str]:
    """For what a role may read patients' data; nothing for one that sees none."""
    row = connection.execute(
        "SELECT has_schema_privilege('access', 'USAGE') AND has_table_privilege('access.purpose', 'SELECT')"
    ).fetchone()
    if row != (True,):
        return []
    return [
        name
        for (name,) in connection.execute(
            "SELECT purpose FROM access.purpose WHERE role = %s ORDER BY purpose", (role,)
        )
    ]


def missing_in_postgresql(connection: Connection, login: str, role: str) -> str | None:
    """The SQL by which an administrator lets a login read in a role, where it may not yet. No password is in it."""
    from psycopg import sql

    row = connection.execute(
        "SELECT pg_has_role(oid, %s, 'MEMBER') FROM pg_roles WHERE rolname = %s", (f"carechain_{role}", login)
    ).fetchone()
    if row == (True,):
        return None
    statement = "GRANT {role} TO {login};" if row else "CREATE ROLE {login} LOGIN IN ROLE {role};"
    return (
        sql.SQL(statement)
        .format(login=sql.Identifier(login), role=sql.Identifier(f"carechain_{role}"))
        .as_string(connection)
    )
