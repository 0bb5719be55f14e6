"""Relay and projector killed at random moments under load: each fact exactly once on the topic and in the journal."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from conftest import Place
from pipeline import Pipeline, submission
from running import running
from waiting import wait_until

from consumers.status import status
from infra.postgres import connect

pytestmark = pytest.mark.broker
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}


@contextmanager
def load(pipeline: Pipeline) -> Iterator[Callable[[], int]]:
    """Somebody records without pause: a stay's facts for ever new patients. Gives how many facts there are."""
    stop, recorded, failures = threading.Event(), [0], []

    def work() -> None:
        try:
            number = 0
            while not stop.is_set():
                number += 1
                answers = pipeline.submit(_stays(number))
                recorded[0] += sum(len(answer.new) for answer in answers)
                stop.wait(0.05)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: recorded[0]
    finally:
        stop.set()
        thread.join(60)
    if failures:
        raise failures[0]


def _stays(number: int) -> list:  # type: ignore[type-arg]
    facts = []
    for patient in range(20):
        name = f"SIM-{number % 40:04d}{patient:04d}"
        day = f"2026-03-{number // 40 % 27 + 1:02d}"
        facts += [
            submission(
                "patient-admitted",
                f"{day}T08:00:00+01:00",
                name,
                message=f"{number}a",
                episode=f"{number}",
                data=ADMISSION,
            ),
            submission(
                "leave-started", f"{day}T09:00:00+01:00", name, message=f"{number}b", episode=f"{number}"
            ),
            submission(
                "patient-discharged",
                f"{day}T10:00:00+01:00",
                name,
                message=f"{number}c",
                episode=f"{number}",
                data={"destination": "home"},
            ),
        ]
    return facts


def _caught_up(place: Place) -> bool:
    with connect(place.connections.store_dsn) as connection:
        stored = connection.execute("SELECT count(*) FROM store.journeys_events").fetchone()
        journalled = connection.execute("SELECT count(*) FROM journal.fact").fetchone()
    return (
        stored == journalled
        and status(place.connections, place.topic("facts"), place.topic("reference")).lag == 0
    )


def assert_exactly_once(pipeline: Pipeline) -> None:
    """Store, topic and journal hold the same bytes, each once; what is shown follows from them."""
    with connect(pipeline.place.connections.store_dsn) as connection:
        stored = [
            bytes(raw) for (raw,) in connection.execute("SELECT state FROM store.journeys_events").fetchall()
        ]
        journalled = [bytes(raw) for (raw,) in connection.execute("SELECT raw FROM journal.fact").fetchall()]
        odd = connection.execute("SELECT count(*) FROM journal.oddity").fetchone()
    published = [bytes(record.value or b"") for record in pipeline.topic_records()]
    assert len(stored) > 0
    assert sorted(published) == sorted(stored)
    assert sorted(journalled) == sorted(stored)
    assert odd == (0,)
    assert pipeline.differences() == []


def _kill_at_random(place: Place, kills: int) -> None:
    pipeline = Pipeline(place)
    dice = random.Random(20260301)
    with (
        running(place, "relay") as relay,
        running(place, "projector") as projector,
        load(pipeline) as recorded,
    ):
        for kill in range(kills):
            wanted = recorded() + dice.randint(100, 1_500)
            wait_until(lambda wanted=wanted: recorded() >= wanted, 60, "more facts are recorded")  # type: ignore[misc]
            threading.Event().wait(dice.uniform(0, 0.5))
            (relay, projector)[kill % 2].kill_and_restart()
            if kill % 4 == 3:
                (relay, projector)[(kill + 1) % 2].kill_and_restart()
    with running(place, "relay") as relay, running(place, "projector") as projector:
        wait_until(lambda: _caught_up(place), 120, "everything stored is journalled")
        assert relay.stop() == 0
        assert projector.stop() == 0
    assert_exactly_once(pipeline)


def test_three_kills_under_load(place: Place) -> None:
    _kill_at_random(place, 6)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_of_each_under_load(place: Place) -> None:
    _kill_at_random(place, 40)


@pytest.mark.slow
def test_a_projector_stopped_past_its_session_and_resumed_changes_nothing(place: Place) -> None:
    pipeline = Pipeline(place)
    with running(place, "relay"), running(place, "projector", "--slot", "1") as sleeper:
        pipeline.submit(_stays(1))
        wait_until(lambda: _caught_up(place), 60, "the first facts are journalled")
        sleeper.signal(signal.SIGSTOP)
        try:
            pipeline.submit(_stays(2))
            with running(place, "projector", "--slot", "2") as other:
                # The group gives the sleeper's partitions away once its session has run out.
                wait_until(lambda: _caught_up(place), 90, "the other has taken over")
                sleeper.signal(signal.SIGCONT)
                pipeline.submit(_stays(3))
                wait_until(lambda: _caught_up(place), 90, "both together have everything")
                assert other.stop() == 0
        finally:
            sleeper.signal(signal.SIGCONT)
        pipeline.submit(_stays(4))
        wait_until(lambda: _caught_up(place), 90, "the one that slept goes on alone")
    assert_exactly_once(pipeline)
