"""The relay under load while it, Kafka and PostgreSQL are killed: each fact once, in order, none missing."""

import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from relay_facts import add_facts, assert_each_once, body, make_relay, positions, published, stored
from waiting import wait_until

from infra import kafka
from infra.embedded import kafka as embedded_kafka
from infra.embedded import postgres as embedded_postgres
from infra.embedded import servers as embedded
from infra.errors import OperatingError
from infra.home import Home
from infra.postgres import connect, migrate
from infra.settings import MAVEN_CENTRAL, Settings, connections
from infra.store import store_id
from infra.topics import ensure_topics, topic_name

pytestmark = pytest.mark.broker

PROGRAM = Path(__file__).parent / "relay_process.py"
HOMES = Path(__file__).parent.parent.parent / "build" / "homes"
BATCH = 200


class Load:
    """Commits facts without pause until it is told to stop; every tenth transaction leaves a gap instead."""

    def __init__(self, dsn):
        self._dsn = dsn
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join(60)

    def _run(self):
        journeys = [uuid4() for _ in range(50)]
        version = 0
        with ExitStack() as stack:
            connection = None
            while not self._stop.wait(0.01):
                version += 1
                try:
                    connection = connection or stack.enter_context(
                        closing(connect(self._dsn, autocommit=True))
                    )
                    self._commit(connection, random.sample(journeys, 20), version)
                except (psycopg.OperationalError, OperatingError):
                    connection = None

    def _commit(self, connection, journeys, version):
        with connection.transaction() as transaction, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE store.journeys_events IN EXCLUSIVE MODE")
            cursor.executemany(
                "INSERT INTO store.journeys_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, 'test', %s)",
                [(journey, version, body(version)) for journey in journeys],
            )
            cursor.execute("NOTIFY journeys_events")
            if version % 10 == 0:
                raise psycopg.Rollback(transaction)


class Relays:
    """The relay's process, started again whenever it is gone."""

    def __init__(self, place):
        self._place = place
        self._store = str(store_id(place.connections.store_dsn))
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self.processes:
            process.kill()
            process.wait()

    def start(self):
        words = [sys.executable, PROGRAM, self._store, self._place.topic("facts"), str(BATCH)]
        self.processes.append(
            subprocess.Popen(words, env={**os.environ, **self._place.env}, stderr=subprocess.DEVNULL)
        )
        return self.processes[-1]

    def stop(self):
        """Stop the last one in good order."""
        self.processes[-1].send_signal(signal.SIGTERM)
        assert self.processes[-1].wait(30) == 0


def written(place):
    """How many offsets are used, committed or not."""
    uncommitted = {"isolation_level": "read_uncommitted"}
    with closing(kafka.assigned_consumer(place.connections.kafka, **uncommitted)) as consumer:
        while True:
            yield sum(kafka.end_offsets(consumer, place.topic("facts")).values())


def wait_for_more(place, count, what):
    counts = written(place)
    goal = next(counts) + count
    wait_until(lambda: next(counts) >= goal, 60, f"{count} more records {what}")
    counts.close()


def wait_until_all_is_out(place):
    """The last fact of the store is on the topic."""
    last = stored(place.connections.store_dsn)[-1][0]

    def is_out():
        found = published(place.connections.kafka, place.topic("facts"))
        return last in positions(found)

    wait_until(is_out, 90, "the last fact is on the topic")


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_a_relay_killed_at_any_moment_loses_and_repeats_nothing(place, kills):
    with Relays(place) as relays:
        with Load(place.connections.store_dsn):
            for _ in range(kills):
                process = relays.start()
                wait_for_more(place, random.randint(200, 2500), "before it is killed")
                process.kill()
                process.wait()
            relays.start()
            wait_for_more(place, 500, "after the last kill")
        wait_until_all_is_out(place)
        relays.stop()

    assert_each_once(place)


