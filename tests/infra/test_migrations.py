"""Bringing a database up to date: in order, once, by one process at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from infra import postgres
from infra.errors import OperatingError
from infra.postgres import connect, migrate, migration_files, pending

pytestmark = pytest.mark.broker


def test_a_second_time_changes_nothing(place):
    assert migrate(place.connections.store_dsn) == []
    assert pending(place.connections.store_dsn) == []


def test_missing_ones_are_applied_in_order_and_only_once_by_two_at_a_time(place, monkeypatch):
    added = [
        ("9001_first.sql", "CREATE TABLE first (x int)"),
        ("9002_second.sql", "ALTER TABLE first ADD y int"),
    ]
    known = migration_files()
    monkeypatch.setattr(postgres, "migration_files", lambda: [*known, *added])
    dsn = place.connections.store_dsn
    assert pending(dsn) == ["9001_first.sql", "9002_second.sql"]

    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate(dsn), range(4)))

    assert sorted(applied, key=len) == [[], [], [], ["9001_first.sql", "9002_second.sql"]]


def test_one_that_fails_leaves_nothing_behind(place, monkeypatch):
    added = [("9001_good.sql", "CREATE TABLE good (x int)"), ("9002_bad.sql", "SELECT 1/0")]
    known = migration_files()
    monkeypatch.setattr(postgres, "migration_files", lambda: [*known, *added])

    with pytest.raises(postgres.psycopg.errors.DivisionByZero):
        migrate(place.connections.store_dsn)

    with connect(place.connections.store_dsn) as connection:
        assert connection.execute("SELECT to_regclass('good')").fetchone() == (None,)


def test_one_that_was_changed_after_it_was_applied_is_refused(place, monkeypatch):
    name, text = migration_files()[0]
    monkeypatch.setattr(postgres, "migration_files", lambda: [(name, text + "\n-- changed")])

    with pytest.raises(OperatingError, match=f"another version of {name}"):
        migrate(place.connections.store_dsn)
