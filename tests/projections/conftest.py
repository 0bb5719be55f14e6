"""A schema of what is shown, made anew for each test run on the real server."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.postgres import migration_files
from projections import base


@pytest.fixture(scope="session")
def shown_database(servers: Any) -> Iterator[str]:
    """A database with the journal's tables and empty projections, without topics."""
    name = f"t_{secrets.token_hex(5)}"
    dsn = servers.connections.store_dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    own = dsn.replace("/carechain?", f"/{name}?")
    with psycopg.connect(own) as connection:
        for file, text in migration_files():
            if file.endswith("_journal.sql"):
                connection.execute(text.encode())
        base.create_schema(connection)
    yield own
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def shown(shown_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to empty tables; what the test writes is rolled back."""
    with psycopg.connect(shown_database, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()
