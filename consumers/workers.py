"""What runs for ever: relays, projector, watch and notary, together in threads or one alone."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from consumers.access_log import AccessLog
from consumers.audit.notary import Notary
from consumers.figures import Figures
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


STREAMS: tuple[Name, ...] = (
    "facts",
    "reference",
    "settlements",
    "dead-letters",
    "alarms",
    "checkpoints",
    "access",
)
"""What is published, each by a relay of its own: what the store holds, and who has read of it."""


def relay(settings: Settings, connections: Connections, stream: Name) -> Relay:
    """The relay of one of the ``STREAMS``."""
    store = store_id(connections.store_dsn)
    if stream == "access":
        # Reads are logged where the answers are.
        return Relay(
            connections.read_dsn, connections.kafka, AccessLog(store), topic_name(settings, stream), store
        )
    log = FactsLog() if stream == "facts" else OutboxLog(stream)
    return Relay(connections.store_dsn, connections.kafka, log, topic_name(settings, stream), store)


def relays(settings: Settings, connections: Connections) -> list[Worker]:
    """One relay per stream."""
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


def notary(settings: Settings, connections: Connections) -> Worker:
    """What signs from time to time how much is on record."""
    made = Notary(
        connections.store_dsn,
        key_file=settings.signing_key_file,
        folder=settings.checkpoints,
        interval=timedelta(seconds=settings.checkpoint_interval_s),
    )
    return Worker("notary", made.run)


def figures(settings: Settings, connections: Connections) -> Worker:
    """What publishes figures from time to time for those who see no patients."""
    made = Figures(connections.read_dsn, interval=timedelta(seconds=settings.figures_interval_s))
    return Worker("figures", made.run)


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
