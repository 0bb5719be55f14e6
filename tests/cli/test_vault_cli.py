"""`carechain vault`: the keys, the backup, and two persons who erase; sentences for all that goes wrong."""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from conftest import NewPlace, Place
from jsonschema import Draft202012Validator
from pipeline import Pipeline, submission

from cli import main, vault_schema
from infra.vault import Vault

pytestmark = pytest.mark.broker

REGION = "orgnr:2321000198"
ANNA, BO = "SIM-0001", "SIM-0002"
THEN, LATELY = datetime(2014, 5, 6, 12, tzinfo=UTC), datetime(2026, 2, 2, 12, tzinfo=UTC)


@dataclass
class Terminal:
    """Runs commands as one person or another."""

    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    journeys: dict[str, UUID]

    def run(self, *words: str, who: str = "first", stdin: str = "", code: int = 0) -> tuple[str, str]:
        self.patch.setenv("LOGNAME", who)
        self.patch.setattr(sys, "stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        got = main.run(["vault", *words])
        out, err = self.capsys.readouterr()
        assert got == code, err
        return out, err

    def data(self, *words: str, **more: Any) -> list[dict[str, Any]]:
        out, _ = self.run(*words, "--json", **more)
        document = json.loads(out)
        Draft202012Validator(vault_schema.body(f"vault-{words[0]}")).validate(document)
        rows: list[dict[str, Any]] = document["data"]
        return rows

    def status(self) -> dict[str, Any]:
        out, _ = self.run("status", "--json")
        document: dict[str, Any] = json.loads(out)
        Draft202012Validator(vault_schema.body("vault-status")).validate(document)
        return document


def fill(place: Place) -> dict[str, UUID]:
    pipeline = Pipeline(place)
    for patient, recorded in ((ANNA, THEN), (BO, LATELY)):
        given = submission(
            "municipal-takeover-proposed",
            f"{recorded.date()}T09:00:00+01:00",
            patient,
            message=f"{patient}-1",
            data={"municipality": "2180", "services": ["home-nursing", "home-help"], "note": "Vill bo hemma"},
        )
        pipeline.submit([given], lambda recorded=recorded: recorded)  # type: ignore[misc]
    pipeline.project()
    return {patient: pipeline.journey("simulated", patient) for patient in (ANNA, BO)}


@pytest.fixture
def terminal(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """At a place of its own."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return Terminal(monkeypatch, capsys, fill(place))


@pytest.fixture(scope="module")
def filled(new_place: NewPlace) -> Iterator[tuple[Place, dict[str, UUID]]]:
    with new_place() as place:
        yield place, fill(place)


@pytest.fixture
def same(
    filled: tuple[Place, dict[str, UUID]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """At one place for all tests that change nothing there."""
    place, journeys = filled
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return Terminal(monkeypatch, capsys, journeys)


def test_due_lists_parts_with_their_days(same: Terminal) -> None:
    rows = same.data("due", "--as-of", "2026-03-02T08:00")
    assert [
        {key: row[key] for key in ("regime", "last_entry", "due_from", "due_by", "late", "held")}
        for row in rows
    ] == [
        {
            "regime": "SoL",
            "last_entry": "2014-05-06",
            "due_from": "2019-05-07",
            "due_by": "2020-12-31",
            "late": True,
            "held": [],
        },
        {
            "regime": "HSL",
            "last_entry": "2014-05-06",
            "due_from": "2024-05-07",
            "due_by": None,
            "late": False,
            "held": [],
        },
    ]
    assert {row["journey"] for row in rows} == {str(same.journeys[ANNA])}
    out, err = same.run("due", "--as-of", "2019-05-06T08:00")
    assert out == ""
    assert err.endswith("Nothing is due.\n")
    out, _ = same.run("due", "--as-of", "2019-05-07T08:00")
    assert "2020-12-31" in out


def test_a_patients_request_is_refused_with_the_reason(same: Terminal) -> None:
    given = (
        "erase",
        "--journey",
        str(same.journeys[BO]),
        "--controller",
        REGION,
        "--ground",
        "patient-request",
    )
    _, err = same.run(*given, "--regime", "HSL", code=1)
    assert "PDL 3:14" in err
    assert "GDPR 17.3" in err
    _, err = same.run(*given, "--regime", "SoL", code=1)
    assert "SoL 16:1" in err


def test_before_its_time_nothing_is_proposed(same: Terminal) -> None:
    given = (
        "erase",
        "--journey",
        str(same.journeys[BO])[:8],
        "--controller",
        REGION,
        "--ground",
        "retention",
    )
    _, err = same.run(*given, "--regime", "SoL", code=1)
    # 2 February 2026 and five years.
    assert "must be kept until 2031-02-02 (SoL 16:1)" in err
    _, err = same.run(*given, "--regime", "hsl", code=1)
    assert "must be kept until 2036-02-02 (PDL 3:17)" in err
    assert same.data("proposals") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--regime", "HSL", "--ground", "retention"), 2, "give either --journey or --patient"),
        (("--regime", "X", "--ground", "retention", "--patient", "-"), 2, "it is HSL or SoL"),
        (("--regime", "HSL", "--ground", "whim", "--patient", "-"), 1, "no ground"),
        (("--regime", "HSL", "--ground", "ivo-decision", "--patient", "-"), 1, "number and date are missing"),
        (
            ("--regime", "HSL", "--ground", "ivo-decision", "--decision", "1", "--decided-on", "soon"),
            2,
            "write it as 2026-03-01",
        ),
        (("--regime", "HSL", "--ground", "retention", "--journey", "zz"), 2, "not a journey's id"),
        (("--regime", "HSL", "--ground", "retention", "--journey", "00000000"), 1, "No journey"),
        (("--regime", "HSL", "--ground", "retention", "--patient", "191212121212"), 2, "patient's number"),
    ],
)
def test_what_is_given_wrong_is_one_sentence(
    same: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    _, err = same.run("erase", "--controller", REGION, *words, stdin="simulated:SIM-0002\n", code=code)
    assert said in err
    assert "191212121212" not in err


def test_two_persons_erase_what_is_due(terminal: Terminal, place: Place) -> None:
    _, err = terminal.run("expire", "--dry-run")
    assert err == "2 would be proposed. Nothing was.\n"
    out, err = terminal.run("expire")
    proposal = out.strip()
    assert f"carechain vault confirm {proposal[:8]}" in err
    (row,) = terminal.data("proposals")
    assert (row["id"], row["state"], row["ground"], row["parts"]) == (proposal, "open", "retention", 2)
    _, err = terminal.run("expire", code=1)
    assert "proposed already" in err

    _, err = terminal.run("confirm", proposal[:8], "--confirm", code=1)
    assert "takes two persons" in err
    _, err = terminal.run("confirm", proposal[:8], who="second", stdin="n\n", code=1)
    assert "Erase 2 parts of records for good?" in err
    out, err = terminal.run("confirm", proposal[:8], "--confirm", who="second")
    assert out == "Erased: 2 parts of records, 0 dead letters.\n"
    assert "Journeys of which nobody can tell any more whose they are: 1." in err

    _, err = terminal.run("confirm", proposal[:8], "--confirm", who="third", code=1)
    assert "was carried out already" in err
    assert terminal.data("proposals") == []
    (row,) = terminal.data("proposals", "--all")
    with Vault(place.connections.vault_dsn, Pipeline(place).key) as vault:
        names = [vault.staff_of(row[name]) for name in ("proposed_by", "confirmed_by")]
    assert names == ["os:first", "os:second"]
    assert (row["state"], {item["regime"] for item in row["items"]}) == ("done", {"HSL", "SoL"})
    assert terminal.data("due") == []
    lines = [json.loads(text) for text in place.settings.erasures_file.read_text().splitlines()]
    assert [(one["regime"], one.get("identity")) for one in lines] == [("HSL", True), ("SoL", True)]


def test_one_part_of_one_patient_by_number(terminal: Terminal) -> None:
    out, _ = terminal.run(
        *("erase", "--patient", "-", "--controller", REGION, "--regime", "HSL", "--ground", "ivo-decision"),
        *("--decision", "3.4.2-7/2026", "--decided-on", "2026-03-01"),
        stdin="simulated:SIM-0002\n",
    )
    _, err = terminal.run("withdraw", out.strip())
    assert err == "Withdrawn.\n"
    _, err = terminal.run("confirm", out.strip(), "--confirm", who="second", code=1)
    assert "was withdrawn" in err


@pytest.mark.slow
def test_a_hold_keeps_it_until_it_is_lifted(terminal: Terminal) -> None:
    part = ("--journey", str(terminal.journeys[ANNA]), "--controller", REGION, "--regime", "SoL")
    terminal.run("hold", *part, "--ground", "adoption")
    assert {row["regime"]: row["held"] for row in terminal.data("due")} == {"SoL": ["adoption"], "HSL": []}
    _, err = terminal.run("erase", *part, "--ground", "retention", code=1)
    assert "It is held (adoption)." in err
    _, err = terminal.run("expire", "--dry-run")
    assert err.startswith("1 would be proposed")
    terminal.run("hold", *part, "--ground", "adoption", "--lift")
    terminal.run("erase", *part, "--ground", "retention")
    _, err = terminal.run("hold", *part[:-1], "HSL", "--ground", "adoption", code=1)
    assert "SoL 16:2" in err


@pytest.mark.slow
def test_another_master_key_step_by_step(terminal: Terminal, place: Place, tmp_path: Path) -> None:
    before = terminal.status()
    (old,) = before["given"]
    # Two patients with a part under either law.
    assert (before["in_use"], before["keys"]) == (old, [{"master_key": old, "keys": 4}])
    out, _ = terminal.run("new-key", str(tmp_path / "new.key"))
    new = out.strip()
    terminal.patch.setenv("CARECHAIN_MASTER_KEY_FILE", str(tmp_path / "new.key"))
    _, err = terminal.run("rotate", code=2)
    assert "master key is not the one" in err
    terminal.patch.setenv("CARECHAIN_MASTER_KEY_PREVIOUS_FILE", str(place.settings.master_key_file))
    assert terminal.status()["given"] == [new, old]
    out, _ = terminal.run("rotate")
    assert out == f"Every key is wrapped by {new}.\n"
    terminal.patch.delenv("CARECHAIN_MASTER_KEY_PREVIOUS_FILE")
    after = terminal.status()
    # And the reference of whoever asked has no key of its own.
    assert (after["in_use"], after["keys"]) == (new, [{"master_key": new, "keys": 4}])
    assert terminal.data("due") != []
    terminal.patch.setenv("CARECHAIN_MASTER_KEY_FILE", str(place.settings.master_key_file))
    _, err = terminal.run("expire", code=2)
    assert "master key is not the one" in err


def test_backup_and_restore(terminal: Terminal, place: Place, tmp_path: Path) -> None:
    file = str(tmp_path / "vault")
    out, _ = terminal.run("backup", file)
    assert out.startswith("Written: ")
    _, err = terminal.run("backup", file, code=2)
    assert "There is a file" in err
    _, err = terminal.run("restore", file, code=1)
    assert "The list of erasures is not there" in err
    _, err = terminal.run("restore", file, "--nothing-erased", code=1)
    assert "The vault is not empty" in err
    _, err = terminal.run("restore", file, "--nothing-erased", "--replace", "0000", code=1)
    assert "not the name of the key" in err
    proposal = terminal.run("expire")[0].strip()
    terminal.run("confirm", proposal, "--confirm", who="second")
    (name,) = terminal.status()["given"]
    _, err = terminal.run("restore", file, "--replace", name)
    assert terminal.status()["erasures_not_applied"] == 0
    assert terminal.run("apply-erasures")[0] == "Erasures applied: 2.\n"
    assert terminal.data("due") == []
    (row,) = terminal.data("proposals", "--all")
    assert row["state"] == "done"
    with Vault(place.connections.vault_dsn, Pipeline(place).key) as vault:
        assert vault.find_journey("simulated", ANNA) is None
        assert vault.find_journey("simulated", BO) == terminal.journeys[BO]
    place.settings.erasures_file.write_text("{}\n")
    _, err = terminal.run("restore", file, "--replace", name, code=1)
    assert "not as it was written" in err


def test_without_the_master_key_nothing_is_made(same: Terminal, tmp_path: Path) -> None:
    same.patch.setenv("CARECHAIN_MASTER_KEY_FILE", str(tmp_path / "none"))
    _, err = same.run("rotate", code=4)
    assert "Only who holds the master key" in err
    assert not (tmp_path / "none").exists()
