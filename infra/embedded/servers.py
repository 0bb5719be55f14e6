"""Both local servers as one thing: start them, stop them, say how they are."""

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from infra.embedded import jars, kafka, postgres, processes
from infra.embedded import state as states
from infra.embedded.state import State
from infra.errors import OperatingError
from infra.home import Home, disk_errors, prepare_home


class Narrator(Protocol):
    """Is told what goes on, so that whoever waits can be shown."""

    def say(self, text: str) -> None:
        """One sentence about what happens now."""

    def progress(self, title: str, done: int, total: int) -> None:
        """How far a long step has come."""


@dataclass(frozen=True)
class Status:
    """One server as it is now; it has a port and a process id while it runs."""

    server: str
    version: str
    running: bool
    port: int | None
    pid: int | None


def up(home: Home, maven_base: str, narrator: Narrator) -> State:
    """Start what is not running, whatever happened to it before, and return how to reach it.

    Two at the same time take turns. Raises OperatingError with a hint where a server cannot be started.
    """
    prepare_home(home)
    with _alone(home, narrator):
        state = _planned(home, narrator)
        # What cannot work here is told before anything is fetched or started.
        database_server, broker_server = postgres.prepare(home), kafka.prepare(home)
        # Most of the time is spent waiting for one or the other.
        with ThreadPoolExecutor(2) as pool:
            database = pool.submit(_up_postgres, database_server, state, narrator)
            broker = pool.submit(_up_kafka, broker_server, state, maven_base, narrator)
        database.result()
        state.kafka_pid = broker.result()
        with disk_errors(home.state):
            state.save(home.state)
        return state


def down(home: Home, narrator: Narrator) -> bool:
    """Stop both servers cleanly; False where neither was running. What they hold stays."""
    if states.load(home.state) is None:
        return False
    with _alone(home, narrator):
        broker, database = kafka.running(home), postgres.running(home)
        if broker is not None:
            narrator.say("Stopping Kafka.")
            kafka.stop(broker)
        if database is not None:
            narrator.say("Stopping PostgreSQL.")
            postgres.prepare(home).stop()
        return broker is not None or database is not None


def status(home: Home) -> list[Status]:
    """How both servers are."""
    state = states.load(home.state)
    database = postgres.running(home)
    broker = kafka.running(home) if state else None
    return [
        Status(
            "postgresql",
            postgres.MAJOR,
            database is not None,
            postgres.listening_port(home) if database else None,
            database.pid if database else None,
        ),
        Status(
            "kafka",
            jars.kafka_version(),
            broker is not None,
            state.kafka_port if state and broker else None,
            broker.pid if broker else None,
        ),
    ]


def running_state(home: Home) -> State:
    """How to reach the servers. Raises OperatingError where either is not running."""
    state = states.load(home.state)
    if state is None or not (postgres.running(home) and kafka.noted(home, state)):
        raise OperatingError("The servers are not running.", hint="Start them with `carechain up`.")
    return state


@contextmanager
def _alone(home: Home, narrator: Narrator) -> Iterator[None]:
    """Only one process at a time starts or stops this home's servers; another waits."""
    with disk_errors(home.lock):
        handle = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            narrator.say("Waiting for another carechain that starts or stops these servers.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _planned(home: Home, narrator: Narrator) -> State:
    """The state with the ports to use, on disk before any server is started with them."""
    state = states.load(home.state) or _new_state(home)
    old = (state.postgres_port, state.kafka_port)
    if postgres.running(home):
        state.postgres_port = postgres.listening_port(home) or state.postgres_port
    else:
        processes.wait_for_release(postgres.noted_pid(home), (state.postgres_port,))
        state.postgres_port = processes.choose_port(state.postgres_port)
    if not kafka.running(home):
        processes.wait_for_release(state.kafka_pid, (state.kafka_port, state.kafka_controller_port))
        others = frozenset({state.postgres_port})
        state.kafka_port = processes.choose_port(state.kafka_port, others)
        others |= {state.kafka_port}
        state.kafka_controller_port = processes.choose_port(state.kafka_controller_port, others)
    for name, before, now in zip(
        ("PostgreSQL", "Kafka"), old, (state.postgres_port, state.kafka_port), strict=True
    ):
        if before not in (0, now):
            narrator.say(f"Another program uses port {before}; {name} now listens on port {now}.")
    with disk_errors(home.state):
        state.save(home.state)
    return state


def _new_state(home: Home) -> State:
    if (home.postgres / "created").exists():
        raise OperatingError(
            f"The file {home.state}, which holds the servers' passwords, is gone.",
            hint=f"Restore it from a backup, or remove {home.path} to begin anew without its data.",
            exit_code=2,
        )
    return State()


def _up_postgres(server: postgres.PostgresServer, state: State, narrator: Narrator) -> None:
    if postgres.running(server.home) is None or not processes.is_open(state.postgres_port):
        narrator.say("Starting PostgreSQL.")
        server.create(state.postgres_password)
        server.start(state.postgres_port)
    postgres.ensure_database(state)


def _up_kafka(server: kafka.KafkaServer, state: State, maven_base: str, narrator: Narrator) -> int:
    home = server.home
    running = kafka.running(home)
    if running is None:
        jars.fetch(
            home.jars, maven_base, lambda done, total: narrator.progress("Fetching Kafka", done, total)
        )
        narrator.say("Starting Kafka.")
        server.configure(state)
        server.format(state)
        running = server.start()
    server.wait(running, state.kafka_port)
    return running.pid
