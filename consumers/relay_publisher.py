"""A log's entries become records of its topic: all of a transaction or none, each once, in order."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID

from consumers.relay_bookmark import (
    POSITION_HEADER,
    STORE_HEADER,
    Bookmark,
    Log,
    Reach,
    Route,
    check_decided,
    find_bookmark,
    note_reached,
)
from infra.kafka import (
    FENCED,
    KafkaConnection,
    KafkaError,
    KafkaTimeoutError,
    Producer,
    ProducerFencedError,
    Sending,
    admin,
    assigned_consumer,
    end_offsets,
    partition_of,
    topic_id,
    transactional_producer,
)
from infra.logs import get_logger
from infra.postgres import Connection
from infra.store import Entry

# Less than the 10 s after which Kafka takes a transaction from us: being fenced then always means somebody else.
PATIENCE_S = 8.0
CLOSE_S = 2.0
LIMITS = {"delivery_timeout_ms": 8_000, "request_timeout_ms": 5_000, "max_block_ms": 8_000}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = get_logger(__name__)


class LostTailError(KafkaError):
    """Kafka has put records before the place where the topic ended: it must have lost what was there."""


@contextmanager
def publisher(
    kafka: KafkaConnection, connection: Connection, log: Log, topic: str, store: UUID, batch: int
) -> Iterator["Publisher"]:
    """Shut out any other publisher of this store and topic, find the bookmark, mend what was lost.

    Raises KafkaError, and OperatingError where Kafka is not to be had or topic and store don't belong together.
    """
    with admin(kafka) as client:
        route = Route(connection, log, topic, topic_id(client, topic), store)
    with _only_producer(kafka, route) as producer:
        bookmark = _bookmark(kafka, route)
        if not bookmark.lost:
            yield Publisher(producer, route, bookmark)
            return
        # What was left may be the front part of a transaction whose end was lost with the rest. Our next commit
        # would make it count, and it would be there twice.
        _abort_remains(producer, route, bookmark.lost)
    # A new producer comes into being only when the transaction before it has been decided everywhere.
    with _only_producer(kafka, route) as producer:
        # What is left is what was left: an abort only takes up offsets.
        bookmark = replace(_bookmark(kafka, route), lost=bookmark.lost)
        with closing(assigned_consumer(kafka, isolation_level="read_uncommitted")) as consumer:
            ends = {tp.partition: end for tp, end in end_offsets(consumer, topic).items()}
        check_decided({p: reach.end for p, reach in bookmark.reached.items()}, ends, topic)
        current = Publisher(producer, route, bookmark)
        current.refill(bookmark, batch)
        yield current


@contextmanager
def _only_producer(kafka: KafkaConnection, route: Route) -> Iterator[Producer]:
    """A producer of this route, which shuts out any other and has waited for the end of what that one began."""
    producer = transactional_producer(kafka, f"carechain.relay.{route.store}.{route.topic}", **LIMITS)
    try:
        producer.init_transactions()
        yield producer
    finally:
        with suppress(KafkaError):
            producer.close(timeout=CLOSE_S)


def _bookmark(kafka: KafkaConnection, route: Route) -> Bookmark:
    with closing(assigned_consumer(kafka)) as consumer:
        return find_bookmark(consumer, route)


def _abort_remains(producer: Producer, route: Route, partitions: Iterable[int]) -> None:
    """An abort ends, in each partition it touches, whatever a producer of the same name has left open there."""
    producer.begin_transaction()
    sendings = [producer.send(route.topic, value=b"", partition=p) for p in partitions]
    producer.flush(PATIENCE_S)
    for sending in sendings:
        sending.get(timeout=0)
    _within(PATIENCE_S, producer.abort_transaction)


class Publisher:
    """The one that publishes now: up to `position` in the log, up to what is `reached` in each partition."""

    def __init__(self, producer: Producer, route: Route, bookmark: Bookmark) -> None:
        self._producer = producer
        self._route = route
        kind = route.log.content_type
        self._headers = [("content-type", kind.encode()), (STORE_HEADER, str(route.store).encode())]
        self.reached = dict(bookmark.reached)
        self.position = bookmark.position

    def publish(self, entries: Iterable[Entry]) -> None:
        """Publish the next entries as one transaction, at least one.

        Raises ProducerFencedError where another publisher has taken over, any other KafkaError where they
        could not be published; then this publisher is of no more use.
        """
        reached = self._transact(entries)
        note_reached(self._route, reached)
        self.position = max(reach.position for reach in reached.values())

    def refill(self, bookmark: Bookmark, batch: int) -> None:
        """Publish again what partitions have lost, up to the bookmark: what comes after it comes anyway."""
        lost, connection = bookmark.lost, self._route.connection
        after, refilled = min(lost.values()), 0
        while after < bookmark.position:
            entries = self._route.log.read(connection, after, batch)
            entries = [e for e in entries if e.position <= bookmark.position]
            missing = [e for e in entries if e.position > lost.get(self._partition(e), bookmark.position)]
            if missing:
                self._transact(missing)
                refilled += len(missing)
            after = entries[-1].position if entries else bookmark.position
        note_reached(self._route, {p: self.reached[p] for p in lost})
        _log.warning("relay_refilled", topic=self._route.topic, partitions=sorted(lost), records=refilled)

    def _partition(self, entry: Entry) -> int:
        return partition_of(entry.key, len(self.reached))

    @property
    def ends(self) -> dict[int, int]:
        """The offset after the last record of each partition."""
        return {partition: reach.end for partition, reach in self.reached.items()}

    def _transact(self, entries: Iterable[Entry]) -> dict[int, Reach]:
        """Returns how far each touched partition goes after it."""
        started = time.monotonic()
        sent: list[tuple[int, Sending]] = []
        self._producer.begin_transaction()
        try:
            for entry in entries:
                sent.append((entry.position, self._send(entry)))  # noqa: PERF401  # an abort must see those before it
            reached = self._written(sent)
            _within(started + PATIENCE_S - time.monotonic(), self._producer.commit_transaction)
        except KafkaError as error:
            if _is_fenced(error, [sending for _, sending in sent]):
                raise ProducerFencedError from error
            self._give_up()
            raise
        self.reached |= reached
        return reached

    def _send(self, entry: Entry) -> Sending:
        return self._producer.send(
            self._route.topic,
            key=entry.key.encode(),
            value=entry.body,
            headers=[*self._headers, (POSITION_HEADER, str(entry.position).encode())],
            timestamp_ms=(entry.recorded_at - _EPOCH) // timedelta(milliseconds=1),
        )

    def _written(self, sent: Sequence[tuple[int, Sending]]) -> dict[int, Reach]:
        """How far the partitions go after these records, of which every one must be written.

        kafka-python would commit a transaction of which a batch ran out of time, or was dropped when the
        producer took a new epoch.
        """
        self._producer.flush(PATIENCE_S)
        begins: dict[int, int] = {}
        reached: dict[int, Reach] = {}
        for position, sending in sent:
            written = sending.get(timeout=0)
            begins.setdefault(written.partition, written.offset)
            reached[written.partition] = Reach(written.offset + 1, position)
        ends = self.ends
        lost = [p for p, begin in begins.items() if begin < ends.get(p, 0)]
        if lost:
            # Not committed, so the next start finds what is missing by its position.
            raise LostTailError(f"partitions {lost} of {self._route.topic} have lost their tail")
        return reached

    def _give_up(self) -> None:
        """Let readers pass at once if Kafka still hears us; if not, the next producer, or time, will do it."""
        with suppress(KafkaError):
            _within(CLOSE_S, self._producer.abort_transaction)


def _is_fenced(error: KafkaError, sendings: Sequence[Sending]) -> bool:
    """Whether another publisher is behind this: the client wraps it, or tells only the records on their way."""
    if any(isinstance(e, FENCED) for e in (error, *error.args)):
        return True
    for sending in sendings:
        try:
            sending.get(timeout=0)
        except FENCED:
            return True
        except KafkaError:
            continue
    return False


def _within(seconds: float, end_transaction: Callable[[], None]) -> None:
    """kafka-python waits without limit for a transaction to end. We wait elsewhere, and leave when time is up."""
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            end_transaction()
        except KafkaError as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    Thread(target=run, daemon=True).start()
    try:
        outcome.result(max(seconds, 0.1))
    except TimeoutError:
        raise KafkaTimeoutError("the transaction did not end in time") from None
