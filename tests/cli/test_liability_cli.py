"""`carechain liability` and `carechain responsible --notion payment` at a terminal, on the real server."""

import json
from typing import Any

import pytest
from conftest import Place
from given import JOURNEY, given
from liable import ADMITTED, JUDGED, told
from ward import discharged, told_ready

from cli import main
from consumers.journal import Journal
from infra.postgres import connect
from infra.settings import Settings
from projections import base

pytestmark = pytest.mark.broker


@pytest.fixture
def shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Settings, "flags", {})
    with connect(place.connections.read_dsn) as connection:
        base.create_schema(connection)
        rows = told(discharged("2026-03-07T10:00")).all_rows()
        base.write(connection, base.SCHEMA, {JOURNEY: rows}, {JOURNEY: 4})
        Journal(connection).concluded([(JOURNEY, 4, 1, JOURNEY)], "basis")
    return place


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main.run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)["data"]


@pytest.mark.usefixtures("shown")
def test_liability(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "liability", "--municipality", "Gävle")
    assert code == 0
    assert "Gävle" in out
    assert "2026-03-05" in out
    assert "2 days" in out
    assert "The amount per day is not confirmed for 2026." in out
    (line,) = asked(capsys, "liability", "--journey", str(JOURNEY))
    assert (line["state"], line["value"], line["value_unit"]) == ("ended", 2, "dates")
    assert (line["start_date"], line["liable_from"]) == ("2026-03-05", "2026-03-05T00:00:00+01:00")


@pytest.mark.usefixtures("shown")
def test_only_the_open_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "liability", "--open") == []
    (line,) = asked(capsys, "liability", "--open", "--as-of", "2026-03-06T10:00")
    assert line["state"] == "liable"
    assert run(capsys, "liability", "--open", "--check")[0] == 0
    assert run(capsys, "liability", "--check")[0] == 1


@pytest.mark.usefixtures("shown")
def test_who_pays(capsys: pytest.CaptureFixture[str]) -> None:
    pay = ("responsible", "--notion", "payment", "--as-of")
    assert [line["party"] for line in asked(capsys, *pay, "2026-03-06T10:00")] == ["municipality:2180"]
    _, out, _ = run(capsys, *pay, "2026-03-04T10:00")
    assert "Region Gävleborg" in out
    assert "payment: waiting days" in out
    assert asked(capsys, *pay, "2026-03-07T10:00") == []


def test_why_it_is_not_the_municipality(shown: Place, capsys: pytest.CaptureFixture[str]) -> None:
    rows = given(ADMITTED, JUDGED, told_ready("2026-03-02T10:00")).all_rows()
    with connect(shown.connections.read_dsn) as connection:
        base.write(connection, base.SCHEMA, {JOURNEY: rows}, {JOURNEY: 4})
    _, out, _ = run(capsys, "liability", "--as-of", "2026-03-06T10:00")
    assert "not liable" in out
    assert "admission-notice" in out
