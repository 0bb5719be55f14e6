"""Tables through the real servers: the stays, the moves and the hours that follow from them, in any order and twice."""

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import NewPlace, Place
from intakes import clock, facts, ingest, instant, intake_into, letters, places_with, rows, stay, stays
from table_rows import Rows, table

from consumers.intake.files import find
from consumers.intake.ingest import Counts, Ingestion, examine
from consumers.intake.intake import Intake
from consumers.intake.reading import messages
from consumers.intake.site import Site
from consumers.intake.tables.mapping import parse_mapping
from domain.rows import Stay, Wait

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


def counted(counts: Counts) -> tuple[int, int, int, int]:
    return counts.accepted, counts.known, counts.not_of_use, counts.put_aside


def hours(found: Stay) -> float:
    assert found.started_at is not None
    assert found.ended_at is not None
    return (found.ended_at - found.started_at) / timedelta(hours=1)


def names(intake: Intake, system: str, value: str) -> list[tuple[str, str]]:
    """Each fact's name and time, in order of time."""
    found = [(fact.kind.NAME, f"{fact.time:%m-%d %H:%M}") for fact in facts(intake, system, value)]
    return sorted(found, key=lambda one: (one[1], one[0]))


WARDS: Rows = [
    ["patient", "stay", "ward", "in", "out", "out_to"],
    ["701", "S1", "AVD12", "2026-03-02 08:00", "2026-03-04 10:30", ""],
    ["701", "S1", "AVD14", "2026-03-04 10:30", "2026-03-06 14:00", "home"],
    ["702", "S2", "AVD12", "2026-03-05 01:00", "", ""],
]


@pytest.mark.broker
def test_ward_periods_are_one_stay_with_a_transfer(intake: Intake, tmp_path: Path) -> None:
    file = table(tmp_path / "wards.csv", WARDS)

    assert counted(ingest(intake, file)) == (3, 0, 0, 0)
    assert counted(ingest(intake, file)) == (0, 3, 0, 0)

    assert names(intake, "mrn:ward-periods", "701") == [
        ("message-noted", "03-02 07:00"),
        ("patient-admitted", "03-02 07:00"),
        ("patient-admitted", "03-04 09:30"),
        ("patient-discharged", "03-06 13:00"),
    ]
    found = stay(intake, "mrn:ward-periods", "701", MONDAY)
    assert (found.phase, found.unit, found.outcome) == (
        "discharged",
        "local:ward-periods/AVD14",
        "discharged",
    )
    assert (found.started_at, found.ended_at) == (
        instant("2026-03-02T08:00+01:00"),
        instant("2026-03-06T14:00+01:00"),
    )
    assert hours(found) == 102  # four days and six hours
    between = stay(intake, "mrn:ward-periods", "701", instant("2026-03-03T00:00+01:00"))
    assert (between.phase, between.unit) == ("inpatient", "local:ward-periods/AVD12")
    there = stay(intake, "mrn:ward-periods", "702", MONDAY)
    assert (there.phase, there.ended_at) == ("inpatient", None)


@pytest.mark.broker
def test_rows_in_any_order_and_filled_in_later_give_the_same_rows(
    new_place: NewPlace, tmp_path: Path
) -> None:
    head, *body = WARDS
    shuffled = list(body)
    random.Random(6).shuffle(shuffled)
    early = [[*row[:4], "", ""] for row in body[:1]]
    files = [
        table(tmp_path / "a.csv", [head, *body]),
        table(tmp_path / "b.csv", [head, *early]),
        table(tmp_path / "c.csv", [head, *shuffled, *shuffled]),
    ]
    with new_place() as one, intake_into(one) as once:
        ingest(once, files[0])
        expected = [stays(once, "mrn:ward-periods", value, MONDAY) for value in ("701", "702")]
    with new_place() as other, intake_into(other) as twice:
        ingest(twice, files[1], files[2])
        ingest(twice, files[0])
        found = [stays(twice, "mrn:ward-periods", value, MONDAY) for value in ("701", "702")]
    shape = [[(row.phase, row.unit, row.started_at, row.ended_at) for row in rows] for rows in expected]
    assert shape == [[(row.phase, row.unit, row.started_at, row.ended_at) for row in rows] for rows in found]
    assert [len(rows) for rows in found] == [1, 1]


