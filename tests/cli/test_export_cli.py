"""`carechain export` and `audit history` on real servers: one small journey in every form, and what may not be told."""

import csv
import io
import json
import sqlite3
import stat
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission

from cli import main
from consumers.watch import STREAM
from domain.submission import Patient, Submission
from infra.postgres import connect
from infra.settings import Settings
from infra.store import put

pytestmark = pytest.mark.broker
WARD = "hsa:SE2321000198-WARD1"
XES = "{http://www.xes-standard.org/}"
STAFF = "SE2321000198-STAFF7"
Run = Callable[..., tuple[str, str]]


def said(fact: str, time: str, patient: str, message: str, **data: Any) -> Submission:
    return submission(fact, f"{time}:00+01:00", patient, message=message, data=data)


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    """Anna is admitted, said to be on leave by mistake, and goes home; Bertil's identity is protected; Cilla has two
    numbers, and David has his ward's data blocked.
    """
    pipeline = Pipeline(module_place)
    admission = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
    for recorded, told in (
        (
            "2026-03-02T08:05",
            said("patient-admitted", "2026-03-02T08:00", "SIM-ANNA", "m1", **admission).model_copy(
                update={"actor": STAFF}
            ),
        ),
        ("2026-03-03T09:00", said("leave-started", "2026-03-03T08:30", "SIM-ANNA", "m2")),
        ("2026-03-03T10:00", said("fact-voided", "2026-03-03T09:55", "SIM-ANNA", "m3", target_message="m2")),
        (
            "2026-03-04T12:00",
            said("patient-discharged", "2026-03-04T11:30", "SIM-ANNA", "m4", destination="home"),
        ),
        (
            "2026-03-06T08:00",
            said("protected-identity-set", "2026-03-06T08:00", "SIM-BERTIL", "m5", kind="secrecy-marking"),
        ),
        ("2026-03-06T09:00", said("patient-admitted", "2026-03-06T08:30", "SIM-BERTIL", "m6", **admission)),
        ("2026-03-07T08:00", said("patient-admitted", "2026-03-07T08:00", "SIM-CILLA", "m7", unit=WARD)),
        ("2026-03-08T08:00", said("patient-admitted", "2026-03-08T08:00", "SIM-RESERVE", "m8", unit=WARD)),
        (
            "2026-03-09T08:00",
            said(
                "patient-identity-linked", "2026-03-09T08:00", "SIM-CILLA", "m9", ground="reserve-number"
            ).model_copy(update={"other": Patient(system="simulated", value="SIM-RESERVE")}),
        ),
        ("2026-03-10T08:00", said("patient-admitted", "2026-03-10T08:00", "SIM-DAVID", "m10", unit=WARD)),
        (
            "2026-03-10T09:00",
            said("block-set", "2026-03-10T09:00", "SIM-DAVID", "m11", kind="inner", closed_unit=WARD),
        ),
    ):
        (answer,) = pipeline.submit([told], now=lambda recorded=recorded: instant(recorded))  # type: ignore[misc]
        assert answer.new
    pipeline.project()
    _raise_alarms(module_place, pipeline.journey("simulated", "SIM-ANNA"))
    return pipeline


def _raise_alarms(place: Place, journey: UUID) -> None:
    """Two about the journey, of which one cannot be read, and one about a source."""
    alarm = {
        "id": "00000000-0000-4000-8000-00000000a1a1",
        "type": "se.carechain.alarm-raised.v1",
        "data": {"due_at": "2026-03-03T12:00:00.000000Z"},
    }
    with connect(place.connections.store_dsn) as store:
        put(
            store,
            STREAM,
            [
                (str(journey), instant("2026-03-03T12:01:00Z"), json.dumps(alarm).encode()),
                ("some-source", instant("2026-03-03T12:02:00Z"), b"{}"),
                (str(journey), instant("2026-03-03T12:03:00Z"), b"not json"),
            ],
        )


