"""`carechain source`: which profiles and mappings are known, one as its file, and what is wrong in one."""

import json
from pathlib import Path

import pytest

from cli import main
from consumers.intake.tables.mapping import parse_mapping

OURS = 'format = "table"\nbased_on = "bed-flow"\nid = "ours"\nsource = "ours"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARECHAIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CARECHAIN_SOURCES", str(tmp_path / "sources"))
    (tmp_path / "sources").mkdir()
    return tmp_path / "sources"


def test_own_ones_are_listed_before_the_shipped_ones(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flow.toml").write_text(OURS, encoding="utf-8")

    assert main.run(["source", "list", "--json"]) == 0

    rows = json.loads(capsys.readouterr().out)["data"]
    assert rows[0] == {
        "name": "ours",
        "format": "table",
        "from": "flow.toml",
        "version": 1,
        "source": "ours",
        "title": "Bed flow and call-outs: admitted, ready, called out, left",
    }
    assert {row["from"] for row in rows[1:]} == {"the programs"}
    assert "ward-periods" in {row["name"] for row in rows[1:]}


def test_a_wrong_file_is_told_of_beside_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flow.toml").write_text(OURS + "color = 1\n", encoding="utf-8")

    assert main.run(["source", "list"]) == 1

    out, err = capsys.readouterr()
    assert "ward-periods" in out
    assert "error: flow.toml, line 5, color: There is no such key." in err


def test_one_is_shown_as_its_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flow.toml").write_text(OURS, encoding="utf-8")

    assert main.run(["source", "show", "ours"]) == 0
    assert capsys.readouterr().out == OURS
    assert main.run(["source", "show", "patient-register"]) == 0
    assert parse_mapping(capsys.readouterr().out, "shown").id == "patient-register"
    assert main.run(["source", "show", "patient-registry"]) == 1
    assert "hint: Did you mean patient-register?" in capsys.readouterr().err


def test_a_file_is_checked_by_line_and_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, wrong = folder / "good.toml", folder / "wrong.toml"
    good.write_text(OURS, encoding="utf-8")
    wrong.write_text(OURS + 'time_zone = "Mars"\nrows = "many"\n', encoding="utf-8")

    assert main.run(["source", "check", str(good)]) == 0
    assert capsys.readouterr().out == "good.toml: ours holds (table).\n"
    assert main.run(["source", "check", str(good), str(wrong)]) == 1
    assert "wrong.toml, line 6, rows: There is no such choice" in capsys.readouterr().out
    assert main.run(["source", "check", str(folder / "nothing.toml")]) == 2
