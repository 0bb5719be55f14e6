"""`carechain audit access`, `sample`, `checked`: who looked, what the patient is told of it, and the checking."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from access_asking import Ask
from access_world import BLOCKED_INSIDE, ELSEWHERE, PROTECTED, TOGETHER, Login, furnish, logins
from conftest import Place
from given import WARD

from consumers.audit.access_view import Looked, sample
from infra.keys import load_or_create
from infra.vault import Vault

PERSONNUMMER = "191212121212"
broker = pytest.mark.broker


# -- drawing -------------------------------------------------------------------------------------------------------


def looked(number: int, **said: Any) -> Looked:
    plain: dict[str, Any] = {
        "id": uuid5(PROTECTED, str(number)),
        "at": datetime(2026, 3, 2, tzinfo=UTC),
        "staff": None,
        "role": "care",
        "unit": WARD,
        "organisation": None,
        "purpose": "care",
        "action": "journey show",
        "ground": "relation",
        "emergency": None,
        "lifted": False,
        "patients": 1,
        "blocked": 0,
        "unconsented": 0,
        "verdict": None,
        "checked_at": None,
        "checked_by": None,
    }
    return Looked(**{**plain, **said})


MANY = [
    *(looked(number) for number in range(150)),
    looked(150, emergency="danger-to-life"),
    looked(151, lifted=True),
]


@pytest.mark.parametrize(("share", "drawn"), [(0, 0), (2, 3), (1, 2), (50, 75), (100, 150)])
def test_a_share_is_rounded_up_and_emergencies_come_besides(share: int, drawn: int) -> None:
    why = [reason for _, reason in sample(MANY, Fraction(share, 100), "a")]
    assert (why.count("drawn"), why.count("emergency"), why.count("protection-lifted")) == (drawn, 1, 1)


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    def ids(found: list[Looked], seed: str) -> set[UUID]:
        return {look.id for look, why in sample(found, Fraction(10, 100), seed) if why == "drawn"}

    assert ids(MANY, "march") == ids(MANY[::-1], "march")
    assert ids(MANY, "march") != ids(MANY, "april")


# -- at a terminal -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people(module_place: Place) -> Iterator[dict[str, Login]]:
    """Care staff of ward 1 looked at one of their patients twice, at one with a block in an emergency, and elsewhere."""
    furnish(module_place)
    vault_dsn = module_place.connections.vault_dsn
    with Vault(vault_dsn, load_or_create(module_place.settings.master_key_file)) as vault:
        (known,) = vault.journeys_of([("personnummer", PERSONNUMMER)])
    with psycopg.connect(vault_dsn) as connection:
        connection.execute("INSERT INTO vault.journey (id) VALUES (%s)", (TOGETHER,))
        connection.execute("UPDATE vault.person SET journey = %s WHERE journey = %s", (TOGETHER, known))
    with logins(module_place, ["carechain_care", "carechain_auditor", "carechain_operator"]) as made:
        with made["care"].connect() as connection:
            for journeys, emergency, lift in (
                ([TOGETHER], None, False),
                ([TOGETHER, BLOCKED_INSIDE], None, False),
                ([ELSEWHERE], "danger-to-life", False),
                ([PROTECTED], None, True),
            ):
                connection.execute(
                    "SELECT access.look('care', 'journey show', journeys => %s, emergency => %s, lift => %s)",
                    (journeys, emergency, lift),
                )
                connection.commit()
        yield made


@pytest.fixture
def ask(
    module_place: Place,
    people: dict[str, Login],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    return Ask(module_place, monkeypatch, capsys)


def by_care(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["role"] == "care"]


@broker
def test_of_a_patient_it_is_told_who_looked_when_where_and_why(ask: Ask, people: dict[str, Login]) -> None:
    own = people["auditor"]
    found = by_care(ask.json("audit", "access", "--patient", "-", by=own, stdin=f"{PERSONNUMMER}\n"))
    assert [(one["unit"], one["ground"], one["patients"], one["unconsented"]) for one in found] == [
        (WARD, "relation", 1, 1),
        (WARD, "relation", 1, 1),
    ]
    assert {one["staff"] for one in found} == {str(people["care"].staff)}
    assert found == by_care(ask.json("audit", "access", "--journey", str(TOGETHER), by=own))
    assert ask.run("audit", "access", "--journey", str(TOGETHER), by=own) == 0
    assert "hsa:SE2321000198-WARD1" in ask.out


@broker
def test_that_the_log_was_read_is_logged(module_place: Place, ask: Ask, people: dict[str, Login]) -> None:
    def auditors() -> list[tuple[Any, ...]]:
        with psycopg.connect(module_place.connections.read_dsn) as admin:
            return admin.execute(
                "SELECT l.action, l.purpose, l.staff FROM access.look l JOIN access.entry e ON e.look = l.id"
                " WHERE e.journey = %s AND l.role = 'auditor'",
                (PROTECTED,),
            ).fetchall()

    assert auditors() == []
    ask.json("audit", "access", "--journey", str(PROTECTED), by=people["auditor"])
    assert auditors() == [("audit access", "audit", people["auditor"].staff)]


@broker
def test_the_patient_s_extract_tells_unit_and_time_and_nobody_s_name(
    ask: Ask, people: dict[str, Login]
) -> None:
    words = ("audit", "access", "--patient", "-", "--extract")
    found = by_care(ask.json(*words, by=people["auditor"], stdin=f"{PERSONNUMMER}\n"))
    assert len(found) == 2
    assert set(found[0]) == {"at", "unit", "organisation", "role", "purpose", "action", "emergency"}
    for form in ("table", "csv", "ndjson"):
        assert ask.run(*words, "--output", form, by=people["auditor"], stdin=f"{PERSONNUMMER}\n") == 0
        for login in people.values():
            assert str(login.staff)[:8] not in ask.out
            assert login.name not in ask.out
    assert next(csv.reader(io.StringIO(ask.out.splitlines()[0]))) != []


@broker
def test_of_one_person_all_looks_are_told_by_login_or_reference(ask: Ask, people: dict[str, Login]) -> None:
    own, care = people["auditor"], people["care"]
    found = ask.json("audit", "access", "--user", care.name, by=own)
    assert [one["patients"] for one in found] == [1, 2, 1, 1]
    assert found == ask.json("audit", "access", "--user", str(care.staff), by=own)
    assert ask.json("audit", "access", "--user", care.name, "--to", "2026-01-01", by=own) == []
    assert ask.json("audit", "access", "--user", care.name, "--from", "2026-01-01", by=own) == found
    assert ask.run("audit", "access", "--user", "nobody-like-that", by=own) == 1


@broker
def test_every_emergency_is_listed_until_it_is_checked(ask: Ask, people: dict[str, Login]) -> None:
    own = people["auditor"]
    words = ("audit", "access", "--emergencies", "--unchecked")
    (one,) = ask.json(*words, by=own)
    assert (one["emergency"], one["verdict"]) == ("danger-to-life", None)
    assert ask.run("audit", "checked", one["id"][:8], "--verdict", "ask", by=own) == 0
    assert ask.json(*words, by=own) == []
    (again,) = ask.json("audit", "access", "--emergencies", by=own)
    assert (again["verdict"], again["checked_by"]) == ("ask", str(own.staff))
    assert ask.run("audit", "checked", one["id"], "--verdict", "in-order", by=own) == 0
    assert ask.json("audit", "access", "--emergencies", by=own)[0]["verdict"] == "in-order"


@broker
def test_nobody_checks_their_own_looks(ask: Ask, people: dict[str, Login]) -> None:
    own = people["auditor"]
    ask.json("audit", "access", "--journey", str(TOGETHER), by=own)
    mine = ask.json("audit", "access", "--user", own.name, by=own)
    assert ask.run("audit", "checked", mine[0]["id"], "--verdict", "in-order", by=own) == 4
    assert "Nobody checks what they looked at themselves." in ask.err


@broker
def test_a_sample_is_drawn_and_told_how_to_draw_it_again(ask: Ask, people: dict[str, Login]) -> None:
    words = ("audit", "sample", "--share", "0%", "--seed", "march")
    found = ask.json(*words, by=people["auditor"])
    assert sorted(one["why"] for one in found) == ["emergency", "protection-lifted"]
    assert "--seed march --share 0%" in ask.err
    assert ask.json(*words, "--month", "2025-01", by=people["auditor"]) == []
    assert len(ask.json("audit", "sample", "--share", "100%", by=people["auditor"])) >= 4
    assert ask.run("audit", "sample", by=people["auditor"]) == 0


@broker
@pytest.mark.parametrize("role", ["care", "operator"])
@pytest.mark.parametrize(
    "words",
    [
        ("access", "--journey", str(TOGETHER)),
        ("access", "--emergencies"),
        ("sample",),
        ("checked", "00000000", "--verdict", "in-order"),
    ],
)
def test_only_auditors_read_and_check_the_log(
    ask: Ask, people: dict[str, Login], role: str, words: tuple[str, ...]
) -> None:
    assert ask.run("audit", *words, by=people[role]) == 4


@broker
@pytest.mark.parametrize(
    "words", [("access",), ("access", "--emergencies", "--extract"), ("sample", "--share", "200%")]
)
def test_what_is_missing_or_wrong_is_told(ask: Ask, words: tuple[str, ...]) -> None:
    assert ask.run("audit", *words) == 2


@broker
def test_who_runs_the_installation_audits_too_and_is_logged(ask: Ask) -> None:
    assert by_care(ask.json("audit", "access", "--journey", str(TOGETHER)))
    assert "auditor" in {one["role"] for one in ask.json("audit", "access", "--journey", str(TOGETHER))}