@pytest.fixture
def run(told: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**told.place.env, "NO_COLOR": "1", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)

    def ask(*arguments: str, patient: str | None = None, code: int = 0) -> tuple[str, str]:
        if patient is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(f"simulated:{patient}\n"))
            arguments = (*arguments, "--patient", "-")
        capsys.readouterr()
        returned = main.run(arguments)
        out, err = capsys.readouterr()
        assert returned == code, err
        return out, err

    return ask


@pytest.fixture(scope="module")
def anna(told: Pipeline) -> UUID:
    return told.journey("simulated", "SIM-ANNA")


# -- the history ---------------------------------------------------------------------------------------------------


def test_the_history_on_a_page(run: Run, anna: UUID) -> None:
    out, _ = run("audit", "history", str(anna), "--as-of", "2026-03-05T00:00")
    facts = out.partition("access:")[0].splitlines()
    hashes = [line for line in facts if "hash " in line]
    assert [line.partition(", position")[0].strip() for line in hashes] == ["no 1", "no 2", "no 3", "no 4"]
    indent = " " * 44
    by = f"{indent}by {WARD}; from test"
    (first,) = [line for line in facts if "by staff " in line]
    assert first.endswith(f", {WARD}; from test")
    assert [line for line in facts if "position " not in line and line != first] == [
        f"Journey {anna}",
        "recorded             happened             what (Swedish time)",
        "2026-03-02 08:05:00  2026-03-02 08:00:00  patient admitted",
        "2026-03-03 09:00:00  2026-03-03 08:30:00  leave started (voided)",
        by,
        f"{indent}voided by no 3",
        "2026-03-03 10:00:00  2026-03-03 09:55:00  correction: fact voided",
        by,
        f"{indent}voids no 2",
        "2026-03-03 13:01:00  2026-03-03 13:00:00  alarm raised",
        "2026-03-03 13:03:00                       alarm",
        "2026-03-04 12:00:00  2026-03-04 11:30:00  patient discharged",
        by,
    ]
    assert max(map(len, out.splitlines())) <= 100


def test_the_history_has_alarms_and_looks_in_their_place(run: Run, anna: UUID) -> None:
    run("journey", "show", str(anna))
    out, _ = run("audit", "history", str(anna), "--json")
    found = json.loads(out)
    kinds = [(entry["kind"], entry["what"]) for entry in found["data"]]
    assert kinds[:6] == [
        ("fact", "patient-admitted"),
        ("fact", "leave-started"),
        ("correction", "fact-voided"),
        ("alarm", "alarm-raised"),
        ("alarm", "alarm"),
        ("fact", "patient-discharged"),
    ]
    assert {kind for kind, _ in kinds[6:]} == {"access"}
    raised = found["data"][3]
    assert raised["happened_at"] == "2026-03-03T13:00:00+01:00"
    assert raised["recorded_at"] == "2026-03-03T13:01:00+01:00"
    look = found["data"][-1]
    assert look["what"] == "journey show"
    assert (look["role"], look["purpose"], look["ground"]) == ("operator", "coordination", "coordination")
    assert UUID(look["actor"])
    assert (found["not_shown"], found["later"], found["without"]) == (0, 0, [])


def test_the_history_is_a_chain_and_names_nobody(run: Run, anna: UUID) -> None:
    out, _ = run("audit", "history", str(anna), "--json")
    facts = [entry for entry in json.loads(out)["data"] if entry["version"] is not None]
    assert [entry["version"] for entry in facts] == [1, 2, 3, 4]
    assert [entry["previous_hash"] for entry in facts] == ["0" * 64, *(entry["hash"] for entry in facts[:-1])]
    assert [(entry["mends"], entry["mended_by"]) for entry in facts] == [
        ([], None),
        ([], facts[2]["id"]),
        ([facts[1]["id"]], None),
        ([], None),
    ]
    assert facts[0]["actor"]
    assert STAFF not in out
    assert "ANNA" not in out


