"""A population file on its whole way: adopted in PostgreSQL, through Kafka, and read from the journal."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from consumers.adoption import adopt_population
from domain.errors import Refused
from domain.population import SHIPPED, Population, read_population
from infra.postgres import connect
from projections.population import population_in

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}


def file_of(year: int, gavle: int) -> str:
    return (
        f"# id: test-{year}\n# title: Folkmängd\n# as_of: {year}-12-31\n# source: made by hand\n"
        f"code;total;aged_65\n2180;{gavle};7\n"
    )


def adopt(place: Place, text: str) -> bool:
    return adopt_population(place.connections.store_dsn, read_population(text), text, "tester", NOW)


def holds(place: Place) -> Population:
    with connect(place.connections.read_dsn) as connection:
        return population_in(connection)


def concluded(place: Place) -> list[tuple[str, str]]:
    """On what each journey was concluded, and in which transaction that was written."""
    with connect(place.connections.read_dsn) as connection:
        return connection.execute("SELECT basis, xmin::text FROM journal.concluded").fetchall()


def test_an_adopted_population_holds_and_concludes_nothing_anew(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(
        [submission("patient-admitted", "2026-03-02T08:00:00+01:00", message="1", data=ADMISSION)]
    )
    pipeline.project()
    before, rows = concluded(place), pipeline.shown()
    assert len(before) == 1
    assert holds(place) == SHIPPED

    assert adopt(place, file_of(2030, 500))
    assert holds(place) == SHIPPED  # Kafka tells, and has not told yet
    pipeline.project()

    assert holds(place) == read_population(file_of(2030, 500))
    assert concluded(place) == before
    assert pipeline.shown() == rows
    assert pipeline.differences() == []
    pipeline.rebuild()
    assert holds(place) == read_population(file_of(2030, 500))


def test_the_file_stands_whole_on_the_topic_with_by_whom_and_when(place: Place) -> None:
    pipeline = Pipeline(place)
    text = file_of(2030, 500) + "# a remark\n"
    assert adopt(place, text)
    pipeline.relay()
    (record,) = pipeline.topic_records("reference")
    event = json.loads(record.value or b"")
    assert record.key == b"population:test-2030"
    assert (event["type"], event["subject"]) == (
        "se.carechain.population-adopted.v1",
        "population:test-2030",
    )
    assert (event["actor"], event["time"]) == ("tester", "2026-03-01T09:00:00.000000Z")
    assert event["data"]["text"] == text
    assert event["data"]["digest"] == hashlib.sha256(text.encode()).hexdigest()


def test_the_same_file_again_changes_nothing_and_an_older_count_is_refused(place: Place) -> None:
    pipeline = Pipeline(place)
    assert adopt(place, file_of(2030, 500))
    assert not adopt(place, file_of(2030, 500))
    with pytest.raises(Refused, match="newer count has been adopted already: test-2030, of 2030-12-31"):
        adopt(place, file_of(2029, 400))
    assert adopt(place, file_of(2030, 501))  # the same day: a correction
    assert adopt(place, file_of(2031, 600))
    pipeline.relay()
    assert len(pipeline.topic_records("reference")) == 3
