"""After an erasure nothing that is shown may rest on what is gone: rows are concluded anew, answers and remains dropped."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from uuid import UUID

from psycopg import sql

from consumers.adoption import basis_of
from consumers.conclusions import conclude_journeys
from consumers.journal import Journal
from consumers.kept import drop_all
from consumers.projector import note_concluded
from consumers.rebuild import BEFORE, ONE_AT_A_TIME, SWITCHED
from consumers.sealing import OpeningSeal
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.vault import KeyReader
from projections import base

PORTION = 200
"""Journeys concluded anew in one transaction; nobody else concludes any meanwhile."""


@contextmanager
def no_rebuild(connections: Connections) -> Iterator[None]:
    """While this is open no rebuild runs, which could bring back what is gone. Raises ``OperatingError`` where one does."""
    with connect(connections.read_dsn, autocommit=True, application_name="carechain erasure") as connection:
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (ONE_AT_A_TIME,)).fetchone() != (True,):
            raise OperatingError(
                "A rebuild is running, and would show again what is to be erased.",
                hint="Wait until it is done, and run the command again.",
                exit_code=1,
            )
        yield


def show_anew(connections: Connections, master_key: MasterKey, journeys: Sequence[UUID]) -> None:
    """Let every row about these journeys, and those they are linked with, follow from what can still be read.

    To be called once the keys are destroyed, with no rebuild running. Kept answers and what rebuilds left are dropped.
    Raises ``OperatingError`` where a server is lost, or somebody reads an answer for longer than half a minute.
    """
    with (
        connect(connections.read_dsn, application_name="carechain erasure") as connection,
        closing(KeyReader(connections.vault_dsn, master_key)) as keys,
    ):
        for start in range(0, len(journeys), PORTION):
            with connection.transaction():
                _conclude(connection, keys, journeys[start : start + PORTION])
        with connection.transaction():
            _drop_remains(connection)
    drop_all(connections)


def _conclude(connection: Connection, keys: KeyReader, journeys: Sequence[UUID]) -> None:
    journal = Journal(connection)
    # Whoever concludes now may have read the keys before: it is waited for, and what it wrote replaced.
    journal.lock_links(alone=True)
    every = journal.with_linked(journeys)
    if base.stale(connection):
        # Another version made the rows, or nobody any: the next one that does finds that these are to be made.
        _take_away(connection, every)
        return
    basis = basis_of(journal.reference())
    concluded = conclude_journeys(journal, every, OpeningSeal(keys), basis)
    base.write(connection, base.SCHEMA, concluded.rows, concluded.partition)
    note_concluded(journal, concluded, basis)


def _take_away(connection: Connection, journeys: Sequence[UUID]) -> None:
    connection.execute(
        "UPDATE journal.concluded SET basis = 'erased' WHERE journey = ANY(%s)", (list(journeys),)
    )
    tables = connection.execute(
        "SELECT tablename FROM pg_tables t WHERE schemaname = %s AND EXISTS (SELECT FROM information_schema.columns c"
        " WHERE c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.column_name = 'journey')",
        (base.SCHEMA,),
    ).fetchall()
    for (table,) in tables:
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE journey = ANY(%s)").format(sql.Identifier(base.SCHEMA, table)),
            (list(journeys),),
        )


def _drop_remains(connection: Connection) -> None:
    """What a rebuild replaced and somebody may still read, or was cut off in making."""
    names = [following for _, following in SWITCHED]
    patterns = [sql_pattern(live) for live, _ in SWITCHED]
    for (name,) in connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) OR nspname LIKE ANY(%s)", (names, patterns)
    ).fetchall():
        connection.execute("SET LOCAL lock_timeout = '30s'")
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def sql_pattern(live: str) -> str:
    """What the names of schemas that took this one's place before begin with, for LIKE."""
    return f"{live}{BEFORE}".replace("_", "\\_") + "%"
