"""What goes wrong on the way of facts is shown among the findings, marked as the system's own."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from cli import main
from consumers.journal import Journal, Line, Oddity, parse
from consumers.system_findings import TEXTS, all_findings, system_findings
from infra.postgres import Connection, connect
from infra.settings import Settings
from projections import base
from projections.query import Filters

STORE, ONE, TWO, THREE = (UUID(int=number) for number in range(1, 5))
T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = T0 + timedelta(days=1)
ALL = Filters()
broker = pytest.mark.broker


def line(journey: UUID, version: int, hours: int, message: str | None, source: str = "ward") -> Line:
    raw = json.dumps({"id": f"{journey.int}-{version}"}).encode()
    at = T0 + timedelta(hours=hours)
    return Line(STORE, journey, version, 0, version, version, at, raw, source, message)


def found(connection: Connection, filters: Filters = ALL, now: datetime = LATER) -> list[tuple[Any, ...]]:
    return [
        (line["rule"], line["journey"], line["started_at"], line["facts"])
        for line in system_findings(connection, base.SCHEMA, filters, now)
    ]


@pytest.fixture
def connection(place: Place) -> Any:
    with connect(place.connections.read_dsn) as made:
        base.create_schema(made)
        yield made


def test_each_kind_has_a_sentence() -> None:
    assert all(text.endswith(".") for text in TEXTS.values())


@broker
def test_a_message_id_used_in_several_journeys_is_found_in_each_of_them(connection: Connection) -> None:
    code = "message-id-in-another-journey"
    Journal(connection).append(
        [
            line(ONE, 1, 0, "m1"),
            line(ONE, 2, 1, "m1"),
            line(TWO, 1, 2, "m1"),
            line(THREE, 1, 3, "m1"),
            # Of another source, of one journey only, and without any id: nothing odd.
            line(ONE, 3, 4, "m2"),
            line(TWO, 2, 4, "m2", "other"),
            line(TWO, 3, 5, "m3"),
            line(ONE, 4, 5, None),
            line(TWO, 4, 5, None),
        ],
        "facts",
    )
    second, third = T0 + timedelta(hours=2), T0 + timedelta(hours=3)
    assert found(connection) == [
        (code, ONE, second, [f"{ONE.int}-1", f"{ONE.int}-2"]),
        (code, TWO, second, [f"{TWO.int}-1"]),
        (code, THREE, third, [f"{THREE.int}-1"]),
    ]
    assert [row[1] for row in found(connection, now=second)] == [ONE, TWO]
    assert found(connection, now=second - timedelta(microseconds=1)) == []
    assert [row[1] for row in found(connection, Filters(journeys=[TWO]))] == [TWO]
    assert found(connection, Filters(rules=["journey-incomplete"])) == []


@broker
def test_a_journey_that_cannot_be_read_whole_is_found_where_its_patient_is(connection: Connection) -> None:
    from hand_rows import make

    from domain.rows import Stay

    Journal(connection).park([(ONE, T0, "Version 3 of the journey is missing.", 3)], [])
    stay = make(Stay, "stay", journey=ONE, unit="hsa:A", municipality="2180", region="21", started_at=T0)
    base.copy_rows(connection, base.SCHEMA, [stay], {ONE: 0})

    (shown,) = system_findings(connection, base.SCHEMA, Filters(unit="hsa:A"), LATER)
    said = {name: shown[name] for name in ("rule", "state", "detail", "municipality", "system", "facts")}  # type: ignore[literal-required]
    assert said == {
        "rule": "journey-incomplete",
        "state": "open",
        "detail": "Version 3 of the journey is missing.",
        "municipality": "2180",
        "system": True,
        "facts": [],
    }
    assert shown["incomplete_since"] == shown["started_at"] == T0
    assert found(connection, Filters(unit="hsa:B")) == []
    assert len(found(connection, Filters(region="21"))) == 1


@broker
def test_odd_records_are_found_also_without_a_journey(connection: Connection) -> None:
    Journal(connection).note(
        [
            Oddity("facts", 2, 17, None, "no-envelope", "The record is no fact.", b"x"),
            Oddity("facts", 1, 4, TWO, "other-bytes", "Other bytes.", b"y"),
        ],
        T0,
    )
    shown = system_findings(connection, base.SCHEMA, ALL, LATER)
    assert [(line["rule"], line["journey"], line["detail"]) for line in shown] == [
        ("other-bytes", TWO, "facts, partition 1, offset 4"),
        ("no-envelope", None, "facts, partition 2, offset 17"),
    ]
    assert len({line["id"] for line in shown}) == 2
    assert found(connection, now=T0 - timedelta(microseconds=1)) == []


def test_a_broken_reference_does_not_keep_a_fact_out_of_the_journal() -> None:
    head = {"subject": str(ONE), "journeyversion": 1, "recordedtime": "2026-03-02T08:00:00Z"}
    for wrong in (7, "a\0b", "å" * 10, "x" * 5_000, None):
        record = SimpleNamespace(
            topic="facts",
            partition=0,
            offset=0,
            timestamp=0,
            key=str(ONE).encode(),
            value=json.dumps({**head, "sourcesystem": "ward", "sourcemessage": wrong}).encode(),
            headers=[("store", str(STORE).encode()), ("position", b"1")],
        )
        read = parse(record)
        assert isinstance(read, Line)
        assert (read.source_system, read.source_message) == ("ward", None)


@broker
def test_they_stand_among_the_findings_at_the_terminal_and_no_rebuild_misses_them(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = Pipeline(place)
    data = {"unit": "hsa:SE2321000198-WARD1", "municipality": "2180"}
    pipeline.submit(
        [
            submission("patient-admitted", "2026-03-02T08:00:00+01:00", patient, message="same", data=data)
            for patient in ("SIM-0001", "SIM-0002")
        ]
    )
    pipeline.project()
    assert pipeline.differences() == []
    pipeline.rebuild()
    assert pipeline.differences() == []
    with connect(place.connections.read_dsn) as connection:
        every = all_findings(connection, base.SCHEMA, ALL, datetime.now(UTC))
        Journal(connection).note(
            [Oddity("facts", 0, 99, None, "no-envelope", "No fact.", b"x")], datetime.now(UTC)
        )
    journeys = {str(pipeline.journey("simulated", patient)) for patient in ("SIM-0001", "SIM-0002")}
    assert {str(line["journey"]) for line in every if line["system"]} == journeys
    assert [line["system"] for line in every].count(False) > 0

    monkeypatch.setattr(Settings, "flags", {})
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    assert main.run(["findings", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["data"]
    assert len({tuple(row) for row in rows}) == 1
    assert [row["rule"] for row in rows if row["journey"] is None] == ["no-envelope"]
    assert main.run(["findings", "--rule", "message-id-in-another-journey", "--check"]) == 1
    assert "The same message id was used for another patient, too." in capsys.readouterr().out
    assert main.run(["findings"]) == 0
    assert "A record on the topic of facts is no fact." in capsys.readouterr().out
