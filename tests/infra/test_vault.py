"""The vault on a real PostgreSQL: who is who, what is sealed, what is gone, and nothing there in clear."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from waiting import wait_until

from infra.errors import KeyDestroyedError, OperatingError, VaultError
from infra.keys import MasterKey
from infra.vault import KeyReader, SealedBytes, Vault

MASTER = MasterKey.derive(b"m" * 32)
OTHER = MasterKey.derive(b"o" * 32)
JOURNEY = UUID("6f0c2f0e-0000-4000-8000-000000000001")
PNR = "se-personnummer"
TABLES = ["content_key", "foreign_id", "journey", "person", "purpose_key", "staff", "wrapping"]
OF_ERASURES = ["erasure", "hold", "proposal"]

pytestmark = pytest.mark.broker


class Scope(NamedTuple):
    """As the domain's: the vault asks for the shape only."""

    journey: UUID
    controller: str
    regime: str


CARE = Scope(JOURNEY, "orgnr:2321000016", "HSL")
SOCIAL = Scope(JOURNEY, "orgnr:2120000142", "SoL")


@pytest.fixture
def dsn(module_place: Any) -> str:
    """An empty vault: the module's database, emptied for each test."""
    reached: str = module_place.connections.vault_dsn
    with psycopg.connect(reached, autocommit=True) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"vault.{table}" for table in TABLES))
    return reached


@pytest.fixture
def vault(dsn: str) -> Iterator[Vault]:
    with Vault(dsn, MASTER) as opened:
        yield opened


@pytest.fixture
def second(dsn: str) -> Iterator[Vault]:
    """Another process's vault, over a connection of its own."""
    with Vault(dsn, MASTER) as opened:
        yield opened


