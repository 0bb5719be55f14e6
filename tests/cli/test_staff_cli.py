"""`carechain staff`: capacities are given and ended by who runs the installation, and by nobody else."""

from collections.abc import Iterator

import psycopg
import pytest
from access_asking import Ask
from access_world import Login, furnish, logins
from conftest import Place

from infra.vault import Vault

pytestmark = pytest.mark.broker
CARE = ("--role", "care", "--unit", "hsa:SE2321000198-WARD1", "--organisation", "orgnr:2321000198")


@pytest.fixture(scope="module")
def people(module_place: Place) -> Iterator[dict[str, Login]]:
    furnish(module_place)
    with logins(
        module_place, ["carechain_care", "carechain_auditor", "carechain_leader", "carechain_operator"]
    ) as made:
        yield made


@pytest.fixture
def ask(
    module_place: Place,
    people: dict[str, Login],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    return Ask(module_place, monkeypatch, capsys)


def test_a_capacity_is_given_seen_and_ended_and_stays_on_record(module_place: Place, ask: Ask) -> None:
    assert ask.run("staff", "add", "--login", "anna", *CARE, "--staff-id", "-", stdin="hsa:SE-ANNA\n") == 0
    assert 'CREATE ROLE "anna" LOGIN IN ROLE "carechain_care";' in ask.err
    assert "SE-ANNA" not in ask.out + ask.err
    (given,) = [one for one in ask.json("staff", "list") if one["login"] == "anna"]
    assert (given["role"], given["unit"], given["state"]) == ("care", "hsa:SE2321000198-WARD1", "current")
    from infra.keys import load_or_create

    with Vault(
        module_place.connections.vault_dsn, load_or_create(module_place.settings.master_key_file)
    ) as vault:
        assert [given["staff"]] == list(vault.staff_refs(["hsa:SE-ANNA"]))
    assert given["given_by"] is not None
    assert given["given_by"] != given["staff"]

    assert ask.run("staff", "end", given["id"][:8]) == 0
    (ended,) = [one for one in ask.json("staff", "list") if one["login"] == "anna"]
    assert (ended["state"], ended["ended_by"]) == ("ended", given["given_by"])
    assert "anna" not in [one["login"] for one in ask.json("staff", "list", "--current")]
    assert ask.run("staff", "end", given["id"]) == 1


def test_one_that_has_not_begun_can_be_ended(ask: Ask) -> None:
    assert ask.run("staff", "add", "--login", "later", "--role", "leader", "--from", "2099-01-01T00:00") == 0
    (given,) = [one for one in ask.json("staff", "list") if one["login"] == "later"]
    assert given["state"] == "coming"
    assert ask.run("staff", "end", given["id"]) == 0
    (ended,) = [one for one in ask.json("staff", "list") if one["login"] == "later"]
    assert ended["valid_to"] == ended["valid_from"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--role", "care"), "--unit"),
        (("--role", "municipal", "--organisation", "orgnr:2120002338"), "--municipality"),
        (("--role", "king"), "--role"),
        ((*CARE, "--staff-id", "SE-ANNA"), "must not stand in a command line"),
        (("--role", "care", "--unit", "ward 1", "--organisation", "orgnr:2321000198"), "--unit"),
        (("--role", "leader", "--to", "2020-01-01T00:00"), "--to"),
    ],
)
def test_what_is_missing_or_wrong_is_told(ask: Ask, words: tuple[str, ...], told: str) -> None:
    assert ask.run("staff", "add", "--login", "bo", *words) == 2
    assert told in ask.err


@pytest.mark.parametrize("role", ["care", "operator", "auditor", "leader"])
def test_nobody_else_gives_sees_or_ends_capacities(ask: Ask, people: dict[str, Login], role: str) -> None:
    own = people[role]
    assert ask.run("staff", "add", "--login", own.name, "--role", "auditor", by=own) == 4
    assert ask.run("staff", "list", by=own) == 4
    assert ask.run("staff", "end", "00000000", by=own) == 4
    assert "Your role in PostgreSQL may not do or see that" in ask.err


@pytest.mark.parametrize(
    ("role", "purposes"),
    [("care", ["care", "patient-request"]), ("auditor", ["audit"]), ("leader", [])],
)
def test_everybody_is_told_their_own(
    ask: Ask, people: dict[str, Login], role: str, purposes: list[str]
) -> None:
    (found,) = ask.json("staff", "whoami", by=people[role])
    assert (found["login"], found["role"], found["purposes"]) == (people[role].name, role, purposes)
    assert ask.run("staff", "whoami", by=people[role]) == 0
    assert f"reads as {role}" in ask.out


def test_who_runs_the_installation_is_told_so(ask: Ask) -> None:
    assert ask.run("staff", "whoami") == 0
    assert "may act in every role" in ask.out


def test_a_login_that_is_there_is_granted_the_role(ask: Ask, people: dict[str, Login]) -> None:
    name = people["care"].name
    assert ask.run("staff", "add", "--login", name, "--role", "auditor", "--from", "2099-01-01T00:00") == 0
    assert f'GRANT "carechain_auditor" TO "{name}";' in ask.err


def test_what_is_printed_for_an_administrator_works_as_it_stands(module_place: Place, ask: Ask) -> None:
    name = 'o"dd name'
    try:
        assert ask.run("staff", "add", "--login", name, "--role", "leader") == 0
        (statement,) = [line.strip() for line in ask.err.splitlines() if "CREATE ROLE" in line]
        with psycopg.connect(module_place.connections.read_dsn, autocommit=True) as admin:
            admin.execute(statement.encode())
        assert ask.run("staff", "add", "--login", name, "--role", "leader") == 0
        assert "CREATE ROLE" not in ask.err
    finally:
        with psycopg.connect(module_place.connections.read_dsn, autocommit=True) as admin:
            admin.execute('DROP ROLE IF EXISTS "o""dd name"')
