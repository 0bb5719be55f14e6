"""`carechain organisation`: taking a register in, what it names, what it does not; and names where people look."""

import csv
import io
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission

from cli import main, units
from consumers.adoption import adopt_organisations
from consumers.projector import read_basis
from domain.organisation_file import read_organisations
from infra.settings import Settings

WARD, HOSPITAL, REGION = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-HOSP", "orgnr:2321000198"
CODE, ELSEWHERE = "local:2321000198/KIR3", "hsa:SE2321000131-AKUT"
FIRST = f'[[organisation]]\nid = "{WARD}"\nname = "Kirurgen"\n'
SECOND = f"""\
id;name;kind;part_of;municipality;roles;same_as;phone
{HOSPITAL};Gävle sjukhus;provider;;Gävle;;;08-465 004 00
{WARD};Avdelning 1;unit;{HOSPITAL};2180;inpatient;;08-465 004 01
local:2321000198/AVD1;;;;;;{WARD};
hsa:SE2120002338-HSV1;Hemsjukvård norr;unit;;Gävle;;;
hsa:SE2321000131-SAHL;Sahlgrenska;provider;;Göteborg;;;
"""
ADMITTED = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
MOVED = {"to_unit": CODE}
SAID: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("A", "patient-admitted", "2026-03-02T08:00", "cosmic", {"data": ADMITTED}),
    (
        "A",
        "patient-transferred",
        "2026-03-04T10:00",
        "adt",
        {"unit": CODE, "controller": REGION, "principal": "21", "data": MOVED},
    ),
    ("B", "patient-admitted", "2026-03-03T09:00", "cosmic", {"data": ADMITTED}),
    (
        "C",
        "patient-admitted",
        "2026-03-05T09:00",
        "cosmic",
        {"unit": ELSEWHERE, "data": {**ADMITTED, "unit": ELSEWHERE}},
    ),
]
"""Patient, fact, when it happened and was recorded, source, and the rest."""
LATE = ("--as-of", "2026-03-10T12:00")
TUESDAY = "2026-03-03T12:00"


@dataclass
class Terminal:
    """Runs a command and keeps what it said."""

    capsys: pytest.CaptureFixture[str]
    pipeline: Pipeline
    out: str = ""
    err: str = ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main.run(arguments)
        self.out, self.err = self.capsys.readouterr()
        return code

    def data(self, *arguments: str) -> list[dict[str, Any]]:
        assert self.run(*arguments, "--json") == 0, self.err
        found: list[dict[str, Any]] = json.loads(self.out)["data"]
        return found


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")


def submitted(place: Place) -> Pipeline:
    pipeline = Pipeline(place)
    for patient, fact, time, source, more in SAID:
        made = submission(fact, f"{time}:00+01:00", patient=f"SIM-{patient}000", source=source, **more)
        pipeline.submit([made], now=lambda time=time: instant(time))  # type: ignore[misc]
    return pipeline


def adopt(place: Place, text: str, file: str, at: str) -> None:
    register = read_organisations(text, file)
    adopt_organisations(place.connections.store_dsn, register, text, "tester", instant(at))


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    """Three admissions, a transfer; a register adopted on Tuesday morning, and another on Thursday."""
    pipeline = submitted(module_place)
    adopt(module_place, FIRST, "first.toml", "2026-03-03T08:00")
    adopt(module_place, SECOND, "second.csv", "2026-03-05T08:00")
    pipeline.project()
    return pipeline