@pytest.fixture
def reader(dsn: str) -> Iterator[KeyReader]:
    with KeyReader(dsn, MASTER) as opened:
        yield opened


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """The administrator's view of the tables."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def destroy(database: psycopg.Connection[Any], key: str) -> None:
    database.execute(
        "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE id = %s", (key,)
    )


def count(database: psycopg.Connection[Any], table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM vault.{table}").fetchone()
    assert row is not None
    return int(row[0])


def framed(*parts: str) -> bytes:
    """Each part behind its length, written out by hand."""
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


def purpose_key(database: psycopg.Connection[Any], purpose: str) -> bytes:
    row = database.execute("SELECT wrapped FROM vault.purpose_key WHERE purpose = %s", (purpose,)).fetchone()
    assert row is not None
    return AESGCM(MASTER.identity).decrypt(row[0][:12], row[0][12:], framed("purpose_key", purpose))


def content_key(database: psycopg.Connection[Any], scope: Scope) -> tuple[str, bytes]:
    row = database.execute(
        "SELECT id, wrapped FROM vault.content_key WHERE journey = %s AND controller = %s AND regime = %s",
        scope,
    ).fetchone()
    assert row is not None
    place = framed("content_key", str(row[0]), str(scope.journey), scope.controller, scope.regime)
    return str(row[0]), AESGCM(MASTER.content).decrypt(row[1][:12], row[1][12:], place)


# Persons


def test_a_patient_has_one_journey_and_is_found_again(vault: Vault, second: Vault) -> None:
    anna, bo = (PNR, "191212121212"), (PNR, "201010101010")
    first = vault.journeys_of([anna, bo, anna])
    assert first[0] == first[2] != first[1]
    assert second.journeys_of([bo, anna]) == [first[1], first[0]]
    assert second.find_journey(*anna) == first[0]
    assert vault.identity_of(first[0]) == [anna]
    assert vault.journeys_of([]) == []


def test_a_stranger_has_no_journey_and_none_is_made_by_asking(
    vault: Vault, database: psycopg.Connection[Any]
) -> None:
    assert vault.find_journey(PNR, "191212121212") is None
    assert vault.identity_of(uuid4()) == []
    assert count(database, "journey") == 0


def test_system_and_value_do_not_run_together(vault: Vault) -> None:
    assert len(set(vault.journeys_of([("ab", "c"), ("a", "bc"), ("abc", "")]))) == 3


def test_an_id_that_leads_to_another_journey_by_hand_is_noticed(
    vault: Vault, database: psycopg.Connection[Any]
) -> None:
    anna, bo = vault.journeys_of([(PNR, "191212121212"), (PNR, "201010101010")])
    database.execute("UPDATE vault.person SET journey = %s WHERE journey = %s", (bo, anna))
    with pytest.raises(VaultError, match="changed by something other") as caught:
        vault.identity_of(bo)
    assert "1212" not in f"{caught.value} {caught.value.hint}"


def test_more_than_one_round_trip_of_patients(vault: Vault, database: psycopg.Connection[Any]) -> None:
    patients = [("simulated", str(number)) for number in range(5_001)]
    journeys = vault.journeys_of(patients)
    assert len(set(journeys)) == count(database, "journey") == 5_001
    assert vault.identity_of(journeys[5_000]) == [("simulated", "5000")]


# Staff and foreign ids


def test_staff_have_a_random_reference_that_the_vault_resolves(vault: Vault, second: Vault) -> None:
    refs = vault.staff_refs(["SE-1", "SE-2", "SE-1"])
    assert refs[0] == refs[2] != refs[1]
    assert all(str(UUID(ref)) == ref and UUID(ref).version == 4 for ref in refs)
    assert second.staff_refs(["SE-2"]) == [refs[1]]
    assert second.staff_of(refs[0]) == "SE-1"
    assert second.staff_of(str(uuid4())) is None
    assert second.staff_of("not a reference") is None


def test_message_and_episode_references_are_hmacs_apart(
    vault: Vault, database: psycopg.Connection[Any]
) -> None:
    message = vault.message_ref("lab", "17")
    episode = vault.episode_ref("lab", "17")
    expected = hmac.new(purpose_key(database, "message"), framed("lab", "17"), hashlib.sha256)
    assert message == expected.hexdigest()
    assert (
        episode == hmac.new(purpose_key(database, "episode"), framed("lab", "17"), hashlib.sha256).hexdigest()
    )
    assert message != episode
    assert vault.message_ref("la", "b17") != message


def test_a_second_process_computes_the_same_references(vault: Vault, second: Vault) -> None:
    assert vault.message_ref("lab", "17") == second.message_ref("lab", "17")


def test_ids_are_revealed_as_they_were_received(vault: Vault, second: Vault) -> None:
    ref = vault.message_ref("lab", "Åäö-17")
    stay = str(uuid4())
    vault.remember("message", [(ref, JOURNEY, "Åäö-17")])
    vault.remember("message", [(ref, JOURNEY, "Åäö-17")])
    vault.remember("episode", [(stay, JOURNEY, "E-9")])
    vault.remember("episode", [])
    assert second.reveal("message", [ref, "unknown"]) == {ref: "Åäö-17"}
    assert second.reveal("episode", [stay, ref]) == {stay: "E-9"}
    assert second.reveal("episode", []) == {}


# Facts' ids and sealed text


def test_a_fact_id_is_an_hmac_under_a_subkey_of_the_scopes_key(
    vault: Vault, database: psycopg.Connection[Any]
) -> None:
    got = vault.fact_id(CARE, b'{"a":1}')
    _, secret = content_key(database, CARE)
    subkey = hmac.new(secret, b"carechain fact id v1", hashlib.sha256).digest()
    assert got == hmac.new(subkey, b'{"a":1}', hashlib.sha256).hexdigest()
    assert vault.fact_id(SOCIAL, b'{"a":1}') != got


def test_a_box_is_nonce_ciphertext_and_tag_of_aes_256_gcm(
    vault: Vault, database: psycopg.Connection[Any]
) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"fact 1 /note")
    key_id, secret = content_key(database, CARE)
    assert sealed.key == key_id
    assert len(sealed.box) == 12 + len(b"fell at home") + 16
    assert AESGCM(secret).decrypt(sealed.box[:12], sealed.box[12:], b"fact 1 /note") == b"fell at home"
    assert vault.seal(CARE, b"fell at home", b"fact 1 /note").box != sealed.box


def test_what_one_process_seals_another_opens(vault: Vault, second: Vault, reader: KeyReader) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"place")
    assert second.seal(CARE, b"x", b"place").key == sealed.key
    assert reader.open(sealed, b"place") == b"fell at home"
    empty = vault.seal(CARE, b"", b"")
    assert reader.open(empty, b"") == b""


def test_keys_differ_by_journey_controller_and_regime(vault: Vault) -> None:
    scopes = [
        CARE,
        CARE._replace(journey=uuid4()),
        CARE._replace(controller="orgnr:2321000131"),
        CARE._replace(regime="SoL"),
    ]
    vault.prepare(scopes)
    assert len({vault.seal(scope, b"x", b"").key for scope in scopes}) == 4


def test_prepared_keys_are_committed_and_need_no_more_questions(
    vault: Vault, reader: KeyReader, database: psycopg.Connection[Any]
) -> None:
    scopes = [Scope(uuid4(), "orgnr:1", "HSL") for _ in range(30)]
    vault.prepare([*scopes, *scopes])
    assert count(database, "content_key") == 30
    reader.load_keys([scope.journey for scope in scopes])
    with database.transaction():
        database.execute("LOCK TABLE vault.content_key IN ACCESS EXCLUSIVE MODE")
        sealed = [vault.seal(scope, b"text", b"") for scope in scopes]
        assert {reader.open(box, b"") for box in sealed} == {b"text"}


def test_more_keys_than_are_held_still_open(dsn: str) -> None:
    scopes = [Scope(uuid4(), "orgnr:1", "HSL") for _ in range(9)]
    with Vault(dsn, MASTER, capacity=4) as vault:
        vault.prepare(scopes)
        boxes = [vault.seal(scope, str(scope.journey).encode(), b"") for scope in scopes]
        assert [vault.open(box, b"") for box in boxes] == [str(scope.journey).encode() for scope in scopes]


@pytest.mark.parametrize("position", [0, 11, 12, 20, -17, -1])
def test_a_changed_box_is_an_error(vault: Vault, reader: KeyReader, position: int) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"place")
    box = bytearray(sealed.box)
    box[position] ^= 1
    with pytest.raises(VaultError, match="not what was sealed") as caught:
        reader.open(SealedBytes(bytes(box), sealed.key), b"place")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("length", [0, 5, 27])
def test_a_cut_box_is_an_error(vault: Vault, length: int) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"place")
    with pytest.raises(VaultError, match="not what was sealed"):
        vault.open(SealedBytes(sealed.box[:length], sealed.key), b"place")


def test_a_box_in_another_place_or_under_another_key_is_an_error(vault: Vault) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"fact 1 /note")
    with pytest.raises(VaultError):
        vault.open(sealed, b"fact 2 /note")
    with pytest.raises(VaultError):
        vault.open(sealed, b"")
    with pytest.raises(VaultError):
        vault.open(SealedBytes(sealed.box, vault.seal(SOCIAL, b"x", b"").key), b"fact 1 /note")


def test_a_destroyed_key_opens_nothing_and_the_others_go_on(
    vault: Vault, reader: KeyReader, database: psycopg.Connection[Any]
) -> None:
    gone, kept = vault.seal(SOCIAL, b"alone at home", b""), vault.seal(CARE, b"fell", b"")
    destroy(database, gone.key)
    assert reader.open(gone, b"") is None
    assert reader.open(kept, b"") == b"fell"


def test_a_held_key_opens_until_it_is_forgotten_or_asked_for_anew(
    vault: Vault, reader: KeyReader, database: psycopg.Connection[Any]
) -> None:
    gone = vault.seal(SOCIAL, b"alone at home", b"")
    reader.load_keys([JOURNEY])
    destroy(database, gone.key)
    assert vault.open(gone, b"") == reader.open(gone, b"") == b"alone at home"
    vault.forget()
    reader.load_keys([JOURNEY])
    assert vault.open(gone, b"") is None
    assert reader.open(gone, b"") is None


def test_a_destroyed_key_is_not_made_again(vault: Vault, database: psycopg.Connection[Any]) -> None:
    gone = vault.seal(SOCIAL, b"alone at home", b"")
    destroy(database, gone.key)
    vault.forget()
    vault.prepare([SOCIAL, CARE])
    with pytest.raises(KeyDestroyedError, match="erased for good"):
        vault.seal(SOCIAL, b"more", b"")
    with pytest.raises(KeyDestroyedError):
        vault.fact_id(SOCIAL, b"more")
    assert len(vault.fact_id(CARE, b"other law, other key")) == 64


def test_a_key_that_is_not_in_this_vault_opens_nothing(vault: Vault) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"")
    assert vault.open(SealedBytes(sealed.box, str(uuid4())), b"") is None
    assert vault.open(SealedBytes(sealed.box, "not a key id"), b"") is None


def test_keys_moved_between_rows_are_noticed(vault: Vault, database: psycopg.Connection[Any]) -> None:
    sealed, other = vault.seal(CARE, b"x", b""), vault.seal(SOCIAL, b"x", b"")
    database.execute(
        "UPDATE vault.content_key SET wrapped = (SELECT wrapped FROM vault.content_key WHERE id = %s) "
        "WHERE id = %s",
        (other.key, sealed.key),
    )
    vault.forget()
    with pytest.raises(VaultError):
        vault.open(sealed, b"")


# Two processes at once


WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND NOT granted
"""


