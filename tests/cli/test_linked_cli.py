"""Two numbers of one person at a terminal: either number, and either journey's id, tells of both halves."""

import io
import json
from typing import Any

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission

from cli import main
from domain.submission import Patient, Submission
from infra.settings import Settings

pytestmark = pytest.mark.broker
WARD = "hsa:SE2321000198-WARD1"


def said(kind: str, time: str, patient: str, message: str, **data: Any) -> Submission:
    return submission(kind, f"{time}:00+01:00", patient, message=message, data=data)


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    """In and out under a reserve number in March; in again, unplanned, under the personnummer ten days later.

    That the two are one person is recorded on 20 March.
    """
    pipeline = Pipeline(module_place)
    admission = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
    link = said(
        "patient-identity-linked", "2026-03-20T09:00", "SIM-PERSON", "m4", ground="reserve-number"
    ).model_copy(update={"other": Patient(system="simulated", value="SIM-RESERVE")})
    for recorded, told in (
        ("2026-03-02T08:00", said("patient-admitted", "2026-03-02T08:00", "SIM-RESERVE", "m1", **admission)),
        (
            "2026-03-04T08:00",
            said("patient-discharged", "2026-03-04T08:00", "SIM-RESERVE", "m2", destination="home"),
        ),
        (
            "2026-03-14T08:00",
            said("patient-admitted", "2026-03-14T08:00", "SIM-PERSON", "m3", unplanned=True, **admission),
        ),
        ("2026-03-20T09:00", link),
    ):
        pipeline.submit([told], now=lambda recorded=recorded: instant(recorded))  # type: ignore[misc]
    pipeline.project()
    return pipeline


@pytest.fixture
def ask(told: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**told.place.env, "NO_COLOR": "1", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)

    def run(patient: str, *arguments: str) -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"simulated:{patient}\n"))
        capsys.readouterr()
        assert main.run(arguments) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if "--json" in arguments else out

    return run


@pytest.mark.parametrize("patient", ["SIM-RESERVE", "SIM-PERSON"])
def test_either_number_tells_of_both_stays_and_of_the_readmission(
    told: Pipeline, ask: Any, patient: str
) -> None:
    ids = {str(told.journey("simulated", name)) for name in ("SIM-RESERVE", "SIM-PERSON")}
    page = ask(patient, "journey", "show", "--patient", "-", "--as-of", "2026-03-21T08:00", "--json")
    (found,) = page["data"]

    assert {found["journey"], *found["linked"]} == ids
    assert [stay["started_at"][:10] for stay in found["stays"]] == ["2026-03-02", "2026-03-14"]
    waits = ask(
        patient, "waits", "--patient", "-", "--measure", "W-15", "--as-of", "2026-03-21T08:00", "--json"
    )
    assert [wait["value"] for wait in waits["data"]] == [10.0]


def test_either_journey_s_id_is_known_and_the_page_names_the_other(told: Pipeline, ask: Any) -> None:
    head, other = sorted(str(told.journey("simulated", name)) for name in ("SIM-RESERVE", "SIM-PERSON"))
    for id_ in (head, other):
        text = ask("", "journey", "show", id_, "--as-of", "2026-03-21T08:00")
        assert text.startswith(f"Journey {head}")
        assert f"The same person's as {other}" in text


def test_before_the_link_was_recorded_they_were_two(ask: Any) -> None:
    def stays(patient: str, *clocks: str) -> list[str]:
        (found,) = ask(patient, "journey", "show", "--patient", "-", *clocks, "--json")["data"]
        assert "linked" not in found
        return [stay["started_at"][:10] for stay in found["stays"]]

    assert stays("SIM-RESERVE", "--known-at", "2026-03-19T08:00") == ["2026-03-02"]
    assert stays("SIM-PERSON", "--known-at", "2026-03-19T08:00") == ["2026-03-14"]


def test_as_of_an_earlier_moment_they_were_one_all_along(ask: Any) -> None:
    (found,) = ask(
        "SIM-PERSON", "journey", "show", "--patient", "-", "--as-of", "2026-03-05T08:00", "--json"
    )["data"]
    assert [stay["started_at"][:10] for stay in found["stays"]] == ["2026-03-02"]


def test_a_person_discharges_by_one_number_who_was_admitted_by_the_other(told: Pipeline, ask: Any) -> None:
    out = ask(
        "SIM-RESERVE",
        *("record", "patient-discharged", "--patient", "-", "--unit", "SE2321000198-WARD1"),
        *("--destination", "home", "--at", "2026-03-16T10:00", "--dry-run"),
    )
    assert "patient-discharged" in out