def test_a_relay_that_was_frozen_while_another_took_over_does_no_harm(place):
    with Relays(place) as relays:
        with Load(place.connections.store_dsn):
            frozen = relays.start()
            wait_for_more(place, random.randint(200, 2500), "before it is frozen")
            frozen.send_signal(signal.SIGSTOP)
            # PostgreSQL believes that its machine is gone, and so the lock is free.
            with connect(place.connections.store_dsn) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'carechain relay' AND datname = current_database()"
                )
            relays.start()
            wait_for_more(place, 2000, "from the other")
            frozen.send_signal(signal.SIGCONT)
            wait_for_more(place, 2000, "with both")
        wait_until_all_is_out(place)
        relays.stop()
        # It was fenced inside a transaction, or else has noticed first that its lock is lost, and waits.
        assert frozen.poll() in (None, 1)

    assert_each_once(place)


@contextmanager
def own_place():
    """A place on servers of its own, which may be killed."""
    # Not in the temporary folder: that is closed to all but us, and root's PostgreSQL runs as another account.
    path = HOMES / secrets.token_hex(4)
    path.mkdir(parents=True)
    (path / "cache").symlink_to(Home(Path(os.environ["CARECHAIN_HOME"])).cache)
    home = Home(path)
    try:
        start(home)
        settings = Settings(home=path, facts_partitions=3)
        made = SimpleNamespace(
            home=home,
            connections=connections(settings),
            topic=lambda name: topic_name(settings, name),
            env={"CARECHAIN_HOME": str(path), "CARECHAIN_FACTS_PARTITIONS": "3"},
        )
        migrate(made.connections.store_dsn)
        with kafka.admin(made.connections.kafka) as admin:
            ensure_topics(admin, settings, only=("facts",))
        yield made
    finally:
        embedded.down(home, Quiet())
        shutil.rmtree(path)


class Quiet:
    """A narrator that tells nobody."""

    def say(self, text): ...

    def progress(self, title, done, total): ...


def stop_kafka(home):
    embedded_kafka.stop(embedded_kafka.running(home))


def start(home):
    embedded.up(home, MAVEN_CENTRAL, Quiet())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("servers")
def test_killing_kafka_and_postgresql_under_a_relay_loses_and_repeats_nothing():
    with own_place() as place, Relays(place) as relays:
        with Load(place.connections.store_dsn):
            process = relays.start()
            for server in (embedded_kafka, embedded_postgres) * 2:
                wait_for_more(place, random.randint(200, 2500), "before a server is killed")
                os.kill(server.running(place.home).pid, signal.SIGKILL)
                start(place.home)
            wait_for_more(place, 2000, "after the last kill")
        wait_until_all_is_out(place)
        assert process.poll() is None
        relays.stop()
        assert_each_once(place)


def open_transaction(place, entries):
    """Write some of these as a relay does, and do not commit."""
    store, topic = store_id(place.connections.store_dsn), place.topic("facts")
    producer = kafka.transactional_producer(place.connections.kafka, f"carechain.relay.{store}.{topic}")
    producer.init_transactions()
    producer.begin_transaction()
    for position, key, value in entries:
        headers = [("store", str(store).encode()), ("position", str(position).encode())]
        producer.send(topic, key=key.encode(), value=value, headers=headers)
    producer.flush(20)
    return producer


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("left_open", [0, 40], ids=["between transactions", "inside a transaction"])
@pytest.mark.usefixtures("servers")
def test_a_kafka_that_comes_back_with_an_older_partition_is_refilled(left_open):
    """What a disk that lied, or a backup of Kafka's folder, leaves behind: the same topic without its tail."""
    with own_place() as place:
        dsn = place.connections.store_dsn
        add_facts(dsn, range(30))
        make_relay(place).publish_available()
        add_facts(dsn, range(30, 100))
        partition = kafka.partition_of(stored(dsn)[40][1], 3)
        folder = place.home.kafka / "data" / f"{place.topic('facts')}-{partition}"
        with closing(open_transaction(place, stored(dsn)[30 : 30 + left_open])):
            # Kafka makes the rest of the folder anew from these.
            copies = {
                file.name: file.read_bytes()
                for file in folder.iterdir()
                if file.suffix == ".log" or file.name in ("partition.metadata", "leader-epoch-checkpoint")
            }
            make_relay(place).publish_available()

        stop_kafka(place.home)
        for file in folder.iterdir():
            file.unlink()
        for name, content in copies.items():
            (folder / name).write_bytes(content)
        start(place.home)
        assert len(published(place.connections.kafka, place.topic("facts"))) < 100
        add_facts(dsn, range(100, 110))
        make_relay(place, batch=10).publish_available()

        assert_each_once(place)
