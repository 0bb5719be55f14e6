"""What runs for ever: the relays of each stream, the projector and the watch, together in threads or one alone."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from consumers.projector import Projector
from consumers.relay import Relay
from consumers.watch import Watch
from infra.keys import MasterKey
from infra.logs import correlation
from infra.settings import Connections, Settings
from infra.store import FactsLog, OutboxLog, store_id
from infra.topics import Name, topic_name

JOIN_S = 15.0
"""How long a worker may take to stop once it was asked to."""


@dataclass(frozen=True)
class Worker:
    """A name, and something that runs until the event is set."""

    name: str
    run: Callable[[threading.Event], None]


STREAMS: tuple[Name, ...] = ("facts", "reference", "settlements", "dead-letters", "alarms")
"""What the store publishes, each by a relay of its own."""


def relay(settings: Settings, connections: Connections, stream: Name) -> Relay:
    """The relay of one of the ``STREAMS``."""
    log = FactsLog() if stream == "facts" else OutboxLog(stream)
    store = store_id(connections.store_dsn)
    return Relay(connections.store_dsn, connections.kafka, log, topic_name(settings, stream), store)


def relays(settings: Settings, connections: Connections) -> list[Worker]:
    """One relay per stream of the store."""
    return [Worker(f"relay of {name}", relay(settings, connections, name).run) for name in STREAMS]


def projector(settings: Settings, connections: Connections, master_key: MasterKey, slot: int = 1) -> Worker:
    """One projector of the group; each of several has its own slot."""
    made = Projector(
        connections,
        master_key,
        topic=topic_name(settings, "facts"),
        reference_topic=topic_name(settings, "reference"),
        dead_letters_topic=topic_name(settings, "dead-letters"),
        slot=f"projector-{slot}",
    )
    return Worker(made.slot, made.run)


def watch(settings: Settings, connections: Connections) -> Worker:
    """What looks for sources that have fallen silent."""
    made = Watch(
        connections,
        interval=timedelta(seconds=settings.watch_interval_s),
        alarms_from=settings.alarms_from,
    )
    return Worker("watch", made.run)


def run_all(workers: Sequence[Worker], stop: threading.Event) -> None:
    """Run workers until ``stop`` is set or one of them ends by an error, which is raised when all have stopped."""
    failures: list[BaseException] = []

    def guard(worker: Worker) -> None:
        try:
            with correlation():
                worker.run(stop)
        except Exception as error:  # noqa: BLE001  # raised again below, from the thread that waits
            failures.append(error)
        finally:
            stop.set()

    threads = [
        threading.Thread(target=guard, args=(worker,), name=worker.name, daemon=True) for worker in workers
    ]
    for thread in threads:
        thread.start()
    while not stop.wait(0.2):
        pass
    for thread in threads:
        thread.join(JOIN_S)
    if failures:
        raise failures[0]
