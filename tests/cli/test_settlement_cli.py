"""`carechain settlement`: freezing a month and listing those frozen, for people and programs."""

import json
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from cli import main
from infra.settings import Settings

FREEZE = ("settlement", "freeze", "--municipality", "Gävle", "--month", "2026-03")


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def march(place: Place, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """One stay of Gävle's with a notice on 3 March and a discharge on 6 March; commands reach the place."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    pipeline = Pipeline(place)
    told: list[tuple[str, str, dict[str, Any]]] = [
        (
            "patient-admitted",
            "2026-03-01T08:00:00+01:00",
            {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"},
        ),
        (
            "discharge-ready-notified",
            "2026-03-03T09:00:00+01:00",
            {"recipients": [{"role": "municipal-health", "municipality": "2180"}]},
        ),
        ("patient-discharged", "2026-03-06T10:00:00+01:00", {"destination": "home"}),
    ]
    pipeline.submit([submission(kind, time, message=kind, data=data) for kind, time, data in told])
    pipeline.project()
    return pipeline


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main.run(["settlement", "list", *arguments, "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["data"]
    return rows


@pytest.mark.broker
def test_a_month_is_looked_at_frozen_and_listed(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*FREEZE, "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert err == "Nothing was frozen.\n"
    head, line = (row.split() for row in out.splitlines())
    assert head[:4] == ["municipality", "name", "month", "discharged"]
    assert line[:9] == ["2180", "Gävle", "2026-03", "1", "3.0", "3.0", "1", "3.0", "statute@1"]
    assert listed(capsys) == []

    assert main.run([*FREEZE, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "Frozen. Corrections that come later change nothing in it.\n"
    (made,) = json.loads(out)["data"]
    assert (made["municipality"], made["month"], made["days"], made["mean_skr"]) == (
        "2180",
        "2026-03",
        3.0,
        3.0,
    )

    (row,) = listed(capsys)
    assert row["as_of"] == made["as_of"]
    assert listed(capsys, "--municipality", "Sandviken") == []
    assert len(listed(capsys, "--municipality", "Gävle")) == 1

    assert main.run(FREEZE) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: 2026-03 is frozen already for Gävle.",
        "hint: `carechain settlement list` shows its figures.",
    ]


@pytest.mark.broker
def test_who_froze_it_is_a_reference_and_no_name(
    march: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "anna.svensson")
    assert main.run(FREEZE) == 0
    (row,) = listed(capsys)
    with march.intake() as intake:
        assert [row["actor"]] == intake.vault.staff_refs(["os:anna.svensson"])


@pytest.mark.broker
def test_a_month_that_runs_is_refused(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["settlement", "freeze", "--municipality", "2180", "--month", "2999-01"]) == 1
    assert "2999-01 is not over yet" in capsys.readouterr().err
    assert listed(capsys) == []


@pytest.mark.parametrize(
    ("municipality", "month", "said"),
    [
        (
            "Gävel",
            "2026-03",
            "--municipality: No municipality has that name or code. Did you mean Gävle (2180)?",
        ),
        ("2180", "mars", "--month: This is not a calendar month. Write it as 2026-03."),
    ],
)
def test_wrong_usage_names_the_option(
    capsys: pytest.CaptureFixture[str], municipality: str, month: str, said: str
) -> None:
    assert main.run(["settlement", "freeze", "--municipality", municipality, "--month", month]) == 2
    assert said in capsys.readouterr().err
    assert main.run(["settlement", "freeze", "--month", month]) == 2


def test_without_servers_it_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")
    assert main.run(["--home", str(tmp_path), "settlement", "list"]) == 3
    assert "127.0.0.1:1" in capsys.readouterr().err
