"""Facts for a relay to publish, as plain rows of the store, and what others then read on the topic."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread
from uuid import UUID, uuid4

from consumers.relay import Relay
from infra import kafka
from infra.errors import OperatingError
from infra.postgres import connect
from infra.store import FactsLog, OutboxLog, store_id

RECORDED = "2026-03-01T12:00:00.250+00:00"
RECORDED_MS = 1_772_366_400_250


def body(number: int) -> bytes:
    """A fact's bytes: a relay looks at the recorded time only."""
    return f'{{"id":"fact {number}","recordedtime":"{RECORDED}","data":{{"ward":"Å{number}"}}}}'.encode()


def add_facts(dsn: str, numbers: Iterable[int], journey: UUID | None = None) -> None:
    """Commit facts in one transaction, each on a journey of its own or all on one."""
    rows = [(journey or uuid4(), number, body(number)) for number in numbers]
    with connect(dsn) as connection:
        connection.execute("LOCK TABLE store.journeys_events IN EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO store.journeys_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, 'test', %s)",
                rows,
            )
        connection.execute("NOTIFY journeys_events")


def stored(dsn: str) -> list[tuple[int, str, bytes]]:
    """Position, journey and bytes of everything in the store."""
    with connect(dsn) as connection:
        rows = connection.execute(
            "SELECT notification_id, originator_id::text, state FROM store.journeys_events ORDER BY 1"
        ).fetchall()
    return [(position, journey, bytes(state)) for position, journey, state in rows]


def published(connection: kafka.KafkaConnection, topic: str, **settings: object) -> list[kafka.Record]:
    """Everything on the topic, committed only if not told otherwise, partition by partition."""
    found: list[kafka.Record] = []
    with closing(kafka.assigned_consumer(connection, **settings)) as consumer:
        ends = kafka.end_offsets(consumer, topic)
        consumer.assign(list(ends))
        consumer.seek_to_beginning(*ends)
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                found += records
    return sorted(found, key=lambda record: (record.partition, record.offset))


def positions(records: Sequence[kafka.Record]) -> list[int]:
    """The places in the store's log, in the order of the records."""
    return [int(dict(record.headers)["position"]) for record in records]


def assert_each_once(place) -> None:
    """Each fact of the store is on the topic exactly once, with its bytes, in order in each partition."""
    records = published(place.connections.kafka, place.topic("facts"))
    found = [(p, r.key.decode(), r.value) for p, r in zip(positions(records), records, strict=True)]
    assert sorted(found) == stored(place.connections.store_dsn)
    for partition in {record.partition for record in records}:
        own = positions([record for record in records if record.partition == partition])
        assert own == sorted(own)


def make_relay(place, name="facts", **settings: int) -> Relay:
    """A relay of this place's store."""
    dsn = place.connections.store_dsn
    log = FactsLog() if name == "facts" else OutboxLog(name)
    return Relay(dsn, place.connections.kafka, log, place.topic(name), store_id(dsn), **settings)


class Running:
    """A relay at work in a thread of its own; `error` is what it ended with."""

    def __init__(self, relay: Relay) -> None:
        self.error: OperatingError | None = None
        self.stop = Event()
        self._relay = relay
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._relay.run(self.stop)
        except OperatingError as error:
            self.error = error

    def ended(self) -> bool:
        """Whether it has stopped, for whatever reason."""
        return not self._thread.is_alive()

    def end(self) -> None:
        """Stop it, and wait until it has."""
        self.stop.set()
        self._thread.join(30)
        assert self.ended()


@contextmanager
def running(relay: Relay) -> Iterator[Running]:
    """A relay at work inside."""
    started = Running(relay)
    try:
        yield started
    finally:
        started.end()
