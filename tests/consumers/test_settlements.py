"""A month frozen on real servers: its figures as they stood, refused twice, published, and left alone by corrections."""

import json
from datetime import UTC, datetime

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from consumers import workers
from consumers.settlements import freeze, frozen
from domain.agreement import Agreement
from domain.errors import Refused
from domain.settlement import Figures, FreezeSettlement, Settlement
from infra.postgres import connect

pytestmark = pytest.mark.broker
NOW = datetime(2026, 4, 12, 7, tzinfo=UTC)
NOBODY = Figures(discharged=0, days=0, mean_stockholm=None, stays_one_day=0, mean_skr=None)
GAVLE_IN_MARCH = Figures(discharged=2, days=3, mean_stockholm=1.5, stays_one_day=1, mean_skr=3)


def stay(pipeline: Pipeline, patient: str, municipality: str, notice: str, discharge: str) -> None:
    """A stay from 1 March at eight, with a notice at nine and a discharge at ten of these days."""
    admission = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": municipality}
    told = {"recipients": [{"role": "municipal-health", "municipality": municipality}]}
    pipeline.submit(
        [
            submission("patient-admitted", "2026-03-01T08:00:00+01:00", patient, message="1", data=admission),
            submission(
                "discharge-ready-notified", f"{notice}T09:00:00+01:00", patient, message="2", data=told
            ),
            submission(
                "patient-discharged",
                f"{discharge}T10:00:00+02:00",
                patient,
                message="3",
                data={"destination": "home"},
            ),
        ]
    )


@pytest.fixture
def march(place: Place) -> Pipeline:
    """Gävle has three days and none in March, and a stay into April; Sandviken has five days."""
    pipeline = Pipeline(place)
    stay(pipeline, "SIM-0001", "2180", "2026-03-03", "2026-03-06")
    stay(pipeline, "SIM-0002", "2180", "2026-03-10", "2026-03-10")
    stay(pipeline, "SIM-0003", "2180", "2026-03-20", "2026-04-02")
    stay(pipeline, "SIM-0004", "2181", "2026-03-03", "2026-03-08")
    pipeline.adopt(Agreement(id="gavleborg", version=2, title="Gävleborg", regions=("21",)))
    pipeline.project()
    return pipeline


def asked(municipality: str = "2180", month: str = "2026-03", now: datetime = NOW) -> FreezeSettlement:
    return FreezeSettlement(municipality=municipality, month=month, actor="tester", now=now)


def frozen_in(place: Place, command: FreezeSettlement) -> Settlement:
    return freeze(place.settings, place.connections, command)


def test_the_months_figures_stand_on_record_with_agreement_and_moment(march: Pipeline, place: Place) -> None:
    assert frozen(place.connections.store_dsn) == []

    made = frozen_in(place, asked())

    assert made == Settlement(
        municipality="2180", month="2026-03", agreement="gavleborg@2", as_of=NOW, figures=GAVLE_IN_MARCH
    )
    sandviken = frozen_in(place, asked("2181"))
    assert sandviken.figures.days == 5
    assert frozen_in(place, asked("1480")).agreement == "statute@1"
    assert frozen_in(place, asked("2104")).figures == NOBODY
    standing = frozen(place.connections.store_dsn)
    assert [one.settlement.municipality for one in standing] == ["2180", "2181", "1480", "2104"]
    assert {one.actor for one in standing} == {"tester"}
    assert standing[0].settlement == made


def test_a_month_is_frozen_once_and_not_before_its_end(march: Pipeline, place: Place) -> None:
    with pytest.raises(Refused, match="not over yet"):
        frozen_in(place, asked(now=datetime(2026, 3, 31, 21, 59, tzinfo=UTC)))
    frozen_in(place, asked())
    with pytest.raises(Refused, match="frozen already"):
        frozen_in(place, asked())
    frozen_in(place, asked(month="2026-02"))
    assert len(frozen(place.connections.store_dsn)) == 2


def test_the_relay_publishes_it_to_its_own_topic(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    relay = workers.relay(place.settings, place.connections, "settlements")
    assert relay.publish_available() == 1
    assert relay.publish_available() == 0

    (record,) = march.topic_records("settlements")
    event = json.loads(record.value or b"")
    assert record.key == b"2180:2026-03"
    assert (event["type"], event["subject"]) == (
        "se.carechain.settlement-frozen.v1",
        "settlement:2180:2026-03",
    )
    assert event["data"]["figures"]["mean_stockholm"] == 1.5
    assert "settlements" in workers.STREAMS
    with connect(place.connections.store_dsn) as connection:
        stored = connection.execute("SELECT body FROM store.outbox WHERE stream = 'settlements'").fetchall()
    assert [bytes(row[0]) for row in stored] == [record.value]


def test_what_is_recorded_and_not_shown_yet_stands_in_the_way(march: Pipeline, place: Place) -> None:
    stay(march, "SIM-0005", "2180", "2026-03-04", "2026-03-05")
    with pytest.raises(Refused, match="have not caught up"):
        frozen_in(place, asked())
    march.relay()
    with pytest.raises(Refused, match="have not caught up"):
        frozen_in(place, asked())
    assert frozen(place.connections.store_dsn) == []

    march.project()
    assert frozen_in(place, asked()).figures.days == 4


def test_what_is_told_later_leaves_the_frozen_month_alone(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    stay(march, "SIM-0005", "2180", "2026-03-04", "2026-03-05")
    march.project()
    (standing,) = frozen(place.connections.store_dsn)
    assert standing.settlement.figures == GAVLE_IN_MARCH


def test_a_dry_run_freezes_nothing(march: Pipeline, place: Place) -> None:
    shown = freeze(place.settings, place.connections, asked(), dry_run=True)
    assert shown.figures == GAVLE_IN_MARCH
    assert frozen(place.connections.store_dsn) == []
