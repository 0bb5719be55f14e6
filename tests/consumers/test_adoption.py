"""Agreements and registers on their whole way: on record, through Kafka, and into the rows, and back again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline, submission
from waiting import wait_until

from consumers.adoption import adopt, adopt_register, recorded, withdraw
from consumers.status import Status, status
from domain.adopted import adoptions_of
from domain.agreement_file import read_agreement
from domain.errors import Refused
from domain.registers import read_register
from infra.postgres import connect

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}
REGION = 'id = "region"\nversion = 1\ntitle = "Region"\nregions = ["21"]\n'
MINUTES = REGION + "[limits]\ndischarge_ready_notice_minutes = 60\n"
TRACKS = '[[track]]\nid = "own-track"\ntitle = "Eget spår"\nvisit_days = 30\n'


def put(place: Place, text: str) -> bool:
    return adopt(place.connections.store_dsn, read_agreement(text), text, "tester", NOW)


def take_back(place: Place, name: str) -> str:
    return withdraw(place.connections.store_dsn, name, "by mistake", "tester", NOW).name


def now_shown(place: Place) -> Status:
    return status(place.connections, place.topic("facts"), place.topic("reference"))


def minutes_to_notice(place: Place) -> list[Any]:
    """When the notice was due, of each patient judged ready."""
    with connect(place.connections.read_dsn) as connection:
        return connection.execute("SELECT due_at FROM shown.handoffs WHERE rule = 'MH-09'").fetchall()


def told_of_a_patient(place: Place) -> Pipeline:
    pipeline = Pipeline(place)
    pipeline.submit(
        [
            submission("patient-admitted", "2026-03-02T08:00:00+01:00", message="1", data=ADMISSION),
            submission("discharge-ready-declared", "2026-03-03T10:00:00+01:00", message="2"),
        ]
    )
    pipeline.project()
    return pipeline


def test_what_is_adopted_changes_the_rows_and_what_is_withdrawn_gives_them_back(place: Place) -> None:
    pipeline = told_of_a_patient(place)
    before = pipeline.shown()
    assert minutes_to_notice(place) == [(None,)]

    assert put(place, MINUTES)
    pipeline.project()
    assert minutes_to_notice(place) == [
        (datetime(2026, 3, 3, 10, tzinfo=UTC),)
    ]  # an hour after 10:00 in Sweden
    assert pipeline.differences() == []

    assert take_back(place, "region@1") == "region@1"
    pipeline.project()
    assert pipeline.shown() == before
    pipeline.rebuild()
    assert pipeline.shown() == before


def test_status_says_that_conclusions_are_made_anew_until_they_are(place: Place) -> None:
    pipeline = told_of_a_patient(place)
    found = now_shown(place)
    assert (found.concluding_anew, found.agreements) == (False, ())

    assert put(place, MINUTES)
    found = now_shown(place)
    assert (found.concluding_anew, found.unpublished, found.reference_lag, found.to_conclude) == (
        True,
        1,
        0,
        0,
    )

    pipeline.relay()
    found = now_shown(place)
    assert (found.concluding_anew, found.unpublished, found.to_conclude) == (True, 0, 0)
    assert found.reference_lag > 0

    with pipeline.projecting():
        wait_until(lambda: not now_shown(place).concluding_anew, 60, "everything rests on what was adopted")
    assert now_shown(place).agreements == ("region@1",)
    assert minutes_to_notice(place) != [(None,)]


def test_the_file_stands_whole_on_the_topic_with_by_whom_and_when(place: Place) -> None:
    pipeline = Pipeline(place)
    text = MINUTES + "# a remark\n"
    assert put(place, text)
    take_back(place, "region")
    pipeline.relay()
    adopted, withdrawn = (json.loads(record.value or b"") for record in pipeline.topic_records("reference"))
    assert [record.key for record in pipeline.topic_records("reference")] == [b"agreement:region"] * 2
    assert (adopted["type"], adopted["actor"], adopted["time"]) == (
        "se.carechain.agreement-adopted.v2",
        "tester",
        "2026-03-01T09:00:00.000000Z",
    )
    assert adopted["data"]["text"] == text
    assert withdrawn["type"] == "se.carechain.agreement-withdrawn.v1"
    assert withdrawn["data"] == {"id": "region", "version": 1, "reason": "by mistake"}


def test_the_same_again_changes_nothing_and_another_content_needs_a_higher_version(place: Place) -> None:
    assert put(place, REGION)
    assert not put(place, REGION)
    assert not put(place, REGION + "# only a remark\n")
    with pytest.raises(
        Refused, match=r"region@1 was adopted on 2026-03-01, and says something else"
    ) as refused:
        put(place, MINUTES)
    assert "Raise the version" in refused.value.hint
    assert put(place, MINUTES.replace("version = 1", "version = 2"))
    assert not put(place, REGION)  # both stand
    assert len(recorded(place.connections.store_dsn)) == 2


def test_one_withdrawn_can_be_adopted_again_as_it_was(place: Place) -> None:
    assert put(place, REGION)
    take_back(place, "region@1")
    with pytest.raises(Refused, match="says something else"):
        put(place, MINUTES)
    assert put(place, REGION)
    (one,) = adoptions_of(recorded(place.connections.store_dsn))
    assert one.withdrawn_at is None


def test_only_what_stands_can_be_withdrawn(place: Place) -> None:
    with pytest.raises(Refused, match=r"No adopted agreement of that name stands\.") as refused:
        take_back(place, "region@1")
    assert refused.value.hint == "Those that stand: none."
    assert put(place, REGION)
    assert put(place, REGION.replace("version = 1", "version = 2"))
    with pytest.raises(Refused, match="Several versions of it stand") as refused:
        take_back(place, "region")
    assert refused.value.hint == "Name one of region@1, region@2."
    assert take_back(place, "region@2") == "region@2"
    assert take_back(place, "region") == "region@1"


def test_an_adopted_track_can_be_named_by_a_person_and_one_that_is_gone_cannot(place: Place) -> None:
    pipeline = told_of_a_patient(place)
    store = place.connections.store_dsn
    assert adopt_register(store, read_register(TRACKS), TRACKS, "tester", NOW)
    assert not adopt_register(store, read_register(TRACKS), TRACKS, "tester", NOW)

    def ask(track: str, message: str) -> Any:
        said = {"track": track, "to_unit": "hsa:SE2321000198-HEART1"}
        asked = submission("referral-sent", "2026-03-04T10:00:00+01:00", message=message, data=said)
        with pipeline.intake() as intake:
            (answer,) = intake.submit([asked], lambda: datetime.now(UTC), operator=True)
        return answer

    assert ask("own-track", "3").refused is None
    refused = ask("heart-failure", "4").refused
    assert refused.message == "There is no such track between specialists and primary care."
    assert refused.hint == "The tracks are own-track."

    pipeline.project()
    with connect(place.connections.read_dsn) as connection:
        waits = connection.execute("SELECT DISTINCT at_most FROM shown.waits WHERE rule = 'W-18'").fetchall()
    assert waits == [(30.0,)]
