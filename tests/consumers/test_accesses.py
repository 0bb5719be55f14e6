"""Who may read who has looked: auditors, and whoever runs the installation, as auditor and no longer than the question."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from conftest import Place
from psycopg import sql

from consumers.exports.accesses import as_auditor, has_log, may_read
from infra.postgres import Connection, connect

pytestmark = pytest.mark.broker


@contextmanager
def login(place: Place, role: str) -> Iterator[Connection]:
    """Connected as somebody who has this role and no other."""
    name = sql.Identifier(f"t_login_{secrets.token_hex(5)}")
    with psycopg.connect(place.connections.read_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN IN ROLE {}").format(name, sql.Identifier(role)))
        try:
            with connect(place.connections.read_dsn) as connection:
                connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(name))
                yield connection
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(name))


def test_an_auditor_reads_the_access_log(module_place: Place) -> None:
    with login(module_place, "carechain_auditor") as connection:
        assert has_log(connection)
        with as_auditor(connection):
            assert has_log(connection)


@pytest.mark.parametrize("role", ["carechain_care", "carechain_municipal", "carechain_operator"])
def test_nobody_else_does_nor_becomes_an_auditor_by_asking(module_place: Place, role: str) -> None:
    with login(module_place, role) as connection:
        assert not has_log(connection)
        with as_auditor(connection):
            assert not has_log(connection)


def test_who_runs_the_installation_is_an_auditor_while_that_is_asked(module_place: Place) -> None:
    with connect(module_place.connections.read_dsn) as connection:
        connection.execute("SET ROLE carechain_operator")
        assert not has_log(connection)
        with as_auditor(connection):
            assert has_log(connection)
        assert not has_log(connection)
        assert connection.execute("SELECT current_user").fetchone() == ("carechain_operator",)


def test_a_question_that_fails_does_not_hide_its_error(module_place: Place) -> None:
    with connect(module_place.connections.read_dsn) as connection:
        connection.execute("SET ROLE carechain_operator")
        connection.commit()
        with pytest.raises(psycopg.errors.UndefinedTable), as_auditor(connection):
            connection.execute("SELECT FROM nowhere")
        connection.rollback()
        assert connection.execute("SELECT current_user").fetchone() == ("carechain_operator",)


def test_what_is_not_there_may_not_be_read(module_place: Place) -> None:
    with connect(module_place.connections.read_dsn) as connection:
        assert may_read(connection, "access", "look")
        assert not may_read(connection, "access", "look", "nothing")
        assert not may_read(connection, "nowhere", "look")
        assert not may_read(connection, "nowhere", "nothing")
