"""Another master key while everything runs: nobody is turned away meanwhile, and the old key opens nothing afterwards."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from waiting import wait_until

from infra.errors import OperatingError, VaultError
from infra.keys import MasterKey
from infra.vault import KeyReader, SealedBytes, Vault
from infra.vault.rights import GRANTS
from infra.vault.rotation import rotate, wrapped

OLD_SECRET, NEW_SECRET = b"o" * 32, b"n" * 32
OLD, NEW = MasterKey.derive(OLD_SECRET), MasterKey.derive(NEW_SECRET)
BOTH = NEW.after(OLD)
TABLES = ("content_key", "foreign_id", "journey", "person", "purpose_key", "staff", "wrapping")
ROTATING = "SELECT wait_event_type FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
NAME = "carechain vault rotate"
PNR = ("personnummer", "191212121212")

pytestmark = pytest.mark.broker


class Scope(NamedTuple):
    journey: UUID
    controller: str
    regime: str


@pytest.fixture
def dsn(module_place: Any) -> str:
    """An empty vault."""
    reached: str = module_place.connections.vault_dsn
    with psycopg.connect(reached, autocommit=True) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"vault.{table}" for table in TABLES))
    return reached


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def seal(dsn: str, master: MasterKey, count: int) -> list[SealedBytes]:
    with Vault(dsn, master) as vault:
        scopes = [Scope(uuid4(), "orgnr:1", "SoL") for _ in range(count)]
        vault.prepare(scopes)
        return [vault.seal(scope, b"alone at home", b"place") for scope in scopes]


def open_all(dsn: str, master: MasterKey, boxes: list[SealedBytes]) -> set[bytes | None]:
    with KeyReader(dsn, master) as reader:
        return {reader.open(box, b"place") for box in boxes}


def test_afterwards_the_new_key_opens_everything_and_the_old_one_nothing(
    dsn: str, database: psycopg.Connection[Any]
) -> None:
    boxes = seal(dsn, OLD, 25)
    with Vault(dsn, OLD) as vault:
        (journey,) = vault.journeys_of([PNR])
        reference = vault.message_ref("lab", "17")
    assert rotate(dsn, BOTH, batch=10) == 25
    assert open_all(dsn, NEW, boxes) == {b"alone at home"}
    with Vault(dsn, NEW) as vault:
        # What is found by HMAC is found again: the vault's own keys are the same.
        assert vault.find_journey(*PNR) == journey
        assert vault.identity_of(journey) == [PNR]
        assert vault.message_ref("lab", "17") == reference
    with KeyReader(dsn, OLD) as reader:
        for box in boxes:
            with pytest.raises(VaultError, match="master key is not the one"):
                reader.open(box, b"place")
    with Vault(dsn, OLD) as vault, pytest.raises(VaultError):
        vault.find_journey(*PNR)
    found = wrapped(database)
    assert (found.in_use, found.keys) == (NEW.name, {NEW.name: 25})
    assert rotate(dsn, NEW) == 0


def test_while_processes_are_given_both_keys_those_with_the_old_one_go_on(dsn: str) -> None:
    with Vault(dsn, OLD) as not_yet, Vault(dsn, BOTH) as given:
        scope = Scope(uuid4(), "orgnr:1", "HSL")
        first = not_yet.seal(scope, b"x", b"")
        # The one with both makes a key: under the old one, which is in use, so that the other can read it.
        other = Scope(uuid4(), "orgnr:1", "HSL")
        second = given.seal(other, b"y", b"")
        assert not_yet.open(second, b"") == b"y"
        assert given.open(first, b"") == b"x"
        assert rotate(dsn, BOTH) == 2
        third = given.seal(Scope(uuid4(), "orgnr:1", "HSL"), b"z", b"")
        assert [given.open(box, b"") for box in (first, second, third)] == [b"x", b"y", b"z"]
        with KeyReader(dsn, NEW) as reader:
            assert [reader.open(box, b"") for box in (first, second, third)] == [b"x", b"y", b"z"]
        # What it holds still opens for the one that was forgotten; it makes nothing under a key out of use.
        assert not_yet.open(first, b"") == b"x"
        with pytest.raises(VaultError, match="master key"):
            not_yet.seal(Scope(uuid4(), "orgnr:1", "HSL"), b"late", b"")


def test_readers_and_sealers_go_on_meanwhile(dsn: str, database: psycopg.Connection[Any]) -> None:
    boxes = seal(dsn, OLD, 60)
    stop, troubles = threading.Event(), list[Exception]()
    made: list[SealedBytes] = []
    read = [0]

    def seals() -> None:
        try:
            with Vault(dsn, BOTH, capacity=5) as vault:
                while not stop.is_set():
                    scope = Scope(uuid4(), "orgnr:2", "SoL")
                    vault.prepare([scope])
                    made.append(vault.seal(scope, b"alone at home", b"place"))
        except Exception as error:  # noqa: BLE001
            troubles.append(error)

    def reads() -> None:
        try:
            with KeyReader(dsn, BOTH, capacity=5) as reader:
                while not stop.is_set():
                    for box in boxes:
                        assert reader.open(box, b"place") == b"alone at home"
                        read[0] += 1
        except Exception as error:  # noqa: BLE001
            troubles.append(error)

    threads = [threading.Thread(target=target) for target in (seals, seals, reads, reads)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: (read[0] > 50 and len(made) > 5) or troubles, 60, "everybody is at work")
        rotate(dsn, BOTH, batch=3)
        before = len(made)
        wait_until(lambda: len(made) > before + 5 or troubles, 60, "keys are made under the new key")
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not troubles
    assert set(wrapped(database).keys) == {NEW.name}
    assert open_all(dsn, NEW, [*boxes, *made]) == {b"alone at home"}


def test_killed_in_the_middle_it_is_finished_by_the_next(dsn: str, database: psycopg.Connection[Any]) -> None:
    boxes = seal(dsn, OLD, 50)
    (middle,) = database.execute(
        "SELECT id FROM vault.content_key ORDER BY id OFFSET 25 LIMIT 1"
    ).fetchone() or (None,)
    command = [sys.executable, str(Path(__file__).with_name("rotation_process.py")), dsn]
    with psycopg.connect(dsn) as holding:
        holding.execute("SELECT FROM vault.content_key WHERE id = %s FOR UPDATE", (middle,))
        process = subprocess.Popen([*command, OLD_SECRET.hex(), NEW_SECRET.hex()])
        try:
            wait_until(
                lambda: database.execute(ROTATING, (NAME,)).fetchall() == [("Lock",)],
                60,
                "it stands in the third batch",
            )
        finally:
            process.kill()
            process.wait(30)
    found = wrapped(database)
    assert found.keys == {NEW.name: 20, OLD.name: 30}
    # Half-way, everybody with both keys reads everything, and makes keys.
    assert open_all(dsn, BOTH, boxes) == {b"alone at home"}
    boxes += seal(dsn, BOTH, 1)
    wait_until(
        lambda: not database.execute(ROTATING, (NAME,)).fetchall(), 30, "the killed one's session is gone"
    )
    assert rotate(dsn, BOTH) == 30
    assert wrapped(database).keys == {NEW.name: 51}
    assert open_all(dsn, NEW, boxes) == {b"alone at home"}
    with KeyReader(dsn, OLD) as reader, pytest.raises(VaultError):
        reader.open(boxes[0], b"place")


def test_two_at_once_are_refused(dsn: str) -> None:
    seal(dsn, OLD, 1)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (0x726F7461,))
        with pytest.raises(OperatingError, match="Another rotation"):
            rotate(dsn, BOTH)


def test_without_the_old_key_nothing_changes(dsn: str, database: psycopg.Connection[Any]) -> None:
    boxes = seal(dsn, OLD, 3)
    with pytest.raises(VaultError, match="master key"):
        rotate(dsn, NEW)
    assert wrapped(database).in_use == OLD.name
    assert open_all(dsn, OLD, boxes) == {b"alone at home"}


def test_a_vault_from_before_keys_had_names(dsn: str, database: psycopg.Connection[Any]) -> None:
    boxes = seal(dsn, OLD, 3)
    database.execute("UPDATE vault.content_key SET master = NULL")
    database.execute("UPDATE vault.purpose_key SET master = NULL")
    database.execute("DELETE FROM vault.wrapping")
    assert wrapped(database).in_use is None
    with Vault(dsn, BOTH) as vault:
        boxes.append(vault.seal(Scope(uuid4(), "orgnr:1", "SoL"), b"alone at home", b"place"))
    assert wrapped(database).in_use == OLD.name
    assert rotate(dsn, BOTH) == 4
    assert open_all(dsn, NEW, boxes) == {b"alone at home"}


def test_a_sealer_lets_go_of_a_destroyed_key_before_its_next_batch(
    dsn: str, database: psycopg.Connection[Any]
) -> None:
    gone, kept = Scope(uuid4(), "orgnr:1", "SoL"), Scope(uuid4(), "orgnr:1", "HSL")
    with Vault(dsn, OLD) as vault:
        vault.prepare([gone, kept])
        vault.seal(gone, b"x", b"")
        with database.transaction():
            database.execute(
                "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE journey = %s",
                (gone.journey,),
            )
            database.execute("UPDATE vault.wrapping SET generation = generation + 1")
        vault.prepare([gone, kept])
        with pytest.raises(VaultError, match="erased for good"):
            vault.seal(gone, b"more", b"")
        assert vault.seal(kept, b"y", b"").key


# What a projector may


@contextmanager
def role(database: psycopg.Connection[Any], dsn: str, like: str) -> Iterator[str]:
    """A role with the rights of one of ours, and the address at which it is connected."""
    name = f"t_{uuid4().hex[:12]}"
    database.execute(f"CREATE ROLE {name}")
    try:
        for privileges, on, to in GRANTS:
            if like in to.split(", "):
                database.execute(f"GRANT {privileges} ON {on} TO {name}")
        yield psycopg.conninfo.make_conninfo(dsn, options=f"-c role={name}")
    finally:
        database.execute(f"DROP OWNED BY {name}")
        database.execute(f"DROP ROLE {name}")


def test_a_projector_asks_for_keys_through_two_functions_and_no_table(
    dsn: str, database: psycopg.Connection[Any]
) -> None:
    boxes = seal(dsn, OLD, 2)
    with role(database, dsn, "carechain_projector") as limited:
        assert open_all(limited, OLD, boxes) == {b"alone at home"}
        with psycopg.connect(limited, autocommit=True) as connection:
            for table in (*TABLES, "proposal", "erasure", "hold"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SELECT FROM vault.{table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE vault.content_key SET wrapped = NULL")


def test_a_keeper_seals_and_destroys_nothing(dsn: str, database: psycopg.Connection[Any]) -> None:
    with role(database, dsn, "carechain_keeper") as limited:
        boxes = seal(limited, OLD, 2)
        assert open_all(limited, OLD, boxes) == {b"alone at home"}
        with Vault(limited, OLD) as vault:
            (journey,) = vault.journeys_of([PNR])
            assert vault.identity_of(journey) == [PNR]
            vault.staff_refs(["os:anna"])
            vault.remember("message", [("a", journey, "17")])
        with psycopg.connect(limited, autocommit=True) as connection:
            for statement in (
                "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now()",
                "DELETE FROM vault.person",
                "INSERT INTO vault.proposal (ground, proposed_by, proposed_at)"
                " VALUES ('retention', gen_random_uuid(), now())",
                "SELECT FROM vault.erasure",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    assert open_all(dsn, OLD, boxes) == {b"alone at home"}


def test_nobody_asks_for_keys_unless_they_were_let_to(database: psycopg.Connection[Any]) -> None:
    name = f"t_{uuid4().hex[:12]}"
    database.execute(f"CREATE ROLE {name}")
    try:
        database.execute(f"GRANT USAGE ON SCHEMA vault TO {name}")
        for function in ("content_keys(ARRAY[]::uuid[])", "content_key_named(gen_random_uuid())"):
            database.execute(f"SET ROLE {name}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.execute(f"SELECT vault.{function}")
            database.execute("RESET ROLE")
    finally:
        database.execute(f"DROP OWNED BY {name}")
        database.execute(f"DROP ROLE {name}")
