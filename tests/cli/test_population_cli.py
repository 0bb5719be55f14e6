"""`carechain population`: what holds, as people and programs read it, and adopting a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline

from cli import main
from consumers.projector import read_basis
from infra.settings import Settings

FILE = """\
# id: test-2030
# title: Folkmängd 31 december 2030
# as_of: 2030-12-31
# source: made by hand
code;total;aged_65
0980;61000;16800
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "population-2030.csv"
    made.write_text(FILE, encoding="utf-8")
    return made


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def reached(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place that commands reach by the environment."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return place


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main.run(["population", "show", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.broker
def test_without_anything_adopted_scbs_count_is_shown(
    reached: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shown(capsys, "--region", "Gävleborg")
    assert found["population"]["id"] == "scb-2024"
    assert found["population"]["as_of"] == "2024-12-31"
    assert [line["code"] for line in found["data"]] == [
        *("21", "2101", "2104", "2121", "2132", "2161", "2180", "2181", "2182", "2183", "2184")
    ]
    assert found["data"][0] == {
        "code": "21",
        "name": "Region Gävleborg",
        "total": 284558,
        "aged_65": 72154,
    }
    assert found["data"][6] == {"code": "2180", "name": "Gävle", "total": 103838, "aged_65": None}
    assert len(shown(capsys)["data"]) == 21 + 290

    assert main.run(["population", "show", "--region", "gotland"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "code  name            total  aged 65",
        "09    Region Gotland  60971  16747",
        "0980  Gotland         60971  16747",
    ]
    assert err.startswith("scb-2024: Folkmängd 31 december 2024. SCB, ")


@pytest.mark.broker
def test_an_adopted_file_is_shown_once_it_was_passed_on(
    reached: Place, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["population", "adopt", str(file)]) == 0
    assert capsys.readouterr().err == (
        "Adopted test-2030, the count of 2030-12-31. Lines: 1 of municipalities, 0 of regions;"
        " 1 with those aged 65 or older.\n"
    )
    assert shown(capsys)["population"]["id"] == "scb-2024"
    Pipeline(reached).relay()
    read_basis(reached.connections, reached.topic("reference"))
    found = shown(capsys, "--region", "09")
    assert found["population"]["id"] == "test-2030"
    assert [line["total"] for line in found["data"]] == [61000, 61000]
    assert shown(capsys, "--region", "21")["data"][0]["total"] is None

    assert main.run(["population", "adopt", str(file)]) == 0
    assert capsys.readouterr().err.startswith("Adopted already: test-2030")
    file.write_text(FILE.replace("2030", "2029"), encoding="utf-8")
    assert main.run(["population", "adopt", str(file)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: A newer count has been adopted already: test-2030, of 2030-12-31.",
        "hint: Adopt a file with a count of that day or later.",
    ]


@pytest.mark.broker
def test_who_adopted_is_a_reference_and_no_name(
    reached: Place, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "anna.svensson")
    assert main.run(["population", "adopt", str(file)]) == 0
    pipeline = Pipeline(reached)
    pipeline.relay()
    (record,) = pipeline.topic_records("reference")
    assert b"svensson" not in (record.value or b"")
    with pipeline.intake() as intake:
        assert [json.loads(record.value or b"")["actor"]] == intake.vault.staff_refs(["os:anna.svensson"])


def test_a_dry_run_needs_no_server(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--home", str(tmp_path), "population", "adopt", str(file), "--dry-run"]) == 0
    assert capsys.readouterr().err.endswith("aged 65 or older. Nothing was adopted.\n")


def test_a_wrong_file_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(FILE + "0980;1;\n", encoding="utf-8")
    assert main.run(["population", "adopt", str(file), "--dry-run"]) == 1
    assert "error: Line 7, column code: that code has a line already." in capsys.readouterr().err
    file.write_bytes(FILE.encode("latin-1"))
    assert main.run(["population", "adopt", str(file), "--dry-run"]) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_wrong_usage_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["population", "adopt", str(tmp_path / "nowhere.csv")]) == 2
    assert main.run(["population", "show", "--region", "Gevleborg"]) == 2
    assert "Did you mean Region Gävleborg (21)?" in capsys.readouterr().err


def test_without_servers_it_is_exit_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")
    assert main.run(["--home", str(tmp_path), "population", "show"]) == 3
    assert "127.0.0.1:1" in capsys.readouterr().err
