"""A register of organisations on its whole way: adopted in PostgreSQL, through Kafka, read from the journal; rows stay."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission

from consumers import adoption
from consumers.adoption import adopt_organisations, adopt_population
from domain.errors import Refused
from domain.organisation_file import read_organisations
from domain.organisations import Organisations
from domain.population import read_population
from infra.postgres import connect
from projections.organisations import organisations_in, seen

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
LONG_AFTER = datetime(2026, 12, 31, tzinfo=UTC)
WARD, HOSPITAL, PROVIDER = "hsa:SE2321000198-WARD1", "orgnr:2321000198", "orgnr:5560360793"
CODE = "local:2321000198/KIR3"
ADMISSION = {"unit": WARD, "care_form": "somatic", "municipality": "2180", "organisation": HOSPITAL}
POPULATION = "# id: p\n# title: P\n# as_of: 2025-12-31\n# source: SCB\ncode;total;aged_65\n2180;1000;\n"


def file_of(name: str) -> str:
    return f'[[organisation]]\nid = "{WARD}"\nname = "{name}"\n'


def adopt(place: Place, text: str, hours: float = 0) -> Organisations | None:
    register = read_organisations(text, "r.toml")
    return adopt_organisations(
        place.connections.store_dsn, register, text, "tester", NOW + timedelta(hours=hours)
    )


def names(place: Place, known_at: datetime | None = None) -> list[str | None]:
    with connect(place.connections.read_dsn) as connection:
        return [entry.name for entry in organisations_in(connection, known_at=known_at).entries]


def concluded(place: Place) -> list[tuple[str, str]]:
    """On what each journey was concluded, and in which transaction that was written."""
    with connect(place.connections.read_dsn) as connection:
        return connection.execute("SELECT basis, xmin::text FROM journal.concluded").fetchall()


def told(place: Place, patient: str, fact: str, time: str, recorded: str, **more: Any) -> Pipeline:
    pipeline = Pipeline(place)
    made = submission(fact, f"{time}:00+01:00", patient=patient, **more)
    (answer,) = pipeline.submit([made], now=lambda: instant(recorded))
    assert len(answer.new) == 1
    return pipeline


def test_it_is_known_once_passed_on_and_concludes_nothing_anew(place: Place) -> None:
    pipeline = told(
        place,
        "SIM-0001",
        "patient-admitted",
        "2026-03-02T08:00",
        "2026-03-02T08:05",
        message="1",
        data=ADMISSION,
    )
    pipeline.project()
    before, rows = concluded(place), pipeline.shown()
    assert len(before) == 1
    assert names(place) == []

    assert adopt(place, file_of("Avdelning 1")) is None
    assert names(place) == []  # Kafka tells, and has not told yet
    pipeline.project()
    assert names(place) == ["Avdelning 1"]

    standing = read_organisations(file_of("Avdelning 1"))
    assert (
        adopt(place, file_of("Avdelning 1") + "# a remark\n", 1) == standing
    )  # says the same: not put again
    assert adopt(place, file_of("Kirurgen"), 2) == standing
    # What else is adopted in between does not matter.
    adopt_population(place.connections.store_dsn, read_population(POPULATION), POPULATION, "tester", NOW)
    pipeline.project()
    assert names(place) == ["Kirurgen"]
    assert names(place, NOW + timedelta(hours=2)) == ["Kirurgen"]
    assert names(place, NOW + timedelta(hours=1)) == ["Avdelning 1"]
    assert names(place, NOW - timedelta(minutes=1)) == []

    assert concluded(place) == before
    assert pipeline.shown() == rows
    assert pipeline.differences() == []
    pipeline.rebuild()
    assert names(place) == ["Kirurgen"]
    assert pipeline.shown() == rows


def test_the_file_stands_whole_on_the_topic_with_by_whom_and_when(place: Place) -> None:
    text = file_of("Avdelning 1") + "# a remark\n"
    adopt(place, text)
    pipeline = Pipeline(place)
    pipeline.relay()
    (record,) = pipeline.topic_records("reference")
    event = json.loads(record.value or b"")
    assert record.key == b"register:organisations"
    assert event["type"] == "se.carechain.organisations-adopted.v1"
    assert (event["actor"], event["time"]) == ("tester", "2026-03-03T09:00:00.000000Z")
    assert event["data"]["text"] == text
    assert event["data"]["organisations"] == {"entries": [{"id": WARD, "name": "Avdelning 1"}]}


def test_what_kafka_would_not_take_is_refused_before_it_is_on_record(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "LARGEST", 2**20)
    with pytest.raises(
        Refused, match=r"too large to be passed on: 2\.1 MiB with its file, and 1 MiB is the most"
    ):
        adopt(place, file_of("Avdelning 1") + f"# {'x' * int(2.1 * 2**20)}\n")
    assert adoption.recorded(place.connections.store_dsn) == []


def test_a_large_register_goes_all_the_way(place: Place) -> None:
    """Five thousand units, as a large region has."""
    text = "id;name;part_of;municipality\n" + "".join(
        f"hsa:SE2321000198-UNIT{number:05};Enhet nummer {number};orgnr:2321000198;2180\n"
        for number in range(5000)
    )
    register = read_organisations(text, "units.csv")
    adopt_organisations(place.connections.store_dsn, register, text, "tester", NOW)
    told(
        place, "SIM-0001", "patient-admitted", "2026-03-02T08:00", "2026-03-02T08:05", data=ADMISSION
    ).project()
    assert len(names(place)) == 5000


def test_units_are_learned_from_whatever_rows_name(place: Place) -> None:
    """A ward admits two patients, one is moved to a unit that has only the sender's own code, run by a company."""
    told(
        place,
        "SIM-0001",
        "patient-admitted",
        "2026-03-02T08:00",
        "2026-03-02T08:05",
        source="cosmic",
        data=ADMISSION,
    )
    told(
        place,
        "SIM-0002",
        "patient-admitted",
        "2026-03-04T08:00",
        "2026-03-04T08:05",
        source="lifecare",
        data=ADMISSION,
    )
    pipeline = told(
        place,
        "SIM-0001",
        "patient-transferred",
        "2026-03-05T10:00",
        "2026-03-05T10:05",
        source="adt",
        unit=CODE,
        controller=HOSPITAL,
        principal="21",
        data={"to_unit": CODE, "to_organisation": PROVIDER},
    )
    pipeline.project()

    def found(now: datetime, known_at: datetime | None = None) -> dict[str, tuple[object, ...]]:
        with connect(place.connections.read_dsn) as connection:
            return {
                one["id"]: (one["journeys"], one["sources"], one["first_seen"], one["last_seen"])
                for one in seen(connection, "shown", now, known_at=known_at)
            }

    first, second, moved = (
        instant("2026-03-02T08:00"),
        instant("2026-03-04T08:00"),
        instant("2026-03-05T10:00"),
    )
    everything = found(LONG_AFTER)
    assert everything.keys() == {WARD, HOSPITAL, CODE, PROVIDER}
    assert everything[CODE][0] == everything[PROVIDER][0] == 1
    assert everything[WARD][:3] == (2, ["cosmic", "lifecare"], first)
    assert everything[HOSPITAL][:3] == (2, ["cosmic", "lifecare"], first)
    assert everything[CODE][1:] == everything[PROVIDER][1:] == (["adt"], moved, moved)
    before = found(instant("2026-03-03T08:00"))
    assert before.keys() == {WARD, HOSPITAL}
    assert before[WARD][:3] == (1, ["cosmic"], first)
    assert found(instant("2026-03-04T09:00"))[WARD][3] >= second  # type: ignore[operator]
    assert found(instant("2026-03-01T08:00")) == {}
