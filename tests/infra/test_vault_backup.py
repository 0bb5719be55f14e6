"""The vault in a file and back: whole or not at all, never with the master key, and never with what was erased since."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.erasure_list import ErasureList, Line
from infra.errors import KeyDestroyedError, OperatingError, VaultError
from infra.keys import MasterKey
from infra.vault import SealedBytes, Vault
from infra.vault.backup import TABLES, backup, read_head
from infra.vault.destroying import destroy
from infra.vault.restore import restore
from infra.vault.rotation import rotate

KEYS = [MasterKey.derive(bytes([number]) * 32) for number in range(4)]
MASTER, OTHER = KEYS[0], KEYS[3]
NOW = datetime(2026, 3, 1, 11, tzinfo=UTC)
PNR = "personnummer"
BY, SECOND = uuid4(), uuid4()

pytestmark = pytest.mark.broker


class Scope(NamedTuple):
    journey: UUID
    controller: str
    regime: str


def empty(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"vault.{table}" for table in TABLES))


@pytest.fixture
def dsn(module_place: Any) -> str:
    reached: str = module_place.connections.vault_dsn
    empty(reached)
    return reached


@pytest.fixture
def erasures(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path / "erasures.jsonl", tmp_path / "checkpoint.key")


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def erase(dsn: str, erasures: ErasureList, *scopes: Scope, identity: bool = False) -> list[Line]:
    """As two persons decided it: on the list, then in the vault."""
    proposal = str(uuid4())
    lines = erasures.append(
        [
            {
                "erasure": str(uuid4()),
                "proposal": proposal,
                "at": NOW.isoformat(),
                "journey": str(scope.journey),
                "controller": scope.controller,
                "regime": scope.regime,
                "identity": identity or None,
                "ground": "retention",
                "proposed_by": str(BY),
                "proposed_at": NOW.isoformat(),
                "confirmed_by": str(SECOND),
                "confirmed_at": NOW.isoformat(),
            }
            for scope in scopes
        ]
    )
    with psycopg.connect(dsn) as connection:
        destroy(connection, lines)
    return lines


def content(database: psycopg.Connection[Any]) -> dict[str, list[str]]:
    return {
        table: [
            row for (row,) in database.execute(f"SELECT t::text FROM vault.{table} t ORDER BY 1").fetchall()
        ]
        for table in TABLES
        if table != "wrapping"
    }


def furnished(dsn: str) -> tuple[dict[Scope, SealedBytes], list[UUID]]:
    """Two patients, each with a part under either law."""
    with Vault(dsn, MASTER) as vault:
        journeys = vault.journeys_of([(PNR, "191212121212"), (PNR, "201010101010")])
        vault.staff_refs(["os:anna"])
        vault.remember("message", [(vault.message_ref("lab", "17"), journeys[0], "17")])
        vault.remember("message", [(vault.message_ref("lab", "18"), journeys[1], "18")])
        scopes = [Scope(j, "orgnr:1", law) for j in journeys for law in ("HSL", "SoL")]
        return {scope: vault.seal(scope, b"alone at home", b"place") for scope in scopes}, journeys


def test_what_was_written_is_read_back_to_the_byte(
    dsn: str, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    boxes, journeys = furnished(dsn)
    before = content(database)
    made = backup(dsn, tmp_path / "vault", NOW)
    # 5 own keys, the name of the master key, 2 journeys, 2 persons, 1 of staff, 2 ids, 4 keys.
    assert made.rows == 17
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["vault"]
    empty(dsn)
    assert restore(dsn, tmp_path / "vault", MASTER, [], replace=False).rows == 17
    assert content(database) == before
    with Vault(dsn, MASTER) as vault:
        assert vault.identity_of(journeys[0]) == [(PNR, "191212121212")]
        assert {vault.open(box, b"place") for box in boxes.values()} == {b"alone at home"}


def test_nothing_in_it_is_in_clear(dsn: str, tmp_path: Path) -> None:
    furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    written = (tmp_path / "vault").read_bytes()
    for secret in (b"191212121212", b"os:anna", b"alone at home", MASTER.content, MASTER.identity):
        assert secret not in written
        assert secret.hex().encode() not in written
    head = json.loads(written.splitlines()[0])
    assert (head["format"], head["version"]) == ("carechain vault backup", 1)
    assert head["tables"]["content_key"]["rows"] == 4
    assert head["made_at"] == "2026-03-01T11:00:00+00:00"


def test_it_is_never_written_over_another_file(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("mine")
    with pytest.raises(OperatingError, match="There is a file"):
        backup(dsn, tmp_path / "vault", NOW)
    assert (tmp_path / "vault").read_text() == "mine"


def test_a_folder_that_is_not_there_is_a_sentence(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(OperatingError, match="cannot be used"):
        backup(dsn, tmp_path / "none" / "vault", NOW)
    with pytest.raises(OperatingError, match="cannot be used"):
        restore(dsn, tmp_path / "none", MASTER, [], replace=False)


@pytest.mark.parametrize("place", [40, 400, -200, -80, -2])
def test_a_changed_byte_is_noticed_and_nothing_changes(
    dsn: str, database: psycopg.Connection[Any], tmp_path: Path, place: int
) -> None:
    furnished(dsn)
    file = tmp_path / "vault"
    backup(dsn, file, NOW)
    raw = bytearray(file.read_bytes())
    raw[place] ^= 1
    file.write_bytes(raw)
    before = content(database)
    with pytest.raises(OperatingError, match=r"damaged|no backup|another version"):
        restore(dsn, file, MASTER, [], replace=True)
    assert content(database) == before


@pytest.mark.parametrize("left", [0, 10, 900, -1, -10, -100])
def test_one_that_was_cut_off_is_noticed(dsn: str, tmp_path: Path, left: int) -> None:
    furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    (tmp_path / "cut").write_bytes((tmp_path / "vault").read_bytes()[:left])
    with pytest.raises(OperatingError) as caught:
        read_head(tmp_path / "cut")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "raw", [b"hello\n", b'{"format": "other"}\n', b"\x00\xff" * 99, b"[]\n", b"PK\x03\x04"]
)
def test_another_file_is_a_sentence(dsn: str, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "other").write_bytes(raw)
    with pytest.raises(OperatingError, match="is no backup of a vault"):
        restore(dsn, tmp_path / "other", MASTER, [], replace=False)


def test_a_vault_that_is_not_empty_is_left_alone(dsn: str, tmp_path: Path) -> None:
    furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    with pytest.raises(OperatingError, match="not empty"):
        restore(dsn, tmp_path / "vault", MASTER, [], replace=False)


def test_another_master_key_restores_nothing(
    dsn: str, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    before = content(database)
    with pytest.raises(VaultError, match="master key"):
        restore(dsn, tmp_path / "vault", OTHER, [], replace=True)
    assert content(database) == before


def test_what_was_erased_after_the_backup_stays_erased(
    dsn: str, erasures: ErasureList, tmp_path: Path
) -> None:
    boxes, (anna, bo) = furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    gone = [scope for scope in boxes if scope.journey == anna or scope.regime == "SoL"]
    erase(dsn, erasures, *gone)
    empty(dsn)
    restore(dsn, tmp_path / "vault", MASTER, erasures.read(), replace=False)
    with Vault(dsn, MASTER) as vault:
        for scope, box in boxes.items():
            assert vault.open(box, b"place") == (None if scope in gone else b"alone at home")
        # Nothing of Anna is left, so nobody knows who she is; of Bo there is.
        assert vault.identity_of(anna) == []
        assert vault.find_journey(PNR, "191212121212") is None
        assert vault.identity_of(bo) == [(PNR, "201010101010")]
        assert set(vault.reveal("message", [vault.message_ref("lab", n) for n in ("17", "18")]).values()) == {
            "18"
        }
        with pytest.raises(KeyDestroyedError):
            vault.seal(gone[0], b"more", b"")


def test_a_part_that_the_backup_never_had_is_not_begun_anew(
    dsn: str, erasures: ErasureList, tmp_path: Path
) -> None:
    _, (anna, _) = furnished(dsn)
    backup(dsn, tmp_path / "vault", NOW)
    later = Scope(anna, "orgnr:2", "SoL")
    with Vault(dsn, MASTER) as vault:
        vault.seal(later, b"x", b"")
    erase(dsn, erasures, later)
    empty(dsn)
    restore(dsn, tmp_path / "vault", MASTER, erasures.read(), replace=False)
    with Vault(dsn, MASTER) as vault, pytest.raises(KeyDestroyedError):
        vault.seal(later, b"again", b"")


def test_a_list_that_lacks_what_the_vault_knows_of_stops_it(
    dsn: str, database: psycopg.Connection[Any], erasures: ErasureList, tmp_path: Path
) -> None:
    boxes, _ = furnished(dsn)
    backup(dsn, tmp_path / "before", NOW)
    one, two = list(boxes)[:2]
    erase(dsn, erasures, one)
    erase(dsn, erasures, two)
    backup(dsn, tmp_path / "after", NOW)
    whole = erasures.path.read_text(encoding="ascii").splitlines(keepends=True)
    erasures.path.write_text(whole[0], encoding="ascii")
    before = content(database)
    # The vault knows of two, and so does the later backup.
    with pytest.raises(OperatingError, match="lacks some"):
        restore(dsn, tmp_path / "before", MASTER, erasures.read(), replace=True)
    assert content(database) == before
    empty(dsn)
    with pytest.raises(OperatingError, match="lacks some"):
        restore(dsn, tmp_path / "after", MASTER, erasures.read(), replace=False)
    erasures.path.write_text("".join(whole), encoding="ascii")
    restore(dsn, tmp_path / "after", MASTER, erasures.read(), replace=False)


def test_nobody_sees_what_was_erased_while_it_is_restored(
    dsn: str, erasures: ErasureList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes, _ = furnished(dsn)
    gone = next(iter(boxes))
    backup(dsn, tmp_path / "vault", NOW)
    erase(dsn, erasures, gone)
    empty(dsn)
    seen: list[bool] = []

    def look_first(connection: Any, lines: Any) -> None:
        with psycopg.connect(dsn, options="-c lock_timeout=200ms") as other:
            try:
                other.execute("SELECT FROM vault.content_keys(ARRAY[%s]::uuid[])", (gone.journey,))
                seen.append(True)
            except psycopg.errors.LockNotAvailable:
                seen.append(False)
        destroy(connection, lines)

    monkeypatch.setattr("infra.vault.restore.destroy", look_first)
    restore(dsn, tmp_path / "vault", MASTER, erasures.read(), replace=False)
    assert seen == [False]


def test_two_persons_are_asked_by_the_database_itself(database: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="two_persons"):
        database.execute(
            "INSERT INTO vault.proposal (ground, proposed_by, proposed_at, confirmed_by, confirmed_at)"
            " VALUES ('retention', %(by)s, now(), %(by)s, now())",
            {"by": BY},
        )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("seal"), st.integers(0, 5)),
        st.tuples(st.just("erase"), st.integers(0, 5)),
        st.tuples(st.just("rotate"), st.integers(0, 2)),
        st.tuples(st.just("backup"), st.just(0)),
        st.tuples(st.just("restore"), st.integers(0, 9)),
    ),
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=25)
@given(steps=STEPS)
def test_erased_never_opens_and_the_rest_always_does(
    module_place: Any, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Whatever is done in whatever order. What was sealed after the backup that was read back has lost its key."""
    dsn: str = module_place.connections.vault_dsn
    empty(dsn)
    folder = tmp_path_factory.mktemp("steps")
    erasures = ErasureList(folder / "erasures.jsonl", folder / "checkpoint.key")
    scopes = [Scope(UUID(int=n // 2 + 1), "orgnr:1", ("HSL", "SoL")[n % 2]) for n in range(6)]
    master, boxes, gone = KEYS[0], dict[Scope, SealedBytes](), set[Scope]()
    backups: list[tuple[Path, dict[Scope, SealedBytes]]] = []
    with Vault(dsn, master) as vault:
        vault.message_ref("any", "the vault's own keys are there")
    for number, (what, which) in enumerate(steps):
        if what == "seal" and scopes[which] not in gone:
            with Vault(dsn, master) as vault:
                boxes[scopes[which]] = vault.seal(scopes[which], b"alone at home", b"")
        elif what == "seal":
            with Vault(dsn, master) as vault, pytest.raises(KeyDestroyedError):
                vault.seal(scopes[which], b"more", b"")
        elif what == "erase":
            erase(dsn, erasures, scopes[which])
            gone.add(scopes[which])
        elif what == "rotate":
            rotate(dsn, KEYS[which].after(master))
            master = KEYS[which]
        elif what == "backup":
            backups.append((folder / str(number), dict(boxes)))
            backup(dsn, folder / str(number), NOW)
        elif backups:
            file, held = backups[which % len(backups)]
            for key in KEYS[:3]:  # whichever it was made under; the one of now comes to be used again
                try:
                    restore(dsn, file, key, erasures.read(), replace=True)
                except VaultError:
                    continue
                rotate(dsn, master.after(key))
                break
            else:
                raise AssertionError("none of the keys opens the backup")
            boxes = dict(held)
        with Vault(dsn, master) as vault:
            for scope, box in boxes.items():
                assert vault.open(box, b"") == (None if scope in gone else b"alone at home")
