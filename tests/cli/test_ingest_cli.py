"""`carechain ingest`: what it prints, its exit codes, and standard input."""

import gzip
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from conftest import Place
from intakes import line, write
from table_rows import table

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
            "unused": [],
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
        "unused": [],
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


WARDS = [
    ["patient", "stay", "ward", "in", "out", "to"],
    ["191212121212", "S1", "A 1", "2026-03-02 08:00", "2026-03-04 10:30", "home"],
    ["191212121213", "S2", "A 1", "2026-03-05", "", ""],
    ["191212121212", "S3", "A 1", "soon", "", ""],
    ["191212121212", "S4", "waiting list", "", "", ""],
]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARECHAIN_HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_dry_run_shows_the_first_rows_as_facts_and_what_will_not_map(at_home, capsys):
    file = table(at_home / "wards.csv", WARDS)

    assert main.run(["ingest", str(file), "--dry-run"]) == 1

    out, err = capsys.readouterr()
    # Spaces only make the columns.
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "from patient fact time unit data",
        "file 1 (.csv), row 2 patient 1 patient-admitted 2026-03-02 08:00 local:ward-periods/A-1 unit",
        "file 1 (.csv), row 2 patient 1 patient-discharged 2026-03-04 10:30 local:ward-periods/A-1 destination",
        "file 1 (.csv), row 3 patient 2 patient-admitted 2026-03-05 local:ward-periods/A-1 unit",
        "file 1 (.csv), row 4 put aside: invalid-time, in",
        "file 1 (.csv), row 5 not of use: ward-periods (waiting-list)",
        "",
        "read accepted known not of use put aside dead letters",
        "4 2 0 1 1 0",
        "",
        "not of use, from kind messages",
        "ward-periods ward-periods (waiting-list) 1",
        "",
        "put aside because where messages",
        "invalid-time in 1",
    ]
    assert "1212" not in out + err
    assert not (at_home / "home").exists()


def test_a_dry_run_shows_as_many_rows_as_wanted_and_json(at_home, capsys):
    file = table(at_home / "wards.csv", WARDS)

    assert main.run(["ingest", str(file), "--dry-run", "--rows", "1", "--json"]) == 1

    data = json.loads(capsys.readouterr().out)["data"]
    assert [row["fact"] for row in data["first"]] == ["patient-admitted", "patient-discharged"]
    assert data["first"][0] == {
        "from": "file 1 (.csv), row 2",
        "patient": "patient 1",
        "fact": "patient-admitted",
        "time": "2026-03-02T08:00:00+01:00",
        "unit": "local:ward-periods/A-1",
        "data": ["unit"],
    }
    assert data["unmapped"] == [{"reason": "invalid-time", "field": "in", "messages": 1}]
    assert data["unused"] == [
        {"source": "ward-periods", "kind": "ward-periods (waiting-list)", "messages": 1}
    ]


def test_a_mapping_by_name_by_file_or_from_the_folder_of_sources(at_home, capsys, monkeypatch):
    file = table(at_home / "wards.csv", WARDS[:2])
    own = at_home / "ours.toml"
    own.write_text(
        'format = "table"\nbased_on = "ward-periods"\nid = "ours"\nsource = "ours"\n', encoding="utf-8"
    )

    def units(*more: str) -> list[str]:
        assert main.run(["ingest", str(file), "--dry-run", "--json", *more]) == 0
        return [row["unit"] for row in json.loads(capsys.readouterr().out)["data"]["first"]]

    assert units("--mapping", "ward-periods") == ["local:ward-periods/A-1"] * 2
    assert units("--mapping", str(own)) == ["local:ours/A-1"] * 2
    monkeypatch.setenv("CARECHAIN_SOURCES", str(at_home))
    assert units() == ["local:ours/A-1"] * 2
    assert units("--mapping", "ward-periods") == ["local:ward-periods/A-1"] * 2

    assert main.run(["ingest", str(file), "--dry-run", "--mapping", "ward-period"]) == 1
    assert "hint: Did you mean ward-periods?" in capsys.readouterr().err
    own.write_text('format = "table"\nbased_on = "ward-periods"\nrows = "many"\n', encoding="utf-8")
    assert main.run(["ingest", str(file), "--dry-run"]) == 1
    assert "ours.toml, line 3, rows: There is no such choice" in capsys.readouterr().err


def test_a_sheet_by_name(at_home, capsys):
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in ("January", "February"):
        sheet = book.create_sheet(name)
        for row in WARDS[:2]:
            sheet.append(row)
    book.save(at_home / "wards.xlsx")

    for more, number in (([], 2), (["--sheet", "February"], 1)):
        assert main.run(["ingest", str(at_home / "wards.xlsx"), "--dry-run", "--json", *more]) == 0
        assert json.loads(capsys.readouterr().out)["data"]["accepted"] == number


@pytest.mark.broker
def test_a_table_is_taken_in_and_what_is_not_of_use_is_counted(at_place, tmp_path, capsys):
    file = table(tmp_path / "wards.csv", WARDS)

    assert main.run(["ingest", str(file)]) == 1

    out, err = capsys.readouterr()
    assert "4     2         0      1           1          1" in out
    assert "ward-periods      ward-periods (waiting-list)  1" in out
    assert "put aside: file 1 (.csv), row 4: This is not a date or a time that the mapping can read." in err
    assert "1212" not in out + err


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


def test_on_a_terminal_progress_is_told_in_bytes(at_home, monkeypatch):
    plain = table(at_home / "a.csv", WARDS)
    packed = at_home / "b.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    total, told = plain.stat().st_size + packed.stat().st_size, []

    @contextmanager
    def bar(title, total=None):
        told.append((title, total))
        yield told.append

    monkeypatch.setattr("cli.ingest_progress.progress", bar)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main.run(["ingest", str(plain), str(packed), "--dry-run", "--json"]) == 1
    (first, *steps) = told
    assert first == ("Reading messages, in bytes", total)
    assert sum(steps) == total
