"""`carechain settlement`: showing, disputing, freezing and invoicing months, for people and programs."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline
from settled_month import NOW, a_march, stay

from cli import main
from infra.settings import Settings

OF_MARCH = ("--municipality", "Gävle", "--month", "2026-03")
FREEZE = ("settlement", "freeze", *OF_MARCH)


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def march(place: Place, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Gävle's March has three days and none; commands reach the place."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return a_march(place)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    capsys.readouterr()
    code = main.run(["settlement", *arguments])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out, err


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(capsys, *arguments, "--json")[0])["data"]
    return rows


def invoiced(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    out, _ = run(capsys, "invoice", *arguments)
    return list(csv.DictReader(io.StringIO(out)))


def states(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["name"], row["month"], row["state"]) for row in rows]


@pytest.mark.broker
def test_a_month_is_looked_at_frozen_and_listed(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert states(asked(capsys, "list"))[:2] == [
        ("Gävle", "2026-03", "can be frozen"),
        ("Sandviken", "2026-03", "can be frozen"),
    ]
    out, err = run(capsys, "freeze", *OF_MARCH, "--dry-run")
    assert err == "Nothing was frozen.\n"
    head, line, _ = (row.split() for row in out.splitlines())
    assert head[:5] == ["reckoned", "stays", "days", "mean", "threshold"]
    assert line == ["mean,", "own@1", "2", "3", "1.5", "1", "1", "6000", "6000"]
    assert "frozen" not in {row["state"] for row in asked(capsys, "list")}

    (made,) = asked(capsys, "freeze", *OF_MARCH)
    assert (made["municipality"], made["days"], made["mean_skr"]) == ("2180", 3.0, 3.0)
    (mean,) = made["means"]
    assert (mean["agreement"], mean["threshold"], mean["billable"], mean["amount"]) == ("own@1", 1, 1, 6000)

    row = asked(capsys, "list")[0]
    assert (row["state"], row["as_of"], row["disputes"]) == ("frozen", made["as_of"], 0)
    assert asked(capsys, "list", "--municipality", "Ockelbo") == []
    assert states(asked(capsys, "list", "--municipality", "Gävle"))[0] == ("Gävle", "2026-03", "frozen")
    assert "own@1" in run(capsys, "list")[0]

    assert main.run(FREEZE) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: 2026-03 is frozen already for Gävle.",
        "hint: `carechain settlement show --municipality Gävle --month 2026-03` shows its figures.",
    ]


@pytest.mark.broker
def test_a_provisional_month(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "show", *OF_MARCH, "--cases")
    assert out.splitlines()[0] == (
        "Gävle, 2026-03: provisional, under own@1; can be frozen from 2026-04-10; to be disputed until 2026-04-08"
    )
    mean = next(line.split() for line in out.splitlines() if line.startswith("mean, own@1"))
    assert mean == ["mean,", "own@1", "2", "3", "1.5", "1", "1", "6000", "6000"]
    assert out.count("in the mean") == 2
    (found,) = asked(capsys, "show", *OF_MARCH)
    assert (found["state"], found["frozen"], found["changed"], found["traced"]) == (
        "provisional",
        None,
        [],
        None,
    )
    assert "cases" not in found
    assert found["now"]["all"]["discharged"] == 2


@pytest.mark.broker
def test_what_comes_after_the_freeze_is_shown_beside_it(
    march: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "freeze", *OF_MARCH)
    out, _ = run(capsys, "show", *OF_MARCH)
    assert ": frozen " in out.splitlines()[0]
    assert out.splitlines()[-1] == "Nothing has changed since the freeze."

    (before,) = asked(capsys, "show", *OF_MARCH)
    at = before["frozen"]["at"]
    stay(march, "SIM-0005", "2180", "2026-03-04", "2026-03-05", recorded=march_later(at))
    march.project()
    out, _ = run(capsys, "show", *OF_MARCH, "--cases")
    frozen, since = out.split("Changed since the freeze")
    means = [
        next(x for x in part.splitlines() if x.startswith("mean, own@1")).split() for part in (frozen, since)
    ]
    assert [mean[2:4] for mean in means] == [["2", "3"], ["3", "4"]]
    assert "appeared" in since
    (found,) = asked(capsys, "show", *OF_MARCH, "--cases")
    assert found["frozen"] == before["frozen"]
    assert found["now"]["all"]["days"] == 4
    assert [(one["what"], one["before"], one["after"]["days"]) for one in found["changed"]] == [
        ("appeared", None, 1)
    ]
    assert [case["days"] for case in found["cases"]] == [3, 0]
    assert [row["days"] for row in invoiced(capsys, *OF_MARCH)] == ["3", "0", "3", "0", ""]

    (then,) = asked(capsys, "show", *OF_MARCH, "--known-at", at)
    assert (then["state"], then["changed"], then["now"]["all"]["days"]) == ("frozen", [], 3)
    (earlier,) = asked(capsys, "show", *OF_MARCH, "--known-at", (NOW - timedelta(days=1)).isoformat())
    assert (earlier["state"], earlier["now"]["all"]["days"]) == ("provisional", 3)


def march_later(at: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(at) + timedelta(milliseconds=1)


@pytest.mark.broker
def test_the_municipalities_of_a_region_in_one_table(
    march: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "dispute", *OF_MARCH, "--ground", "other")
    out, err = run(capsys, "show", "--region", "Gävleborg", "--month", "2026-03")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert lines["Gävle"] == ["open", "2", "3", "1.5", "1", "1", "6000", "1", "mean,", "own@1"]
    assert lines["Sandviken"] == ["open", "1", "2", "2", "none", "singly"]
    assert lines["Ockelbo"][-2:] == ["no", "cases"]
    assert err.splitlines()[-1] == "No amount: The amount per day is not confirmed for 2026."
    assert len(lines) == 11
    documents = asked(capsys, "show", "--region", "21", "--month", "2026-03")
    assert [one["name"] for one in documents if one["now"]["all"]["discharged"]] == ["Gävle", "Sandviken"]
    out, _ = run(capsys, "show", "--region", "21", "--month", "2026-03", "--output", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["name"] == "Gävle"]
    assert [(row["reckoned"], row["figures"], row["days"]) for row in rows] == [
        ("mean", "now", "3"),
        ("all", "now", "3.0"),
    ]


@pytest.mark.broker
def test_the_basis_of_an_invoice(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """Gävle: 3 + 0 days of 2, threshold 1, one day at 6 000. Sandviken: notice on the 3rd, paid from the 6th to the 8th."""
    rows = invoiced(capsys, *OF_MARCH)
    assert [row["line"] for row in rows] == ["case", "case", "total-mean", "total-singly", "total"]
    long, short, mean, _, total = rows
    assert (long["notified"], long["ended"], long["started"], long["days"], long["counted"]) == (
        *("2026-03-03", "2026-03-06", "", "3"),
        "in-mean",
    )
    assert (short["days"], short["amount"], short["state"]) == ("0", "", "provisional")
    assert (mean["mean"], mean["threshold"], mean["days_to_pay"], mean["sek_per_day"], mean["amount"]) == (
        *("1.5", "1", "1", "6000"),
        "6000",
    )
    assert (total["days_to_pay"], total["amount"]) == ("1", "6000")
    single, all_single, whole = invoiced(capsys, "--municipality", "Sandviken", "--month", "2026-03")
    assert (single["notified"], single["started"], single["ended"], single["days"]) == (
        *("2026-03-03", "2026-03-06", "2026-03-08"),
        "2",
    )
    unknown = "The amount per day is not confirmed for 2026."
    assert {(row["amount"], row["amount_missing"]) for row in (single, all_single, whole)} == {("", unknown)}


@pytest.mark.broker
def test_a_dispute_of_a_case(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    cases = asked(capsys, "show", *OF_MARCH, "--cases")[0]["cases"]
    stay_id = cases[0]["stay"]
    given = ("dispute", *OF_MARCH, "--ground", "wrong-time", "--stay", stay_id[:8])
    assert main.run(["settlement", *given]) == 1
    assert "hint: Give --controller orgnr:NUMBER" in capsys.readouterr().err
    out, err = run(capsys, *given, "--unit", "SE2120002338-SOC1")
    assert out == "Recorded: 1 case of 2026-03 disputed, wrong-time.\n"
    assert "on record as late" in err
    out, _ = run(capsys, *given, "--unit", "SE2120002338-SOC1")
    assert out.startswith("Already known")
    (known,) = asked(capsys, *given, "--unit", "SE2120002338-SOC1")
    assert (known["state"], known["stays"], known["late"]) == ("known", [stay_id], ["after-the-agreed-day"])
    out, _ = run(capsys, "show", *OF_MARCH)
    assert "late: after the agreed day" in out
    assert asked(capsys, "show", *OF_MARCH)[0]["disputes"][0]["stays"] == [stay_id]
    assert asked(capsys, "list", "--municipality", "Gävle")[0]["disputes"] == 1
    assert main.run(["settlement", *given[:-1], "ffff0000"]) == 1
    assert "No case begins like that in 2026-03" in capsys.readouterr().err


@pytest.mark.broker
def test_who_froze_it_is_a_reference_and_no_name(
    march: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "anna.svensson")
    assert main.run(FREEZE) == 0
    row = asked(capsys, "list")[0]
    with march.intake() as intake:
        assert [row["actor"]] == intake.vault.staff_refs(["os:anna.svensson"])


@pytest.mark.broker
def test_a_month_that_runs_is_refused(march: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["settlement", "freeze", "--municipality", "2180", "--month", "2999-01"]) == 1
    assert "2999-01 is not over yet" in capsys.readouterr().err
    assert main.run(["settlement", "dispute", *OF_MARCH[:3], "2999-01", "--ground", "other"]) == 1
    assert "2999-01 has not begun yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("freeze", "--municipality", "Gävel", "--month", "2026-03"),
            "--municipality: No municipality has that name or code. Did you mean Gävle (2180)?",
        ),
        (
            ("freeze", "--municipality", "2180", "--month", "mars"),
            "--month: This is not a calendar month. Write it as 2026-03.",
        ),
        (("show", "--month", "2026-03"), "give either --municipality or --region."),
        (("show", *OF_MARCH, "--region", "21"), "give either --municipality or --region."),
        (("dispute", *OF_MARCH, "--ground", "dislike"), "write one of not-notified, wrong-time"),
    ],
)
def test_wrong_usage_names_the_option(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert main.run(["settlement", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_what_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["settlement", "freeze", "--month", "2026-03"]) == 2
    assert "--municipality" in capsys.readouterr().err


def test_without_servers_it_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")
    assert main.run(["--home", str(tmp_path), "settlement", "list"]) == 3
    assert "127.0.0.1:1" in capsys.readouterr().err
