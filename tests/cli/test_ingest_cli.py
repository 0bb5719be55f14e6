"""`carechain ingest`: what it prints, its exit codes, and standard input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import Place
from intakes import line, write

from cli import main
from consumers.intake.intake import BATCH, Intake

CARECHAIN = Path(sys.executable).parent / "carechain"
MORNING = "2026-03-02T08:00:00+01:00"


@pytest.fixture
def at_place(module_place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in module_place.env.items():
        monkeypatch.setenv(name, value)
    return module_place


def told(patient: str) -> dict[str, object]:
    return line("patient-admitted", MORNING, patient, message="m1")


@pytest.mark.broker
def test_the_counts_as_a_table_and_what_was_put_aside_beside_it(at_place, tmp_path, capsys):
    file = write(
        tmp_path / "191212121212.ndjson", [told("SIM-TABLE"), told("SIM-TABLE"), {"type": "191212121212"}]
    )

    assert main.run(["ingest", str(file)]) == 1

    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "read  accepted  known  not of use  put aside  dead letters",
        "3     1         1      0           1          1",
        "",
        "put aside because  messages",
        "invalid-field      1",
    ]
    assert "put aside: file 1 (.ndjson), line 3: The field type cannot be read" in err
    assert "Reading messages: 3 in " in err
    assert "191212121212" not in out + err


@pytest.mark.broker
def test_the_counts_as_json(at_place, tmp_path, capsys):
    write(tmp_path / "1.ndjson", [told("SIM-JSON1"), told("SIM-JSON2")])
    (tmp_path / "about.json").write_text('{"who": "Tolvan"}')

    assert main.run(["ingest", str(tmp_path / "1.ndjson"), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main.run(["ingest", str(tmp_path), "--json"]) == 1
    second = json.loads(capsys.readouterr().out)

    assert first == {
        "version": 1,
        "data": {
            "read": 2,
            "accepted": 2,
            "known": 0,
            "not_of_use": 0,
            "put_aside": 0,
            "dead_letters": 0,
            "reasons": {},
        },
    }
    assert second["data"] == {
        "read": 3,
        "accepted": 0,
        "known": 2,
        "not_of_use": 0,
        "put_aside": 1,
        "dead_letters": 1,
        "reasons": {"unknown-format": 1},
    }


@pytest.mark.broker
def test_standard_input_is_read_as_ndjson(module_place, tmp_path):
    text = "\n".join(json.dumps(told(f"SIM-PIPE{number}")) for number in range(3)) + "\nTolvan\n"

    done = subprocess.run(
        [CARECHAIN, "ingest", "-", "--json"],
        input=text,
        env={"PATH": "/usr/bin:/bin", **module_place.env},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, json.loads(done.stdout)["data"]["accepted"]) == (1, 3)
    assert "put aside: line 4: The line is not JSON in UTF-8." in done.stderr
    assert "Tolvan" not in done.stdout + done.stderr


@pytest.mark.broker
def test_of_many_put_aside_the_first_are_named(at_place, tmp_path, capsys):
    write(tmp_path / "1.ndjson", [told("SIM-MANY")] + [{"type": str(number)} for number in range(25)])

    assert main.run(["ingest", str(tmp_path)]) == 1

    err = capsys.readouterr().err
    assert err.count("put aside: ") == 20
    assert "... and 5 more; " in err


@pytest.mark.broker
def test_a_server_lost_half_way_is_exit_3_with_the_counts_of_what_was_saved(
    at_place, tmp_path, capsys, monkeypatch
):
    file = write(tmp_path / "1.ndjson", [told(f"SIM-C{number:04}") for number in range(BATCH + 1)])
    real, left = Intake.submit, [None]

    def submit(*given: Any, **more: Any) -> Any:
        if not left:
            raise psycopg.OperationalError("the connection is lost")
        left.pop()
        return real(*given, **more)

    monkeypatch.setattr(Intake, "submit", submit)

    assert main.run(["ingest", str(file), "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["data"]["accepted"] == json.loads(out)["data"]["read"] == BATCH
    assert "error: The work with PostgreSQL was interrupted." in err
    assert "hint: See `carechain status`" in err


def test_a_dry_run_needs_no_server(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CARECHAIN_HOME", str(tmp_path / "home"))
    file = write(tmp_path / "1.ndjson", [told("SIM-TRIAL"), {"type": "x"}])

    assert main.run(["ingest", str(file), "--dry-run", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["data"]["accepted"] == 1
    assert not (tmp_path / "home").exists()


def test_without_servers_it_is_exit_3_and_without_the_file_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CARECHAIN_HOME", str(tmp_path / "home"))
    file = write(tmp_path / "1.ndjson", [told("SIM-TRIAL")])

    assert main.run(["ingest", str(file)]) == 3
    assert main.run(["ingest", str(tmp_path / "nothing")]) == 2
    assert main.run(["ingest"]) == 2
    assert "hint:" in capsys.readouterr().err


def test_the_help_begins_with_examples(capsys):
    assert main.run(["ingest", "--help"]) == 0
    assert "\n  carechain ingest month/facts.ndjson\n" in capsys.readouterr().out
