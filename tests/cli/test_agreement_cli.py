"""`carechain agreement` and `register`, and what `projection status` says after them, as people and programs read it."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from cli import main
from consumers.projector import read_basis
from infra.settings import Settings

OURS = """\
id = "gavle"
version = 1
title = "Gävle och regionen"
regions = ["Gävleborg"]
municipalities = ["Gävle"]
valid_from = 2026-01-01

[limits]
takeover_answer_hours = { value = 12, source = "protokoll" }
acknowledgement_hours = { unconfirmed = 4, source = "hearsay" }
"""
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No servers are up."""
    monkeypatch.setenv("CARECHAIN_HOME", str(tmp_path))
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")


@pytest.fixture
def reached(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place that commands reach by the environment."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return place


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    made = tmp_path / "ours.toml"
    made.write_text(OURS, encoding="utf-8")
    return made


class Shell:
    """Runs commands and keeps what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out, self.err = "", ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main.run(arguments)
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *arguments: str, code: int = 0) -> Any:
        assert self.run(*arguments, "--json") == code
        return json.loads(self.out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def passed_on(place: Place) -> None:
    Pipeline(place).relay()
    read_basis(place.connections, place.topic("reference"))


# -- check, show and diff need no server -----------------------------------------------------------------------------


@pytest.mark.usefixtures("nowhere")
def test_check_tells_everything_that_is_wrong_and_exits_1(shell: Shell, ours: Path) -> None:
    ours.write_text(
        OURS.replace("= 12", "= -1").replace("Gävle och", "G").replace("version = 1", "version = 0")
    )
    assert shell.run("agreement", "check", str(ours)) == 1
    assert shell.out.splitlines() == [
        "ours.toml",
        "  line 2, version: The number is too small. It is 1 or more.",
        "  line 9, limits.takeover_answer_hours: The number is too small. It is 0 or more.",
    ]
    assert shell.err == "1 file: 2 things are wrong; no values are unconfirmed.\n"
    rows = shell.json("agreement", "check", str(ours), code=1)["data"]
    assert [(row["file"], row["line"], row["key"], row["kind"]) for row in rows] == [
        ("ours.toml", 2, "version", "error"),
        ("ours.toml", 9, "limits.takeover_answer_hours", "error"),
    ]


@pytest.mark.usefixtures("nowhere")
def test_check_lists_what_is_unconfirmed_and_what_holds_instead(shell: Shell, ours: Path) -> None:
    assert shell.run("agreement", "check", str(ours)) == 1
    assert shell.out.splitlines() == [
        "ours.toml  gavle@1",
        "line  unconfirmed                   holds                  said",
        "10    limits.acknowledgement_hours  the statute: no limit  said to be 4 (hearsay)",
    ]
    assert shell.err == "1 file: nothing is wrong; 1 value is unconfirmed.\n"
    (row,) = shell.json("agreement", "check", str(ours), code=1)["data"]
    assert (row["kind"], row["line"], row["candidate"], row["source"], row["holds"], row["by"]) == (
        "unconfirmed",
        10,
        4,
        "hearsay",
        "no limit",
        "statute@1",
    )


@pytest.mark.usefixtures("nowhere")
def test_check_without_arguments_takes_every_file_that_ships(shell: Shell) -> None:
    rows = shell.json("agreement", "check", code=1)["data"]
    assert {row["kind"] for row in rows} == {"unconfirmed"}
    assert {row["agreement"] for row in rows} == {
        *("blekinge@1", "gavleborg@1", "halland@1", "jamtland-harjedalen@1", "jonkoping@1", "jonkoping@2"),
        *("skane@1", "stockholm@1", "vastra-gotaland@1", "vastra-gotaland@2"),
    }
    candidates = [(r["agreement"], r["key"], r["candidate"]) for r in rows if r["candidate"] is not None]
    assert candidates == [
        ("skane@1", "payment.threshold_days", 3.0),
        ("skane@1", "payment.day_type", "calendar"),
        ("skane@1", "limits.planning_input_hours", 24),
        ("stockholm@1", "care_forms", ["somatic"]),
        ("vastra-gotaland@2", "limits.follow_up_from_hours", 48),
        ("vastra-gotaland@2", "limits.follow_up_within_hours", 72),
    ]


@pytest.mark.usefixtures("nowhere")
def test_a_file_with_nothing_open_exits_0(shell: Shell, ours: Path) -> None:
    ours.write_text(OURS.rpartition("acknowledgement_hours")[0], encoding="utf-8")
    assert shell.run("agreement", "check", str(ours)) == 0
    assert shell.out.splitlines() == ["ours.toml  gavle@1", "  everything is confirmed"]


@pytest.mark.usefixtures("nowhere")
def test_show_says_of_each_value_from_where_it_is(shell: Shell, ours: Path) -> None:
    assert shell.run("agreement", "show", str(ours)) == 0
    lines = [" ".join(line.split()) for line in shell.out.splitlines()]
    assert lines[:4] == [
        "gavle@1 Gävle och regionen",
        "Parties: Region Gävleborg with Gävle",
        "Valid: from 2026-01-01",
        "Care forms: all",
    ]
    assert "takeover_answer_hours 12 the agreement protokoll" in lines
    assert "acknowledgement_hours no limit statute: unconfirmed said to be 4 (hearsay)" in lines
    assert "free_days 3 statute: the agreement is silent" in lines

    found = shell.json("agreement", "show", "jonkoping")
    assert found["agreement"]["version"] == 2
    rows = {row["key"]: row for row in found["data"]}
    assert len(rows) == 32
    model = rows["payment.model"]
    assert (model["value"], model["origin"], model["because"], model["unused"]) == (
        "individual",
        "statute",
        "threshold_days is not confirmed",
        "monthly-average-with-individual-cap",
    )


@pytest.mark.usefixtures("nowhere")
def test_diff_says_by_key_what_each_says(shell: Shell, ours: Path) -> None:
    rows = shell.json("agreement", "diff", "vastra-gotaland@1", "vastra-gotaland@2")["data"]
    found = {row["key"]: (row["a"], row["b"]) for row in rows}
    assert found["valid_to"] == ("2018-09-24", "-")
    assert found["payment.model"] == ("unconfirmed", "monthly-average")
    assert found["payment.amounts"] == ("4277 SEK from 2018-01-01 until 2018-09-24", "-")
    assert found["limits.follow_up_from_hours"] == ("-", "unconfirmed, said to be 48")
    assert "payment.threshold_days" not in found
    own = shell.json("agreement", "diff", "statute", str(ours))["data"]
    assert [row["key"] for row in own if "." in row["key"]] == [
        "limits.takeover_answer_hours",
        "limits.acknowledgement_hours",
    ]
    assert shell.run("agreement", "diff", str(ours), str(ours)) == 0
    assert (shell.out, shell.err) == ("", "They say the same.\n")


@pytest.mark.usefixtures("nowhere")
def test_a_dry_run_adopts_nothing(shell: Shell, ours: Path) -> None:
    assert shell.run("agreement", "adopt", str(ours), "--dry-run") == 0
    assert shell.err == (
        "gavle@1: Region Gävleborg with Gävle, from 2026-01-01. 1 of its values is unconfirmed and falls back"
        " (`carechain agreement check` lists it). Nothing was adopted.\n"
    )
    assert shell.run("agreement", "adopt", "vastra-gotaland", "--dry-run") == 0
    assert [line.split(":")[0] for line in shell.err.splitlines()] == [
        "vastra-gotaland@1",
        "vastra-gotaland@2",
    ]


@pytest.mark.usefixtures("nowhere")
def test_what_is_not_known_or_cannot_be_read_is_refused(shell: Shell, ours: Path, tmp_path: Path) -> None:
    assert shell.run("agreement", "show", "gavlborg") == 1
    assert shell.err.splitlines()[-1] == "hint: Did you mean gavleborg?"
    assert shell.run("agreement", "adopt", str(tmp_path / "none.toml"), "--dry-run") == 1
    ours.write_text("id = 3\n", encoding="utf-8")
    assert shell.run("agreement", "adopt", str(ours), "--dry-run") == 1
    assert "error: ours.toml, line 1, " in shell.err
    assert shell.run("agreement", "which", "--municipality", "Gävla") == 2
    assert shell.run("agreement", "which", "--municipality", "Gävle", "--care-form", "dental") == 2
    assert shell.run("agreement", "which", "--municipality", "Gävle", "--date", "soon") == 2
    assert shell.run("agreement", "which", "--municipality", "Gävle") == 3
    assert shell.run("agreement", "list") == 3


# -- with servers ----------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_which_says_what_holds_and_why(reached: Place, shell: Shell, ours: Path) -> None:
    asked = ("agreement", "which", "--municipality", "Gävle", "--date", "2026-03-02")
    assert shell.run(*asked) == 0
    assert shell.out.splitlines()[:4] == [
        "Gävle in Region Gävleborg's care, any form, on 2026-03-02:",
        "statute@1  Lag (2017:612), där inget annat är överenskommet",
        "No adopted agreement binds these parties on that day, so the statute holds.",
        "gavleborg@1 is shipped for them and not adopted: `carechain agreement adopt gavleborg`.",
    ]
    assert shell.run("agreement", "adopt", str(ours)) == 0
    assert shell.run("agreement", "adopt", "gavleborg") == 0
    assert shell.err.splitlines()[-1].startswith(
        "All journeys are concluded anew once `carechain run` has passed"
    )
    assert shell.run(*asked) == 0
    assert shell.out.splitlines()[1].startswith("statute@1")
    assert "2 adoptions are on record and not passed on yet" in shell.err

    passed_on(reached)
    assert shell.run(*asked) == 0
    assert shell.out.splitlines()[:4] == [
        "Gävle in Region Gävleborg's care, any form, on 2026-03-02:",
        "gavle@1  Gävle och regionen",
        "Of those that bind them it comes first: it names the municipality and the region, and is valid since"
        " 2026-01-01.",
        "Not gavleborg@1: it names the region, which is less specific.",
    ]
    found = shell.json(*asked)
    assert (found["agreement"], found["asked"]["region"]) == ("gavle@1", "21")
    assert found["passed_over"] == [
        {"agreement": "gavleborg@1", "why": "it names the region, which is less specific"}
    ]
    hours = next(row for row in found["data"] if row["key"] == "limits.takeover_answer_hours")
    assert (hours["value"], hours["by"], hours["source"]) == (12, "gavle@1", "protokoll")

    before = shell.json("agreement", "which", "--municipality", "Gävle", "--date", "2025-12-31")
    assert before["agreement"] == "gavleborg@1"
    assert before["passed_over"] == [{"agreement": "gavle@1", "why": "it holds from 2026-01-01"}]
    then = shell.json(*asked, "--known-at", "2026-03-01T08:00")
    assert (then["agreement"], then["passed_over"]) == ("statute@1", [])
    abroad = shell.json("agreement", "which", "--municipality", "Gävle", "--region", "Dalarna")
    assert abroad["agreement"] == "statute@1"


@pytest.mark.broker
def test_list_says_in_which_state_each_is(reached: Place, shell: Shell, ours: Path) -> None:
    states = {row["agreement"]: row["state"] for row in shell.json("agreement", "list")["data"]}
    assert set(states.values()) == {"not adopted"}
    later = ours.with_name("later.toml")
    later.write_text(OURS.replace("2026-01-01", "2999-01-01").replace("version = 1", "version = 2"))
    for meant in (str(ours), str(later), "vastra-gotaland@1", "blekinge"):
        assert shell.run("agreement", "adopt", meant) == 0
    assert shell.run("agreement", "withdraw", "blekinge", "--reason", "too early", "--dry-run") == 0
    assert shell.err == "blekinge@1 would be withdrawn. Nothing was withdrawn.\n"
    assert shell.run("agreement", "withdraw", "blekinge", "--reason", "too early") == 0
    assert shell.run("agreement", "withdraw", "blekinge", "--reason", "too early") == 1

    rows = {row["agreement"]: row for row in shell.json("agreement", "list")["data"]}
    assert {name: row["state"] for name, row in rows.items() if row["adopted_at"]} == {
        "blekinge@1": "withdrawn",
        "gavle@1": "in force",
        "gavle@2": "later",
        "vastra-gotaland@1": "ended",
    }
    assert rows["blekinge@1"]["reason"] == "too early"
    assert rows["stockholm@1"]["state"] == "not adopted"
    assert rows["gavle@1"]["adopted_by"] == rows["gavle@2"]["adopted_by"]
    past = shell.json("agreement", "list", "--known-at", "2026-03-01T08:00")["data"]
    assert {row["state"] for row in past} == {"not adopted"}

    assert shell.run("agreement", "list") == 0
    (line,) = [line for line in shell.out.splitlines() if line.startswith("gavle@1")]
    assert line.split("  ", 1)[1].strip().startswith("in force")
    assert "Region Gävleborg with Gävle; from 2026-01-01; no payment model; adopted 20" in line


@pytest.mark.broker
def test_adopting_again_changes_nothing_and_another_content_is_refused(
    reached: Place, shell: Shell, ours: Path
) -> None:
    assert shell.run("agreement", "adopt", str(ours)) == 0
    assert shell.err.startswith("Adopted gavle@1: ")
    assert shell.run("agreement", "adopt", str(ours)) == 0
    assert shell.err.startswith("Adopted already: gavle@1: ")
    ours.write_text(OURS.replace("= 12", "= 13"), encoding="utf-8")
    assert shell.run("agreement", "adopt", str(ours)) == 1
    assert "says something else." in shell.err
    assert "hint: Raise the version" in shell.err
    assert shell.json("agreement", "diff", "gavle", str(ours))["data"] == [
        {"key": "limits.takeover_answer_hours", "a": "12", "b": "13"}
    ]


@pytest.mark.broker
def test_projection_status_says_what_conclusions_rest_on(reached: Place, shell: Shell, ours: Path) -> None:
    pipeline = Pipeline(reached)
    pipeline.submit(
        [submission("patient-admitted", "2026-03-02T08:00:00+01:00", message="1", data=ADMISSION)]
    )
    pipeline.project()
    assert shell.run("projection", "status") == 0
    assert shell.err.splitlines()[-1] == (
        "All journeys rest on what stands: no agreement: the statute everywhere."
    )
    assert shell.run("agreement", "adopt", str(ours)) == 0
    assert shell.run("projection", "status") == 0
    assert shell.err.splitlines()[1:] == [
        "What was adopted last is on record and not on Kafka yet (is `carechain run` running?).",
        "All journeys rest on what stood before: no agreement: the statute everywhere.",
    ]
    assert shell.json("projection", "status")["concluding_anew"]
    passed_on(reached)
    assert shell.run("projection", "status") == 0
    assert shell.err.splitlines()[1:] == [
        "Conclusions are being made anew: 1 of 1 journeys still show what held before. What stands now: gavle@1."
    ]
    pipeline.project()
    assert shell.run("projection", "status") == 0
    assert shell.err.splitlines()[1:] == ["All journeys rest on what stands: gavle@1."]
    assert not shell.json("projection", "status")["concluding_anew"]


# -- registers -------------------------------------------------------------------------------------------------------

TRACKS = '[[track]]\nid = "heart-failure"\ntitle = "Hjärtsvikt"\nvisit_days = 30\n'


@pytest.mark.broker
def test_registers_are_listed_shown_and_adopted(reached: Place, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tracks.toml"
    file.write_text(TRACKS, encoding="utf-8")
    rows = shell.json("register", "list")["data"]
    assert [(row["register"], row["entries"], row["from"]) for row in rows] == [
        ("amounts", 9, "the programs"),
        ("tracks", 7, "the programs"),
    ]
    assert len(shell.json("register", "show", "tracks")["data"]) == 7
    assert shell.run("register", "adopt", str(file)) == 0
    assert shell.err.startswith("Adopted the tracks: heart-failure.\nAll journeys are concluded anew")
    assert shell.run("register", "adopt", str(file)) == 0
    assert shell.err == "Adopted already: the tracks: heart-failure.\n"
    assert len(shell.json("register", "show", "tracks")["data"]) == 7  # Kafka tells, and has not told yet
    passed_on(reached)
    (track,) = shell.json("register", "show", "tracks")["data"]
    assert (track["id"], track["visit_days"], track["treatment_days"]) == ("heart-failure", 30, 90)
    assert shell.json("register", "list")["data"][1]["from"] == "adopted"
    assert len(shell.json("register", "show", "tracks", "--known-at", "2026-03-01T08:00")["data"]) == 7


@pytest.mark.usefixtures("nowhere")
def test_a_register_is_checked_without_a_server(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tracks.toml"
    file.write_text(TRACKS, encoding="utf-8")
    assert shell.run("register", "adopt", str(file), "--dry-run") == 0
    assert shell.err == "the tracks: heart-failure. Nothing was adopted.\n"
    file.write_text(TRACKS + TRACKS, encoding="utf-8")
    assert shell.run("register", "adopt", str(file), "--dry-run") == 1
    assert "id heart-failure stands in two entries." in shell.err
    assert shell.run("register", "show", "roads") == 2
    assert "There is no such register. They are amounts and tracks." in shell.err
