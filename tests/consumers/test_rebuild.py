"""The rebuild: the same rows from Kafka and the keys alone, while others read and facts keep coming."""

import threading

import pytest
from conftest import Place
from pipeline import Pipeline, submission
from waiting import wait_until

from infra.postgres import connect
from projections import base

pytestmark = pytest.mark.broker
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}


def _admissions(first: int, count: int) -> list:  # type: ignore[type-arg]
    return [
        submission(
            "patient-admitted",
            "2026-03-02T08:00:00+01:00",
            f"SIM-{number:06d}",
            message=f"m{number}",
            data=ADMISSION,
        )
        for number in range(first, first + count)
    ]


def test_from_nothing_but_kafka_and_the_keys(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(_admissions(0, 50))
    pipeline.project()
    before = pipeline.shown()
    with connect(place.connections.read_dsn) as connection:
        connection.execute("TRUNCATE journal.fact, journal.position, journal.concluded, journal.reference")
        for projection in base.all_projections():
            connection.execute(f"TRUNCATE shown.{projection.table}")  # type: ignore[arg-type]
    made = pipeline.rebuild()
    assert (made.facts, made.journeys) == (50, 50)
    assert pipeline.shown() == before
    assert pipeline.differences() == []


def test_where_no_projector_has_ever_run(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(_admissions(0, 3))
    pipeline.relay()
    assert pipeline.rebuild().journeys == 3
    assert len(pipeline.shown()["stays"]) == 3
    assert pipeline.differences() == []


def test_while_facts_keep_coming_and_somebody_reads(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(_admissions(0, 200))
    pipeline.project()
    stop, rebuilt, failures = threading.Event(), [0], []

    def rebuild_again_and_again() -> None:
        try:
            while not stop.is_set():
                pipeline.rebuild()
                rebuilt[0] += 1
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=rebuild_again_and_again)
    with (
        pipeline.projecting(),
        connect(place.connections.read_dsn) as reader,
        connect(place.connections.read_dsn, autocommit=True) as looker,
    ):
        # A reader that keeps its transaction open must neither be disturbed nor hold anybody up.
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT count(*) FROM shown.stays").fetchone() == (200,)
        thread.start()
        number = 200
        while rebuilt[0] < 1 and not failures:
            pipeline.submit(_admissions(number, 20))
            pipeline.relay()
            number += 20
            assert looker.execute("SELECT count(*) >= 200 FROM shown.stays").fetchone() == (True,)
            if number == 240:
                reader.rollback()
        stop.set()
        thread.join(60)
        assert not failures
        wait_until(pipeline.caught_up, 60, "everything is shown")
    assert len(pipeline.shown()["stays"]) == number
    assert pipeline.differences() == []