@pytest.fixture
def terminal(told: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    for name, value in told.place.env.items():
        monkeypatch.setenv(name, value)
    return Terminal(capsys, told)


# -- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_the_register_is_listed_with_how_often_units_were_named(terminal: Terminal) -> None:
    found = {line["id"]: line for line in terminal.data("organisation", "list", *LATE)}
    assert list(found) == [
        HOSPITAL,
        WARD,
        "local:2321000198/AVD1",
        "hsa:SE2120002338-HSV1",
        "hsa:SE2321000131-SAHL",
    ]
    ward = found[WARD]
    assert {name: ward[name] for name in ("name", "kind", "part_of", "region", "municipality", "roles")} == {
        "name": "Avdelning 1",
        "kind": "unit",
        "part_of": HOSPITAL,
        "region": "21",
        "municipality": "2180",
        "roles": ["inpatient"],
    }
    assert (ward["phone"], ward["journeys"], ward["sources"]) == ("08-465 004 01", 2, ["cosmic"])
    assert ward["first_seen"] == "2026-03-02T08:00:00+01:00"
    assert found["local:2321000198/AVD1"]["same_as"] == WARD
    assert [found[HOSPITAL][name] for name in ("journeys", "facts", "last_seen", "sources")] == [
        0,
        0,
        None,
        [],
    ]


@pytest.mark.broker
def test_it_reads_as_a_table(terminal: Terminal) -> None:
    assert terminal.run("organisation", "list", "--municipality", "Gävle", *LATE) == 0
    lines = [line.split("  ") for line in terminal.out.splitlines()]
    assert lines[0][0] == "id"
    assert [line[0] for line in lines[1:]] == [HOSPITAL, WARD, "hsa:SE2120002338-HSV1"]
    assert terminal.out.splitlines()[2].endswith(
        "08-465 004 01  part of Gävle sjukhus, Gävle, Region Gävleborg"
    )
    assert terminal.run("organisation", "list", *LATE) == 0
    assert terminal.out.splitlines()[3].endswith(f"same as {WARD}")
    assert "Avdelning 1, Gävle sjukhus" in terminal.out.splitlines()[3]


@pytest.mark.broker
@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (("--region", "Gävleborg"), [HOSPITAL, WARD, "hsa:SE2120002338-HSV1"]),
        (("--region", "14", "--kind", "provider"), ["hsa:SE2321000131-SAHL"]),
        (("--municipality", "Gävle", "--kind", "unit"), [WARD, "hsa:SE2120002338-HSV1"]),
        (("--kind", "organisation"), []),
    ],
)
def test_it_can_be_asked_of_a_place_or_a_kind(
    terminal: Terminal, filters: tuple[str, ...], ids: list[str]
) -> None:
    assert [line["id"] for line in terminal.data("organisation", "list", *filters, *LATE)] == ids


@pytest.mark.broker
def test_what_was_known_then_is_named_by_what_was_adopted_then(terminal: Terminal) -> None:
    (line,) = terminal.data("organisation", "list", "--known-at", TUESDAY)
    assert (line["id"], line["name"], line["journeys"]) == (WARD, "Kirurgen", 2)
    assert terminal.data("organisation", "list", "--known-at", "2026-03-03T07:00") == []
    assert "No register of organisations has been adopted" in terminal.err
    (line,) = terminal.data("organisation", "unknown", "--known-at", "2026-03-03T07:00")
    assert (line["id"], line["journeys"]) == (WARD, 1)


@pytest.mark.broker
def test_units_that_nobody_named_are_told_with_what_is_known_of_them(terminal: Terminal) -> None:
    elsewhere, code = terminal.data("organisation", "unknown", *LATE)
    told = ("id", "name", "kind", "region", "journeys", "facts", "first_seen", "last_seen")
    moved, came = "2026-03-04T10:00:00+01:00", "2026-03-05T09:00:00+01:00"
    assert {name: code[name] for name in told} == {
        "id": CODE,
        "name": None,
        "kind": "unit",
        "region": "21",
        "journeys": 1,
        "facts": 1,
        "first_seen": moved,
        "last_seen": moved,
    }
    assert code["sources"] == ["adt"]
    assert [elsewhere[name] for name in told[:5]] == [ELSEWHERE, None, "unit", "14", 1]
    assert (elsewhere["first_seen"], elsewhere["sources"]) == (came, ["cosmic"])
    assert terminal.data("organisation", "unknown", "--as-of", TUESDAY) == []


@pytest.mark.broker
def test_a_check_finds_them(terminal: Terminal) -> None:
    assert terminal.run("organisation", "unknown", *LATE) == 0
    assert [line.split()[:2] for line in terminal.out.splitlines()[1:]] == [[ELSEWHERE, "1"], [CODE, "1"]]
    assert terminal.run("organisation", "unknown", *LATE, "--check") == 1
    assert terminal.run("organisation", "unknown", "--as-of", TUESDAY, "--check") == 0
    assert terminal.err.endswith("Nothing found.\n")