def test_what_was_recorded_later_is_not_in_an_earlier_history(run: Run, anna: UUID) -> None:
    out, err = run("audit", "history", str(anna), "--known-at", "2026-03-03T09:30", "--json")
    found = json.loads(out)
    assert [(entry["what"], entry["state"]) for entry in found["data"]] == [
        ("patient-admitted", "happened"),
        ("leave-started", "happened"),
    ]
    _, err = run("audit", "history", str(anna), "--as-of", "2026-03-03T09:58")
    assert "1 more on record: dated later than asked about." in err


# -- exports -------------------------------------------------------------------------------------------------------


def test_a_place_as_csv(run: Run, anna: UUID) -> None:
    out, err = run("export", "--municipality", "Gävle")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["fact"], row["state"]) for row in rows] == [
        ("patient-admitted", "happened"),
        ("leave-started", "voided"),
        ("fact-voided", "happened"),
        ("patient-discharged", "happened"),
    ]
    assert {row["journey"] for row in rows} == {str(anna)}
    assert "4 facts of 1 journey written." in err


def test_a_period_takes_what_happened_on_those_swedish_days(run: Run, anna: UUID) -> None:
    out, _ = run("export", str(anna), "--period", "2026-03-03", "2026-03-05")
    assert [row["fact"] for row in csv.DictReader(io.StringIO(out))] == [
        "leave-started",
        "fact-voided",
        "patient-discharged",
    ]


def test_an_event_log_into_a_new_file_for_its_owner_alone(run: Run, anna: UUID, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    out, err = run("export", str(anna), str(anna), "--format", "xes", "--output", str(file))
    assert out == ""
    assert "2 facts of 1 journey written.\n2 voided facts and corrections left out.\n" in err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    events = ElementTree.parse(file).getroot().findall(f"{XES}trace/{XES}event")
    assert len(events) == 2
    _, err = run("export", str(anna), "--format", "xes", "--output", str(file), code=1)
    assert "is there already" in err


def test_the_same_question_has_the_same_answer(run: Run, anna: UUID) -> None:
    for form in ("csv", "xes", "ocel-json", "provenance"):
        assert run("export", str(anna), "--format", form)[0] == run("export", str(anna), "--format", form)[0]


def test_an_object_centric_log_as_a_file(run: Run, anna: UUID, tmp_path: Path) -> None:
    file = tmp_path / "log.sqlite"
    run("export", str(anna), "--format", "ocel-sqlite", "--output", str(file))
    with closing(sqlite3.connect(file)) as log:
        assert log.execute("SELECT count(*) FROM event").fetchone() == (2,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    _, err = run("export", str(anna), "--format", "ocel-sqlite", code=2)
    assert "needs a name" in err


def test_fhir_of_facts_and_of_looks(run: Run, anna: UUID) -> None:
    out, _ = run("export", str(anna), "--format", "provenance")
    assert [entry["resource"]["resourceType"] for entry in json.loads(out)["entry"]] == ["Provenance"] * 4
    out, err = run("export", str(anna), "--format", "audit-event", "--period", "2026-01-01", "2099-12-31")
    looks = [entry["resource"] for entry in json.loads(out)["entry"]]
    assert looks[-1]["subtype"][1]["code"] == "export"
    assert {look["entity"][0]["what"]["identifier"]["value"] for look in looks} == {str(anna)}
    assert f"{len(looks)} looks at 1 journey written." in err
    out, _ = run("export", str(anna), "--format", "audit-event", "--period", "2020-01-01", "2020-02-01")
    assert json.loads(out) == {"resourceType": "Bundle", "type": "collection"}


def test_no_form_tells_where_a_protected_identity_is(run: Run, told: Pipeline) -> None:
    for form in ("csv", "xes", "ocel-json", "provenance"):
        out, _ = run("export", "--format", form, patient="SIM-BERTIL")
        assert "patient-admitted" in out
        for place in ("SE2321000198", "2321000198", "2180", "Gävle"):
            assert place not in out, form
    page, _ = run("audit", "history", patient="SIM-BERTIL")
    assert "patient admitted" in page
    assert "SE2321000198" not in page


def test_who_may_see_where_sees_it_in_the_export(run: Run, told: Pipeline) -> None:
    out, _ = run("--lift-protection", "export", patient="SIM-BERTIL")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["fact"], row["unit"]) for row in rows] == [
        ("protected-identity-set", WARD),
        ("patient-admitted", WARD),
    ]
    assert [row["version"] for row in rows] == ["1", "2"]