def waiting(database: psycopg.Connection[Any]) -> int:
    row = database.execute(WAITING).fetchone()
    return row[0] if row else 0


def race(database: psycopg.Connection[Any], table: str, *calls: Callable[[], Any]) -> list[Any]:
    """Let all calls look, find nothing and stand before their inserts; then let them go at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        with database.transaction():
            database.execute(f"LOCK TABLE vault.{table} IN SHARE MODE")  # reads pass, inserts wait
            running = [pool.submit(call) for call in calls]
            wait_until(lambda: waiting(database) >= len(calls), 30, "every call stands before its insert")
        return [call.result(timeout=30) for call in running]


def test_two_that_meet_the_same_patients_give_them_one_journey(
    vault: Vault, second: Vault, database: psycopg.Connection[Any]
) -> None:
    patients = [(PNR, str(number)) for number in range(200)]
    vault.message_ref("any", "the vault's own keys are there")
    one, two = race(
        database,
        "person",
        lambda: vault.journeys_of(patients),
        lambda: second.journeys_of(patients[::-1]),
    )
    assert one == two[::-1]
    assert count(database, "person") == count(database, "journey") == 200


def test_two_that_start_an_empty_vault_share_its_keys(
    vault: Vault, second: Vault, database: psycopg.Connection[Any]
) -> None:
    one, two = race(
        database, "purpose_key", lambda: vault.message_ref("s", "m"), lambda: second.message_ref("s", "m")
    )
    assert one == two
    assert count(database, "purpose_key") == 5


def test_two_that_make_the_same_content_keys_share_them(
    vault: Vault, second: Vault, database: psycopg.Connection[Any]
) -> None:
    scopes = [Scope(uuid4(), "orgnr:1", regime) for regime in ("HSL", "SoL") for _ in range(50)]
    vault.message_ref("any", "the vault's own keys are there")
    race(database, "content_key", lambda: vault.prepare(scopes), lambda: second.prepare(reversed(scopes)))
    assert [vault.fact_id(scope, b"x") for scope in scopes] == [
        second.fact_id(scope, b"x") for scope in scopes
    ]
    assert count(database, "content_key") == 100


def test_two_that_meet_the_same_staff_give_them_one_reference(
    vault: Vault, second: Vault, database: psycopg.Connection[Any]
) -> None:
    vault.message_ref("any", "the vault's own keys are there")
    one, two = race(
        database,
        "staff",
        lambda: vault.staff_refs(["SE-1", "SE-2"]),
        lambda: second.staff_refs(["SE-2", "SE-1"]),
    )
    assert one == two[::-1]


# Secrets


def test_nothing_that_went_in_lies_in_the_tables(vault: Vault, database: psycopg.Connection[Any]) -> None:
    secrets = ["191212121212", "SE2321000016-1XYZ", "MSG-4711", "EPISODE-0815", "fell in the bathroom"]
    pnr, staff, message, episode, text = secrets
    [journey] = vault.journeys_of([(PNR, pnr)])
    vault.staff_refs([staff])
    vault.remember("message", [(vault.message_ref("lab", message), journey, message)])
    vault.remember("episode", [(vault.episode_ref("lab", episode), journey, episode)])
    vault.seal(Scope(journey, "orgnr:1", "SoL"), text.encode(), b"")
    keys = [purpose_key(database, "patient"), content_key(database, Scope(journey, "orgnr:1", "SoL"))[1]]
    tables = [
        row[0]
        for row in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault'").fetchall()
    ]
    assert sorted(tables) == sorted([*TABLES, *OF_ERASURES])
    for table in TABLES:
        rows = database.execute(f"SELECT t::text FROM vault.{table} AS t").fetchall()
        assert rows, table
        stored = " ".join(row[0] for row in rows)
        for secret in secrets:
            assert secret not in stored
            assert secret.encode().hex() not in stored
        for key in keys:
            assert key.hex() not in stored


def test_another_master_key_is_one_clear_sentence_and_makes_nothing(
    vault: Vault, dsn: str, database: psycopg.Connection[Any]
) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"")
    with Vault(dsn, OTHER) as stranger:
        for call in (
            lambda: stranger.journeys_of([(PNR, "191212121212")]),
            lambda: stranger.find_journey(PNR, "191212121212"),
            lambda: stranger.message_ref("lab", "17"),
            lambda: stranger.seal(SOCIAL, b"x", b""),
        ):
            with pytest.raises(VaultError) as caught:
                call()
            assert str(caught.value) == "The master key is not the one this vault was made with."
            assert caught.value.hint is not None
            assert caught.value.exit_code == 2
    with KeyReader(dsn, OTHER) as stranger_reader, pytest.raises(VaultError, match="The master key is not"):
        stranger_reader.open(sealed, b"")
    assert count(database, "content_key") == 1
    assert count(database, "person") == 0


def test_text_forms_show_no_secret(vault: Vault, database: psycopg.Connection[Any]) -> None:
    vault.seal(CARE, b"x", b"")
    held = (vault, vault._own, vault._keys, vault._keys.by_scope(CARE), vault.__dict__)
    shown = " ".join(f"{thing!r} {thing}" for thing in held)
    for secret in (purpose_key(database, "patient"), content_key(database, CARE)[1], MASTER.identity):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown


def test_a_reader_offers_only_keys() -> None:
    offered = {name for name in dir(KeyReader) if not name.startswith("_")}
    assert offered == {"close", "forget", "load_keys", "open"}


# Servers


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with (
        Vault("host=127.0.0.1 port=1 dbname=none connect_timeout=2", MASTER) as vault,
        pytest.raises(OperatingError, match="does not answer") as caught,
    ):
        vault.find_journey(PNR, "191212121212")
    assert caught.value.exit_code == 3


def test_a_connection_that_was_cut_is_opened_again(vault: Vault, database: psycopg.Connection[Any]) -> None:
    sealed = vault.seal(CARE, b"fell at home", b"")
    vault.forget()
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'carechain vault'"
    )
    with pytest.raises(OperatingError, match="was lost"):
        vault.open(sealed, b"")
    assert vault.open(sealed, b"") == b"fell at home"