@pytest.mark.broker
def test_they_come_as_entries_to_fill_in(terminal: Terminal, tmp_path: Path) -> None:
    """Filled in and put under what is registered already, they are a file to import."""
    assert terminal.run("organisation", "unknown", *LATE, "--output", "toml") == 0
    lines = terminal.out.splitlines()
    assert lines[:4] == [
        "# in 1 journey, 2026-03-05 09:00 to 2026-03-05 09:00, told by cosmic",
        "[[organisation]]",
        f'id = "{ELSEWHERE}"',
        'name = ""',
    ]
    entries = tomllib.loads(terminal.out)["organisation"]
    assert [(entry["id"], entry["name"], entry["region"]) for entry in entries] == [
        (ELSEWHERE, "", "14"),
        (CODE, "", "21"),
    ]
    to_name = terminal.out
    assert terminal.run("organisation", "list", *LATE, "--output", "toml") == 0
    assert [entry.model_dump() for entry in read_organisations(terminal.out).entries] == [
        {**entry.model_dump(), "region": entry.lies_in}
        for entry in read_organisations(SECOND, "u.csv").entries
    ]
    whole = terminal.out + "\n" + to_name
    file = tmp_path / "whole.toml"
    file.write_text(whole, encoding="utf-8")
    assert terminal.run("organisation", "import", str(file), "--dry-run") == 1
    assert terminal.err.count("it has no name: give name, or same_as") == 2
    file.write_text(whole.replace('name = ""', 'name = "Named"'), encoding="utf-8")
    assert terminal.run("organisation", "import", str(file), "--dry-run") == 0


@pytest.mark.broker
def test_they_come_as_lines_of_a_spreadsheet(terminal: Terminal) -> None:
    assert terminal.run("organisation", "unknown", *LATE, "--output", "csv") == 0
    second, first = csv.DictReader(io.StringIO(terminal.out))
    assert (first["id"], first["name"], first["region"], first["journeys"]) == (CODE, "", "21", "1")
    assert second["last_seen"] == "2026-03-05T09:00:00+01:00"
    lines = terminal.out.splitlines()
    filled_in = [lines[0], *(line.replace(",,unit", ",Named,unit", 1) for line in lines[1:])]
    assert [entry.name for entry in read_organisations("\n".join(filled_in), "u.csv").entries] == [
        "Named"
    ] * 2
    assert terminal.run("organisation", "list", *LATE, "--output", "csv") == 0
    read = read_organisations(terminal.out, "u.csv").entries
    assert [entry.id for entry in read][:2] == [HOSPITAL, WARD]
    assert read[1] == read_organisations(SECOND, "u.csv").entries[1].model_copy(update={"region": "21"})


# -- names where people look -----------------------------------------------------------------------------------------


def journey(terminal: Terminal, patient: str) -> str:
    return str(terminal.pipeline.journey("simulated", f"SIM-{patient}000"))


@pytest.mark.broker
def test_pages_name_units_and_answers_for_programs_keep_ids(terminal: Terminal) -> None:
    patient = journey(terminal, "B")
    for words in (
        ("journey", "show", patient),
        ("journey", "replay", patient, "--all"),
        ("stay", "list"),
        ("responsible",),
        ("explain", "--journey", patient, "--rule", "care"),
    ):
        assert terminal.run(*words, *LATE) == 0, terminal.err
        assert "Avdelning 1, Gävle sjukhus" in terminal.out
        assert WARD not in terminal.out
        assert terminal.run(*words, *LATE, "--json") == 0
        assert WARD in terminal.out
        assert "Avdelning 1" not in terminal.out
    assert terminal.run("stay", "list", *LATE) == 0
    assert {CODE, ELSEWHERE} <= set(terminal.out.split())  # nobody named these


@pytest.mark.broker
def test_names_are_those_known_at_the_moment_asked_about(terminal: Terminal) -> None:
    patient = journey(terminal, "B")
    assert terminal.run("journey", "show", patient, "--known-at", TUESDAY) == 0
    assert "Kirurgen" in terminal.out
    assert "Avdelning 1" not in terminal.out
    words = ("journey", "diff", patient, "--known-at", "2026-03-03T08:30", "--known-at")
    assert terminal.run(*words, TUESDAY) == 0
    assert "patient admitted 2026-03-03 09:00, Kirurgen" in terminal.out
    assert terminal.run(*words, "2026-03-06T12:00") == 0
    assert "patient admitted 2026-03-03 09:00, Avdelning 1, Gävle sjukhus" in terminal.out


@pytest.mark.broker
def test_figures_side_by_side_name_units(terminal: Terminal) -> None:
    words = ("summary", "--by", "unit", "--small-groups", *LATE)
    assert terminal.run(*words) == 0
    assert "Avdelning 1, Gävle sjukhus" in terminal.out
    assert WARD not in terminal.out


@pytest.mark.broker
def test_a_unit_is_asked_about_by_its_name_too(terminal: Terminal) -> None:
    by_id = terminal.data("stay", "list", "--unit", WARD, *LATE)
    assert len(by_id) == 1  # patient A has been moved on
    assert terminal.data("stay", "list", "--unit", "avdelning 1", *LATE) == by_id
    assert terminal.data("stay", "list", "--unit", "Avdelning 1, Gävle sjukhus", *LATE) == by_id
    assert terminal.data("stay", "list", "--unit", "SE2321000198-WARD1", *LATE) == by_id


