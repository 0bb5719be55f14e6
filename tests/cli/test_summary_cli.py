"""`carechain summary` at a terminal: what a leader reads, exports and draws."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Place
from region_rows import a_region

from cli import main
from infra.postgres import connect
from infra.settings import Settings
from projections import base

pytestmark = pytest.mark.broker
AS_OF = "2026-04-01T14:00"


@pytest.fixture(scope="module")
def shown(module_place: Place) -> Place:
    rows = a_region()
    with connect(module_place.connections.read_dsn) as connection:
        base.create_schema(connection)
        base.copy_rows(connection, base.SCHEMA, rows, {row.journey: 0 for row in rows})
    return module_place


@pytest.fixture
def terminal(
    shown: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in shown.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main.run(("summary", *arguments, "--as-of", AS_OF))
        out, err = capsys.readouterr()
        return code, out, err

    return run


Run = Callable[..., tuple[int, str, str]]


def test_side_by_side_for_reading(terminal: Run, golden: Callable[[str, str], None]) -> None:
    code, out, err = terminal("--region", "Gävleborg", "--by", "municipality")
    assert code == 0, err
    golden("cli/summary.txt", out)
    assert "rest on fewer than 20 patients and are not told." in err
    assert "Rates per 1 000 by population file scb-2024." in err
    assert "No rate for W-09: scb-2024 does not say." in err


def test_as_data(terminal: Run) -> None:
    _, out, _ = terminal("--municipality", "Gävle", "--measure", "w-06", "--json")
    (line,) = json.loads(out)["data"]
    assert (line["measure"], line["title"], line["count"], line["median"]) == (
        "W-06",
        "Days ready for discharge",
        25,
        2.0,
    )
    _, out, _ = terminal("--by", "municipality", "--measure", "W-06", "--output", "csv")
    lines = {line["municipality"]: line for line in csv.DictReader(io.StringIO(out))}
    assert (lines["2180"]["median"], lines["2181"]["count"], lines["2101"]["count"]) == ("2.0", "21", "")


def test_small_groups_are_told_on_request_only(terminal: Run) -> None:
    _, out, _ = terminal("--municipality", "Ockelbo", "--measure", "W-06", "--json")
    assert json.loads(out)["data"][0]["count"] is None
    _, out, _ = terminal("--municipality", "Ockelbo", "--measure", "W-06", "--json", "--small-groups")
    assert json.loads(out)["data"][0]["count"] == 3


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "March"])
def test_a_month_that_is_none(terminal: Run, month: str) -> None:
    code, _, err = terminal("--month", month)
    assert code == 2
    assert "write the month as 2026-03" in err


def test_a_measure_that_is_none(terminal: Run) -> None:
    code, _, err = terminal("--measure", "W-99")
    assert code == 2
    assert "W-27" in err


def test_the_picture_can_be_read_as_text(terminal: Run, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    code, out, err = terminal("--region", "Gävleborg", "--by", "municipality", "--plot", str(file))
    assert (code, out) == (0, ""), err
    text = " ".join(ElementTree.parse(file).getroot().itertext())
    told = ("Gävle", "Sandviken", "W-06 Days ready for discharge", "Resource-efficient", "Region Gävleborg")
    assert [word for word in (*told, "as of 2026-04-01 14:00") if word not in text] == []
    assert "Ockelbo" not in text


def test_a_png_and_nothing_else(terminal: Run, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    assert terminal("--by", "month", "--plot", str(file))[0] == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    code, _, err = terminal("--plot", str(tmp_path / "picture.pdf"))
    assert code == 2
    assert "must end with .svg or .png" in err