@pytest.mark.broker
def test_call_outs_are_waits(intake: Intake, tmp_path: Path) -> None:
    file = table(
        tmp_path / "flow.csv",
        [
            ["patient", "stay", "ward", "admitted", "ready", "callout_time", "left", "destination", "kommun"],
            [
                "801",
                "S1",
                "A",
                "2026-03-02 08:00",
                "2026-03-05 10:00",
                "2026-03-05 10:45",
                "2026-03-06 14:00",
                "home",
                "2180",
            ],
            ["802", "S2", "A", "2026-03-02 09:00", "2026-03-05 11:00", "", "", "", "2180"],
        ],
        ";",
    )

    ours = 'based_on = "bed-flow"\ncontroller = "orgnr:2321000198"\nprincipal = "21"\n'
    site = Site(mappings=(parse_mapping(ours, "ours.toml"),))
    run = Ingestion(intake, clock)
    assert counted(run.run(messages(find([str(file)]), site))) == (2, 0, 0, 0)

    found = stay(intake, "mrn:bed-flow", "801", MONDAY)
    assert (found.phase, found.municipality, hours(found)) == ("discharged", "2180", 102)
    told = {
        row.rule: row.value for row in rows(intake, "mrn:bed-flow", "801", MONDAY) if isinstance(row, Wait)
    }
    assert told["W-04"] == 45  # minutes from the judgement to the call
    waiting = {
        row.rule: row.state for row in rows(intake, "mrn:bed-flow", "802", MONDAY) if isinstance(row, Wait)
    }
    assert waiting["W-04"] == "waiting"


@pytest.mark.broker
def test_a_patient_register_is_stays_by_the_day(intake: Intake, module_place: Place, tmp_path: Path) -> None:
    file = table(
        tmp_path / "sv.txt",
        [
            [
                "LPNR",
                "PERSONNUMMER",
                "SJUKHUS",
                "MVO",
                "INDATUM",
                "UTDATUM",
                "INSATT",
                "UTSATT",
                "LKF",
                "HDIA",
            ],
            ["1", "191212121212", "11001", "101", "20260302", "20260306", "1", "3", "218001", "S7200X"],
            ["2", "", "11001", "101", "20260305", "", "1", "", "9999", ""],
            ["3", "191212121213", "11001", "101", "20260305", "", "1", "", "", ""],
        ],
        ";",
    )

    assert counted(ingest(intake, file)) == (2, 0, 0, 1)

    found = stay(intake, "personnummer", "191212121212", MONDAY)
    assert (found.phase, found.municipality) == ("discharged", "2180")
    assert (found.unit, hours(found)) == ("local:patient-register/11001-101", 96)  # four days
    there = stay(intake, "mrn:patient-register", "2", MONDAY)
    assert (there.phase, there.municipality) == ("inpatient", None)
    (letter,) = letters(module_place)
    assert (letter["data"]["reason"], letter["data"]["source"]) == ("no-patient-id", "patient-register")
    # Diagnoses are kept, but sealed; and so is the row that was put aside.
    assert places_with(module_place, "S7200X") == []
    assert places_with(module_place, "191212121213") == []


@pytest.mark.broker
@pytest.mark.slow
def test_others_tables_are_accounted_for_row_by_row(new_place: NewPlace) -> None:
    """Set `CARECHAIN_SAMPLES` to a folder with `eventlogs`; without it there is nothing to take in."""
    root = os.environ.get("CARECHAIN_SAMPLES")
    files = sorted((Path(root) / "eventlogs").glob("*.csv")) if root else []
    assert files or not root, "CARECHAIN_SAMPLES is set and holds no eventlogs"
    with new_place() as place, intake_into(place) as made:
        for file in files:
            with file.open("rb") as opened:
                lines = sum(1 for line in opened if line.strip()) - 1
            could = examine(messages(find([str(file)])))
            counts = ingest(made, file)
            assert counts.read == lines
            assert (counts.accepted + counts.known, counts.not_of_use, counts.put_aside) == (
                could.accepted,
                could.not_of_use,
                could.put_aside,
            )
            assert set(counts.reasons) <= {"no-such-time"}
            assert counts.accepted > counts.put_aside
            assert ingest(made, file).accepted == 0