@pytest.mark.broker
def test_of_two_units_of_one_name_the_id_is_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    pipeline = submitted(place)
    adopt(place, f"id,name\n{WARD},Akuten\n{ELSEWHERE},Akuten\n", "r.csv", "2026-03-03T08:00")
    pipeline.project()
    terminal = Terminal(capsys, pipeline)
    assert terminal.run("stay", "list", "--unit", "Akuten", *LATE) == 1
    assert terminal.err.splitlines()[-2:] == [
        "error: Several units are called so.",
        f"hint: Give the id of one of them: {WARD}, {ELSEWHERE}.",
    ]
    assert terminal.run("stay", "list", *LATE) == 0
    assert f"Akuten ({WARD})" in terminal.out
    assert f"Akuten ({ELSEWHERE})" in terminal.out


def test_without_a_register_units_are_called_by_their_ids() -> None:
    units.forget()
    assert units.name(WARD) == WARD
    assert units.ids("Avdelning 1") == ()


# -- taking a file in ------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "organisations.csv"
    made.write_text(SECOND, encoding="utf-8")
    return made


@pytest.mark.broker
def test_an_import_takes_the_place_of_the_one_before(
    place: Place, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("getpass.getuser", lambda: "anna.svensson")
    pipeline = submitted(place)
    pipeline.project()
    terminal = Terminal(capsys, pipeline)
    assert len(terminal.data("organisation", "unknown", *LATE)) == 3
    assert terminal.run("organisation", "import", str(file)) == 0
    what = "the organisations: 3 units, 2 providers; 1 of them the same as another."
    assert terminal.err.splitlines() == [
        f"Adopted {what}",
        "New: 5, changed: 0, gone: 0.",
        "Names are shown once `carechain run` has passed it on.",
    ]
    assert terminal.data("organisation", "list", *LATE) == []
    pipeline.relay()
    read_basis(place.connections, place.topic("reference"))
    assert len(terminal.data("organisation", "list", *LATE)) == 5
    assert len(terminal.data("organisation", "unknown", *LATE)) == 2

    assert terminal.run("organisation", "import", str(file)) == 0
    assert terminal.err == f"Adopted already: {what}\n"
    file.write_text(f"id;name\n{WARD};Avdelning 1\n{CODE};Kirurgen 3\n", encoding="utf-8")
    assert terminal.run("organisation", "import", str(file)) == 0
    assert terminal.err.splitlines()[1] == "New: 1, changed: 1, gone: 4."
    pipeline.relay()
    (_, last) = pipeline.topic_records("reference")
    assert b"svensson" not in (last.value or b"")
    with pipeline.intake() as intake:
        assert [json.loads(last.value or b"")["actor"]] == intake.vault.staff_refs(["os:anna.svensson"])


def test_a_dry_run_needs_no_server(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--home", str(tmp_path), "organisation", "import", str(file), "--dry-run"]) == 0
    assert capsys.readouterr().err == (
        "the organisations: 3 units, 2 providers; 1 of them the same as another. Nothing was adopted.\n"
    )


def test_a_wrong_file_is_refused_by_line_and_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SECOND.replace("2180;inpatient", "2189;inpatient"), encoding="utf-8")
    assert main.run(["organisation", "import", str(file)]) == 1
    assert (
        "error: organisations.csv, line 3, municipality: No municipality has that" in capsys.readouterr().err
    )
    file.write_bytes(SECOND.encode("latin-1"))
    assert main.run(["organisation", "import", str(file), "--dry-run"]) == 1
    assert "organisations.csv is not UTF-8 text." in capsys.readouterr().err


def test_wrong_usage_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["organisation", "import", str(tmp_path / "nowhere.csv")]) == 2
    assert main.run(["organisation", "list", "--kind", "ward"]) == 2
    assert "the kinds are unit, provider, organisation." in capsys.readouterr().err
    assert main.run(["organisation", "list", "--region", "Gevleborg"]) == 2
    assert "Did you mean Region Gävleborg (21)?" in capsys.readouterr().err


def test_without_servers_it_is_exit_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")
    for words in (["list"], ["unknown"]):
        assert main.run(["--home", str(tmp_path), "organisation", *words]) == 3
        assert "127.0.0.1:1" in capsys.readouterr().err
