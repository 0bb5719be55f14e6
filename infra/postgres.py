"""Connecting to PostgreSQL, and bringing its schemas up to date."""

import hashlib
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra import postgres_trouble
from infra.errors import OperatingError

CONNECT_TIMEOUT_S = 5
# Any number will do, as long as nobody else takes the same lock.
MIGRATION_LOCK = 0x63617265

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(dsn: str, *, autocommit: bool = False, application_name: str = "carechain") -> Connection:
    """Open a connection. Raises OperatingError, without the password, where the server is not to be had."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise OperatingError(
            "PostgreSQL's address cannot be understood.",
            hint="CARECHAIN_POSTGRES_DSN looks like postgresql://user:password@host:5432/database.",
            exit_code=2,
        ) from None
    given.setdefault("connect_timeout", CONNECT_TIMEOUT_S)
    given["application_name"] = application_name
    try:
        return psycopg.connect(autocommit=autocommit, **given)  # type: ignore[arg-type]
    except psycopg.OperationalError as error:
        raise postgres_trouble.told(given, str(error)) from None


def address(dsn: str) -> str:
    """Host and port, fit for showing."""
    return postgres_trouble.place(conninfo_to_dict(dsn))


def migration_files() -> list[tuple[str, str]]:
    """Name and text of each numbered migration, in order."""
    folder = files("infra").joinpath("migrations")
    if not folder.is_dir():
        return []
    return sorted(
        (f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql")
    )


def migrate(dsn: str) -> list[str]:
    """Apply the migrations that are missing, all or none, and return their names.

    Thirty lines of our own: we only go forwards, and need none of what the libraries for it configure.
    Raises OperatingError where an applied migration has since been changed.
    """
    from infra import roles  # which needs the connection of this module

    with connect(dsn, application_name="carechain migrate") as connection:
        # Two at once would both find the same ones missing.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS carechain_migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known: dict[str, str] = dict(
            connection.execute("SELECT name, sha256 FROM carechain_migrations").fetchall()
        )
        applied = []
        for name, text in migration_files():
            digest = hashlib.sha256(text.encode()).hexdigest()
            if known.get(name, digest) != digest:
                raise OperatingError(
                    f"The database was set up with another version of {name}.",
                    hint="Install the carechain that set it up, or a newer one.",
                    exit_code=2,
                )
            if name not in known:
                connection.execute(text.encode())
                connection.execute(
                    "INSERT INTO carechain_migrations (name, sha256) VALUES (%s, %s)", (name, digest)
                )
                applied.append(name)
        if connection.execute("SELECT to_regclass('access.entry') IS NOT NULL").fetchone() == (True,):
            roles.ensure_roles(connection)
            roles.give_rights(connection)
        return applied


def pending(dsn: str) -> list[str]:
    """The migrations this database has not had yet."""
    with connect(dsn) as connection:
        found = connection.execute("SELECT to_regclass('carechain_migrations') IS NOT NULL").fetchone()
        rows = (
            connection.execute("SELECT name FROM carechain_migrations").fetchall() if found == (True,) else []
        )
    known = {name for (name,) in rows}
    return [name for name, _ in migration_files() if name not in known]
