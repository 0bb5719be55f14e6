"""A schema of what is shown, made anew for each test run on the real server."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from region_rows import NOW, Region, Shown, a_region, put

from infra.postgres import migrate
from projections import base
from projections.measures.question import SummaryLine
from projections.query import Filters
from projections.summary import summary


@pytest.fixture(scope="session")
def shown_database(servers: Any) -> Iterator[str]:
    """A database with the journal's tables and empty projections, without topics."""
    name = f"t_{secrets.token_hex(5)}"
    dsn = servers.connections.store_dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    own = dsn.replace("/carechain?", f"/{name}?")
    migrate(own)
    with psycopg.connect(own) as connection:
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


@pytest.fixture
def region(shown: Shown) -> Region:
    """25 patients of Gävle with 0, 1, 2, 3, 4 days, five of each; 21 of Sandviken with 2 days; 3 of Ockelbo."""
    put(shown, *a_region())

    def ask(**asked: Any) -> list[SummaryLine]:
        return summary(shown, base.SCHEMA, asked.pop("filters", Filters(region="21")), NOW, **asked)

    return ask
