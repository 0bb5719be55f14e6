"""The relay: publishes a log of the event store to its topic, every entry exactly once, as long as it runs."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event
from uuid import UUID

import psycopg
from psycopg import sql

from consumers.relay_bookmark import Log, highest_noted, position_of, read_tails, wait_until_visible
from consumers.relay_publisher import Publisher, publisher
from infra.errors import OperatingError
from infra.kafka import KafkaConnection, KafkaError, ProducerFencedError, assigned_consumer
from infra.logs import get_logger
from infra.postgres import Connection, connect

NOTICE_S = 1.0
LOCK_RETRY_S = 0.5
FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 5.0

TROUBLE = (KafkaError, psycopg.OperationalError, OperatingError)
SESSION = {
    # A note that a crash of PostgreSQL takes back is too low, and that is harmless.
    "synchronous_commit": "off",
    # The lock of a machine that vanished is free after a minute, and not after two hours.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

_log = get_logger(__name__)


class Relay:
    """Publishes `log` of the store at `store_dsn` to `topic`; a transaction takes `batch` entries, if given."""

    def __init__(
        self,
        store_dsn: str,
        kafka: KafkaConnection,
        log: Log,
        topic: str,
        store: UUID,
        *,
        batch: int | None = None,
    ) -> None:
        self._store_dsn = store_dsn
        self._kafka = kafka
        self._entries = log
        self._topic = topic
        self._store = store
        self._batch = batch or log.batch
        self._delay = FIRST_DELAY_S
        self._started = False

    def run(self, stop: Event) -> None:
        """Publish until `stop` is set, through every outage after the first good start.

        Raises OperatingError: exit code 3 where a server is not to be had at the start, 1 where another relay
        has taken over or the topic does not belong to this store.
        """
        while not stop.is_set():
            try:
                with self._session() as connection:
                    if not self._wait_for_lock(connection, stop):
                        return
                    with self._publisher(connection) as current:
                        self._started = True
                        _log.info("relay_ready", topic=self._topic, position=current.position)
                        self._follow(connection, current, stop)
            except ProducerFencedError:
                raise self._fenced() from None
            except TROUBLE as error:
                if not self._started or _is_refusal(error):
                    raise self._told(error) from error
                self._back_off(error, stop)
        _log.info("relay_stopped", topic=self._topic)

    def publish_available(self) -> int:
        """Publish to the log's end, wait until readers can see it, and return how many entries that were.

        Where another relay is at work, wait until that one has reached the end. Raises OperatingError as `run`.
        """
        try:
            with self._session() as connection:
                end = self._entries.end(connection)
                while not self._lock(connection):
                    if self._published(connection) >= end:
                        return 0
                    time.sleep(LOCK_RETRY_S)
                with self._publisher(connection) as current:
                    return self._drain(connection, current)
        except ProducerFencedError:
            raise self._fenced() from None
        except TROUBLE as error:
            raise self._told(error) from error

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        """One connection for lock, log and notes: who loses the lock can't read on either."""
        name = "carechain relay"
        with closing(connect(self._store_dsn, autocommit=True, application_name=name)) as connection:
            for setting, value in SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
            yield connection

    @contextmanager
    def _publisher(self, connection: Connection) -> Iterator[Publisher]:
        # Listens first: what is committed after the first look is then announced.
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._entries.channel)))
        with publisher(
            self._kafka, connection, self._entries, self._topic, self._store, self._batch
        ) as current:
            yield current

    def _lock(self, connection: Connection) -> bool:
        digest = hashlib.sha256(f"relay {self._store} {self._topic}".encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        return connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone() == (True,)

    def _wait_for_lock(self, connection: Connection, stop: Event) -> bool:
        """False if told to stop before the lock was free."""
        said = False
        while not stop.is_set():
            if self._lock(connection):
                return True
            if not said:
                _log.info("relay_waits", topic=self._topic, why="another relay holds the lock, waiting")
                # Whoever stands by for days must outlive an outage, too.
                said = self._started = True
            stop.wait(LOCK_RETRY_S)
        return False

    def _follow(self, connection: Connection, current: Publisher, stop: Event) -> None:
        while not stop.is_set():
            if not self._step(connection, current):
                # The time limit heals whatever notice was missed.
                for _ in connection.notifies(timeout=NOTICE_S, stop_after=1):
                    pass
            self._delay = FIRST_DELAY_S

    def _drain(self, connection: Connection, current: Publisher) -> int:
        total = 0
        while count := self._step(connection, current):
            total += count
        with closing(assigned_consumer(self._kafka)) as consumer:
            wait_until_visible(consumer, self._topic, current.ends)
        return total

    def _step(self, connection: Connection, current: Publisher) -> int:
        """Publish the next entries, if there are any; returns how many."""
        entries = self._entries.read(connection, current.position, self._batch)
        if entries:
            current.publish(entries)
            _log.debug("relay_published", topic=self._topic, entries=len(entries), position=current.position)
        return len(entries)

    def _published(self, connection: Connection) -> int:
        """How far the other relay has come: what can be read, or its note where all has expired."""
        with closing(assigned_consumer(self._kafka)) as consumer:
            tails = read_tails(consumer, self._topic).values()
        seen = [position_of(tail.last, self._store) or 0 for tail in tails if tail.last is not None]
        return max(seen) if seen else highest_noted(connection, self._topic)

    def _back_off(self, error: Exception, stop: Event) -> None:
        _log.warning(
            "relay_trouble", topic=self._topic, error=type(error).__name__, again_in_s=round(self._delay, 1)
        )
        stop.wait(self._delay)
        self._delay = min(self._delay * 2, LONGEST_DELAY_S)

    def _fenced(self) -> OperatingError:
        _log.error("relay_fenced", topic=self._topic)
        return OperatingError(
            f"Another relay has taken over the topic {self._topic}, so this one has stopped.",
            hint="Run one relay a store; start this one again if the other is gone.",
            exit_code=1,
        )

    def _told(self, error: Exception) -> OperatingError:
        if isinstance(error, OperatingError):
            return error
        server = "PostgreSQL" if isinstance(error, psycopg.Error) else "Kafka"
        return OperatingError(
            f"The relay of {self._topic} cannot work: {server} does not answer as it should"
            f" ({type(error).__name__}).",
            hint="Run `carechain doctor`.",
        )


def _is_refusal(error: Exception) -> bool:
    """Whether waiting can't help."""
    return isinstance(error, OperatingError) and error.exit_code != 3
