"""The access log on Kafka: what an event says, each once and in order, and that reading waits for no Kafka."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from access_world import BLOCKED_INSIDE, PROTECTED, TOGETHER, Login, furnish, logins
from conftest import Place
from given import WARD
from jsonschema import Draft202012Validator
from relay_facts import positions, published
from waiting import wait_until

from cli import main, schemas
from consumers import workers
from consumers.access_log import AccessLog, event
from domain.rows import named_id
from infra.postgres import connect
from infra.settings import Settings
from infra.store import store_id

PROGRAM = Path(__file__).parent / "access_relay_process.py"
LEAST: dict[str, Any] = {
    "id": UUID("00000000-0000-4000-8000-0000000000a1"),
    "journey": UUID("00000000-0000-4000-8000-000000000001"),
    "at": datetime(2026, 3, 2, 7, 0, tzinfo=UTC),
    "staff": None,
    "role": "operator",
    "unit": None,
    "organisation": None,
    "purpose": "coordination",
    "action": "journey list",
    "ground": "coordination",
    "emergency": None,
    "lifted": False,
    "blocked": 0,
    "unconsented": 0,
}
MOST = {
    **LEAST,
    "staff": "00000000-0000-4000-8000-000000000007",
    "role": "care",
    "unit": WARD,
    "organisation": "orgnr:2321000198",
    "purpose": "care",
    "action": "journey show",
    "ground": "emergency",
    "emergency": "danger-to-life",
    "lifted": True,
    "blocked": 2,
    "unconsented": 1,
}
STORE = UUID("00000000-0000-4000-8000-0000000000aa")


def test_an_event_says_who_read_what_where_when_and_why(golden: Callable[[str, str], None]) -> None:
    written = event(STORE, MOST)
    golden("messages/patient-data-read.v1.json", written.decode() + "\n")
    assert json.loads(written) == {
        "specversion": "1.0",
        "id": str(named_id(f"access|{MOST['id']}|{MOST['journey']}")),
        "source": f"/carechain/{STORE}",
        "type": "se.carechain.patient-data-read.v1",
        "subject": "00000000-0000-4000-8000-000000000001",
        "time": "2026-03-02T07:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": {
            "look": "00000000-0000-4000-8000-0000000000a1",
            "staff": "00000000-0000-4000-8000-000000000007",
            "role": "care",
            "unit": WARD,
            "organisation": "orgnr:2321000198",
            "purpose": "care",
            "action": "journey show",
            "ground": "emergency",
            "emergency": "danger-to-life",
            "lifted": True,
            "blocked": 2,
            "unconsented": 1,
        },
    }


@pytest.mark.parametrize("line", [LEAST, MOST])
def test_every_event_follows_its_schema(line: dict[str, Any]) -> None:
    schema = schemas.one("patient-data-read")
    assert schema is not None
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    assert list(check.iter_errors(json.loads(event(STORE, line)))) == []
    assert list(check.iter_errors({"type": "se.carechain.patient-data-read.v1"}))


# -- on Kafka ------------------------------------------------------------------------------------------------------

broker = pytest.mark.broker


@pytest.fixture(scope="module")
def care(module_place: Place) -> Iterator[Login]:
    furnish(module_place)
    with logins(module_place, ["carechain_care"]) as made:
        yield made["care"]


def look(login: Login, *journeys: UUID, **more: Any) -> UUID:
    given = {"journeys": list(journeys), "emergency": None, **more}
    with login.connect() as connection:
        row = connection.execute(
            "SELECT look FROM access.look('care', 'journey show', journeys => %(journeys)s, emergency => %(emergency)s)",
            given,
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def publish(place: Place) -> int:
    return workers.relay(place.settings, place.connections, "access").publish_available()


def logged(place: Place) -> list[tuple[int, str, bytes]]:
    """Position, key and bytes of all that is to be published."""
    with connect(place.connections.read_dsn) as connection:
        log = AccessLog(store_id(place.connections.store_dsn))
        return [(entry.position, entry.key, entry.body) for entry in log.read(connection, 0, 100_000)]


def on_topic(place: Place) -> list[tuple[int, str, bytes]]:
    records = published(place.connections.kafka, place.topic("access"))
    found = [
        (p, (r.key or b"").decode(), r.value or b"") for p, r in zip(positions(records), records, strict=True)
    ]
    for partition in {record.partition for record in records}:
        own = positions([record for record in records if record.partition == partition])
        assert own == sorted(own)
    return sorted(found)


@broker
def test_each_patient_of_a_look_is_published_once(module_place: Place, care: Login) -> None:
    made = look(care, TOGETHER, BLOCKED_INSIDE, PROTECTED)
    publish(module_place)
    assert publish(module_place) == 0

    events = [json.loads(body) for _, _, body in on_topic(module_place)]
    own = {event["subject"]: event["data"] for event in events if event["data"]["look"] == str(made)}
    assert {journey: (data["blocked"], data["unconsented"]) for journey, data in own.items()} == {
        str(TOGETHER): (0, 1),
        str(BLOCKED_INSIDE): (2, 0),
        str(PROTECTED): (0, 0),
    }
    assert {data["staff"] for data in own.values()} == {str(care.staff)}
    assert on_topic(module_place) == logged(module_place)


@broker
def test_the_relay_runs_with_the_others(module_place: Place) -> None:
    assert "access" in workers.STREAMS
    names = [worker.name for worker in workers.relays(module_place.settings, module_place.connections)]
    assert "relay of access" in names


@broker
def test_reading_waits_for_no_kafka(
    module_place: Place, care: Login, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    # Nothing listens there.
    env = {**module_place.env, "CARECHAIN_KAFKA_BOOTSTRAP": "127.0.0.1:1", "CARECHAIN_READ_DSN": care.dsn}
    for name, value in {**env, "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    before = len(logged(module_place))

    assert main.run(["journey", "show", str(TOGETHER), "--json"]) == 0, capsys.readouterr().err

    assert len(logged(module_place)) == before + 1
    publish(module_place)
    assert on_topic(module_place) == logged(module_place)


@broker
@pytest.mark.slow
def test_through_kills_each_is_published_once_and_in_order(place: Place) -> None:
    """As the relay of facts is (`test_relay_crash.py`): this log gives it the same bytes again whenever it asks."""
    furnish(place)
    chance = random.Random(7)

    def relay() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, PROGRAM, "3"], env={**os.environ, **place.env})

    def reached() -> int:
        return len(published(place.connections.kafka, place.topic("access")))

    with logins(place, ["carechain_care"]) as made:
        process = relay()
        try:
            for round_ in range(4):
                for _ in range(30):
                    look(made["care"], TOGETHER, BLOCKED_INSIDE)
                goal = min(60 * round_ + chance.randrange(5, 50), 60 * (round_ + 1))
                wait_until(lambda goal=goal: reached() >= goal, 60, "some are published")  # type: ignore[misc]
                process.kill()
                process.wait()
                process = relay()
            wait_until(lambda: reached() >= 240, 60, "all are published")
        finally:
            process.kill()
            process.wait()
    publish(place)
    assert on_topic(place) == logged(place)
    with psycopg.connect(place.connections.read_dsn) as admin:
        assert admin.execute("SELECT count(*) FROM access.entry").fetchone() == (240,)