def test_both_chains_of_one_person_are_told_as_one_journey(run: Run, told: Pipeline) -> None:
    ids = {str(told.journey("simulated", name)) for name in ("SIM-CILLA", "SIM-RESERVE")}
    out, _ = run("export", patient="SIM-RESERVE")
    rows = list(csv.DictReader(io.StringIO(out)))
    # Each chain holds its own copy of the fact that links them.
    assert sorted((row["fact"], row["chain"]) for row in rows) == sorted(
        (fact, one) for one in ids for fact in ("patient-admitted", "patient-identity-linked")
    )
    assert {row["journey"] for row in rows} == {min(ids)}
    page, _ = run("audit", "history", patient="SIM-CILLA")
    for one in ids:
        assert f"no 1 of {one[:8]}, position " in page
        assert f"no 2 of {one[:8]}, position " in page


@pytest.mark.parametrize("about", [("--municipality", "Gävle"), ("--patient",)])
def test_as_it_was_known_before_the_correction(run: Run, anna: UUID, about: tuple[str, ...]) -> None:
    """Of a place and of one patient: both are made for the question."""
    patient = None if len(about) > 1 else "SIM-ANNA"
    asked = about if len(about) > 1 else ()
    out, _ = run("export", *asked, "--known-at", "2026-03-03T09:30", patient=patient)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["fact"], row["state"], row["version"]) for row in rows] == [
        ("patient-admitted", "happened", "1"),
        ("leave-started", "happened", "2"),
    ]


def test_what_cannot_be_read_is_counted(run: Run, told: Pipeline, anna: UUID) -> None:
    with connect(told.place.connections.read_dsn) as connection:
        connection.execute(
            "INSERT INTO journal.fact SELECT store, journey, 5, partition, 1000, 1000, recorded_at, %s"
            " FROM journal.fact WHERE journey = %s AND version = 4",
            (b"{}", anna),
        )
        connection.commit()
        try:
            _, err = run("export", str(anna))
            assert "4 facts of 1 journey written.\n1 fact is on record and not shown: not readable, " in err
            out, err = run("audit", "history", str(anna), "--json")
            assert json.loads(out)["not_shown"] == 1
            assert "1 more on record: not readable, " in err
        finally:
            connection.execute("DELETE FROM journal.fact WHERE journey = %s AND version = 5", (anna,))
            connection.commit()


def test_what_is_blocked_is_in_no_form(run: Run) -> None:
    for form in ("csv", "xes", "ocel-json", "provenance"):
        out, err = run("export", "--format", form, patient="SIM-DAVID")
        assert "patient-admitted" not in out
        assert "There are blocked data (spärr)" in err
    page, err = run("audit", "history", patient="SIM-DAVID")
    assert "patient admitted" not in page
    assert "There are blocked data (spärr)" in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("3f2a91c4", "--region", "Gävleborg"),
        ("3f2a91c4", "--period", "march", "april"),
        ("3f2a91c4", "--period", "2026-02-30", "2026-03-01"),
        ("3f2a91c4", "--period", "2026-03-01", "2026-01-01"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    run("export", *arguments, code=2)


def test_where_nothing_could_be_read_no_file_is_left(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    run("export", "00000000-0000-4000-8000-0000000000ff", "--output", str(file), code=1)
    assert not file.exists()
