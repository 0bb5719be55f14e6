"""The relay against the real servers: what it writes, how it goes on, when it waits, and when it refuses."""

import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
import structlog
from relay_facts import (
    RECORDED_MS,
    add_facts,
    assert_each_once,
    body,
    make_relay,
    positions,
    published,
    running,
    stored,
)
from waiting import wait_until

from consumers.relay_bookmark import (
    Bookmark,
    Reach,
    Route,
    check_decided,
    note_reached,
    read_tails,
)
from consumers.relay_publisher import Publisher, publisher
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import KafkaTimeoutError, ProducerFencedError, partition_of
from infra.postgres import connect
from infra.settings import KafkaConnection
from infra.store import Entry, FactsLog, put, store_id
from infra.topics import ensure_topics

broker = pytest.mark.broker

JOURNEY = UUID("0d9f6f3e-3a9e-4a7c-8a55-6f0d6f0b7a11")


def facts(place):
    return published(place.connections.kafka, place.topic("facts"))


def dsn(place):
    return place.connections.store_dsn


def noted(place):
    with connect(dsn(place)) as connection:
        rows = connection.execute("SELECT partition, position FROM store.relayed ORDER BY 1").fetchall()
    return dict(rows)


@contextmanager
def lockless(place):
    """A publisher that has not asked for the lock, as one would be that believes to have it still."""
    with connect(dsn(place), autocommit=True) as connection:
        store = store_id(dsn(place))
        with publisher(
            place.connections.kafka, connection, FactsLog(), place.topic("facts"), store, 1000
        ) as made:
            yield made


def entries(place, after=0):
    with connect(dsn(place)) as connection:
        return FactsLog().read(connection, after, 1000)


def make_anew(place):
    """Delete the facts topic and create it again."""
    with kafka.admin(place.connections.kafka) as admin:
        admin.delete([place.topic("facts")])
        wait_until(lambda: place.topic("facts") not in admin.topics(), 20, "the topic is gone")
        ensure_topics(admin, place.settings, only=("facts",))


def write(place, records):
    """Write records by hand: (position, key, value), or with the headers given as a fourth."""
    store = str(store_id(dsn(place))).encode()
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        for position, key, value, *headers in records:
            own = [("store", store), ("position", str(position).encode())]
            producer.send(
                place.topic("facts"), key=key.encode(), value=value, headers=headers[0] if headers else own
            )
        producer.flush(20)


def write_aborted(place, count, key):
    """Write records that take up offsets and are never seen."""
    with closing(kafka.transactional_producer(place.connections.kafka, "another")) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        for number in range(count):
            producer.send(place.topic("facts"), key=key.encode(), value=str(number).encode())
        producer.flush(20)
        producer.abort_transaction()


@contextmanager
def route(place):
    """Where this place's facts go."""
    topic = place.topic("facts")
    with kafka.admin(place.connections.kafka) as admin:
        topic_id = kafka.topic_id(admin, topic)
    with connect(dsn(place), autocommit=True) as connection:
        yield Route(connection, FactsLog(), topic, topic_id, store_id(dsn(place)))


@broker
def test_a_fact_goes_out_verbatim_under_its_journey(place):
    add_facts(dsn(place), [1], JOURNEY)

    assert make_relay(place).publish_available() == 1

    (record,) = facts(place)
    assert record.key == b"0d9f6f3e-3a9e-4a7c-8a55-6f0d6f0b7a11"
    assert record.value == body(1)
    assert record.timestamp == RECORDED_MS
    assert list(record.headers) == [
        ("content-type", b"application/cloudevents+json"),
        ("store", str(store_id(dsn(place))).encode()),
        ("position", b"1"),
    ]


@broker
def test_each_partition_is_in_order_and_holds_the_keys_any_client_expects_there(place):
    for first in range(0, 60, 20):
        add_facts(dsn(place), range(first, first + 20))

    make_relay(place, batch=7).publish_available()

    assert_each_once(place)
    records = facts(place)
    assert len(records) == 60
    assert all(record.partition == partition_of(record.key.decode(), 3) for record in records)


@broker
def test_a_restart_goes_on_where_the_topic_ends_and_gaps_do_not_matter(place):
    add_facts(dsn(place), [1, 2], JOURNEY)
    assert make_relay(place).publish_available() == 2
    with connect(dsn(place)) as connection:
        connection.execute("SELECT setval('store.journeys_events_notification_id_seq', 41)")
    add_facts(dsn(place), [3], JOURNEY)

    assert make_relay(place).publish_available() == 1
    assert make_relay(place).publish_available() == 0

    assert positions(facts(place)) == [1, 2, 42]


@broker
def test_another_stream_goes_out_by_its_own_relay(place):
    recorded = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    with connect(dsn(place)) as connection:
        put(connection, "dead-letters", [("letter", recorded, b'{"a":1}')])
        put(connection, "reference", [("elsewhere", recorded, b"{}")])

    assert make_relay(place, "dead-letters").publish_available() == 1

    (record,) = published(place.connections.kafka, place.topic("dead-letters"))
    assert (record.key, record.value, record.timestamp) == (b"letter", b'{"a":1}', RECORDED_MS)


@broker
def test_what_is_committed_while_it_runs_goes_out_and_a_stop_is_clean(place):
    with running(make_relay(place)) as relay:
        add_facts(dsn(place), [1, 2, 3])
        wait_until(lambda: len(facts(place)) == 3, 20, "the facts are on the topic")
    assert relay.error is None
    assert_each_once(place)


@broker
def test_a_second_relay_says_that_it_waits_and_takes_over(place):
    with structlog.testing.capture_logs() as said, running(make_relay(place)) as first:
        wait_until(lambda: [s for s in said if s["event"] == "relay_ready"], 20, "the first is ready")
        with running(make_relay(place)) as second:
            wait_until(lambda: [s for s in said if s["event"] == "relay_waits"], 20, "the second says so")
            add_facts(dsn(place), [1])
            wait_until(lambda: len(facts(place)) == 1, 20, "the first publishes")
            first.end()
            add_facts(dsn(place), [2])
            wait_until(lambda: len(facts(place)) == 2, 20, "the second publishes")
    assert (first.error, second.error) == (None, None)
    waits = [s for s in said if s["event"] == "relay_waits"]
    assert [s["why"] for s in waits] == ["another relay holds the lock, waiting"]
    assert_each_once(place)


@broker
def test_a_relay_that_waits_can_be_stopped(place):
    with structlog.testing.capture_logs() as said, running(make_relay(place)) as first:
        wait_until(lambda: [s for s in said if s["event"] == "relay_ready"], 20, "the first is ready")
        with running(make_relay(place)) as second:
            wait_until(lambda: [s for s in said if s["event"] == "relay_waits"], 20, "the second waits")
        assert second.error is None
        assert not first.ended()


@broker
def test_publishing_what_is_there_waits_for_a_relay_at_work(place):
    with running(make_relay(place)):
        add_facts(dsn(place), [1, 2])
        wait_until(lambda: len(facts(place)) == 2, 20, "the relay has published")
        assert make_relay(place).publish_available() == 0
    assert_each_once(place)


@broker
def test_who_was_stopped_inside_a_transaction_is_fenced_and_nothing_of_it_is_seen(place):
    add_facts(dsn(place), range(5))
    outcome = []

    def interrupted():
        found = entries(place)
        yield found[0]
        with lockless(place) as other:
            other.publish(found)
            outcome.append(other.position)
        yield from found[1:]

    with lockless(place) as old, pytest.raises(ProducerFencedError):
        old.publish(interrupted())

    assert outcome == [5]
    assert_each_once(place)


@broker
def test_a_running_relay_that_is_fenced_stops_for_good(place):
    add_facts(dsn(place), [1])
    with running(make_relay(place)) as relay:
        wait_until(lambda: len(facts(place)) == 1, 20, "the relay is at work")
        with lockless(place) as other:
            add_facts(dsn(place), [2])
            wait_until(relay.ended, 20, "the relay has stopped")
            other.publish(entries(place, after=1))
    assert "taken over" in relay.error.message
    assert relay.error.exit_code == 1
    assert relay.error.hint
    assert_each_once(place)


@broker
def test_a_relay_whose_connections_are_cut_goes_on(place):
    with structlog.testing.capture_logs() as said, running(make_relay(place)) as relay:
        add_facts(dsn(place), [1])
        wait_until(lambda: len(facts(place)) == 1, 20, "the relay is at work")
        with connect(dsn(place)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carechain relay'"
                " AND datname = current_database()"
            )
        add_facts(dsn(place), [2])
        wait_until(lambda: len(facts(place)) == 2, 20, "the relay has come back")
    assert relay.error is None
    assert "relay_trouble" in [s["event"] for s in said]
    assert_each_once(place)


@broker
def test_aborted_records_at_the_end_do_not_hide_the_bookmark(place):
    add_facts(dsn(place), [1, 2], JOURNEY)
    make_relay(place).publish_available()
    write_aborted(place, 700, str(JOURNEY))
    with closing(kafka.assigned_consumer(place.connections.kafka)) as consumer:
        tails = read_tails(consumer, place.topic("facts"))

    found = [tail.last.value for tail in tails.values() if tail.last]
    assert found == [body(2)]
    assert make_relay(place).publish_available() == 0


def what_is_left(place, partition, kept):
    """The topic as it is after this partition lost all but its first records, though they had been noted.

    Kafka has no request that takes away a tail, so the topic is written as it would be left.
    """
    rows = stored(dsn(place))
    mine = [row for row in rows if partition_of(row[1], 3) == partition]
    assert len(mine) > kept
    write(place, [row for row in rows if row not in mine[kept:]])
    by_partition = {p: [row[0] for row in rows if partition_of(row[1], 3) == p] for p in range(3)}
    return {p: Reach(len(found), max(found, default=0)) for p, found in by_partition.items()}


@broker
@pytest.mark.parametrize("kept", [0, 2])
def test_a_partition_that_lost_its_tail_is_refilled_in_order(place, kept):
    add_facts(dsn(place), range(40))
    before = what_is_left(place, 1, kept)
    with route(place) as here:
        note_reached(here, before)
    add_facts(dsn(place), range(40, 50))

    make_relay(place, batch=4).publish_available()

    assert_each_once(place)
    positions_of = {p: [r for r in stored(dsn(place)) if partition_of(r[1], 3) == p][-1][0] for p in range(3)}
    assert noted(place) == positions_of
    assert make_relay(place).publish_available() == 0


@broker
def test_a_refilling_that_was_interrupted_is_completed_though_the_end_is_past_the_note(place):
    add_facts(dsn(place), range(40))
    before = what_is_left(place, 2, 3)
    write_aborted(place, 100, next(key for _, key, _ in stored(dsn(place)) if partition_of(key, 3) == 2))
    with route(place) as here:
        note_reached(here, before)

    make_relay(place).publish_available()

    assert_each_once(place)


@broker
def test_a_tail_lost_under_a_running_publisher_is_told_before_anything_is_committed(place):
    add_facts(dsn(place), range(1, 9), JOURNEY)
    partition = partition_of(str(JOURNEY), 3)
    what_is_left(place, partition, 5)
    add_facts(dsn(place), [9], JOURNEY)
    producer = kafka.transactional_producer(place.connections.kafka, "mine")
    with route(place) as here, closing(producer):
        producer.init_transactions()
        # It has seen the partition go further than it does now.
        note_reached(here, {partition: Reach(8, 8)})
        current = Publisher(producer, here, Bookmark(8, {}, {partition: Reach(8, 8)}))
        with pytest.raises(kafka.KafkaError, match="lost"):
            current.publish(entries(place, after=8))

    assert positions(facts(place)) == [1, 2, 3, 4, 5]
    assert make_relay(place).publish_available() == 1
    assert_each_once(place)


@broker
def test_what_a_killed_relay_could_not_note_is_noted_at_the_next_start(place):
    add_facts(dsn(place), range(1, 9), JOURNEY)
    partition = partition_of(str(JOURNEY), 3)
    make_relay(place).publish_available()
    with route(place) as here:
        here.connection.execute("UPDATE store.relayed SET position = 4, end_offset = 4")

    assert make_relay(place).publish_available() == 0
    assert noted(place)[partition] == 8


def expire(place, name):
    """Let Kafka forget every record of this topic, as it does when they are old."""
    topic = place.topic(name)
    before = {"isolation_level": "read_committed"}
    with closing(kafka.assigned_consumer(place.connections.kafka, **before)) as consumer:
        ends = kafka.end_offsets(consumer, topic)
    with kafka.admin(place.connections.kafka) as admin:
        admin._client.delete_records(ends)
    wait_until(lambda: published(place.connections.kafka, topic) == [], 20, "the records are gone")


@broker
def test_a_topic_whose_records_have_all_expired_is_not_published_again(place):
    recorded = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with connect(dsn(place)) as connection:
        put(connection, "dead-letters", [("letter", recorded, b"%d" % number) for number in range(20)])
    assert make_relay(place, "dead-letters").publish_available() == 20
    expire(place, "dead-letters")

    assert make_relay(place, "dead-letters").publish_available() == 0
    with connect(dsn(place)) as connection:
        put(connection, "dead-letters", [("letter", recorded, b"new")])
    assert make_relay(place, "dead-letters").publish_available() == 1
    assert [r.value for r in published(place.connections.kafka, place.topic("dead-letters"))] == [b"new"]


@broker
def test_publishing_what_is_there_does_not_wait_for_what_has_expired(place):
    with connect(dsn(place)) as connection:
        put(connection, "dead-letters", [("letter", datetime(2026, 3, 1, 12, tzinfo=UTC), b"{}")])
    with running(make_relay(place, "dead-letters")):
        topic = place.topic("dead-letters")
        wait_until(lambda: published(place.connections.kafka, topic), 20, "the letter is out")
        wait_until(lambda: noted(place), 20, "and noted")
        expire(place, "dead-letters")
        assert make_relay(place, "dead-letters").publish_available() == 0


@broker
def test_large_letters_go_out_a_few_at_a_time(place):
    body = b"x" * (9 * 1024 * 1024)
    with connect(dsn(place)) as connection:
        put(connection, "dead-letters", [("letter", datetime(2026, 3, 1, 12, tzinfo=UTC), body)] * 10)

    assert make_relay(place, "dead-letters").publish_available() == 10


@broker
def test_a_topic_made_anew_is_published_anew(place):
    add_facts(dsn(place), range(10))
    make_relay(place).publish_available()
    make_anew(place)

    with structlog.testing.capture_logs() as said:
        assert make_relay(place).publish_available() == 10

    assert "relay_topic_made_anew" in [s["event"] for s in said]
    assert_each_once(place)


@broker
def test_a_topic_made_anew_without_its_beginning_is_refused(place):
    add_facts(dsn(place), range(10), JOURNEY)
    make_relay(place).publish_available()
    make_anew(place)
    write(place, stored(dsn(place))[6:])

    with pytest.raises(OperatingError, match="does not begin") as refused:
        make_relay(place).publish_available()

    assert refused.value.exit_code == 1
    assert refused.value.hint


@broker
def test_a_store_restored_from_an_older_backup_is_refused(place):
    add_facts(dsn(place), range(10), JOURNEY)
    make_relay(place).publish_available()
    with connect(dsn(place)) as connection:
        connection.execute("DELETE FROM store.journeys_events WHERE notification_id > 6")

    with pytest.raises(OperatingError, match="holds position 10, and the store ends at 6") as refused:
        make_relay(place).run(threading.Event())

    assert refused.value.exit_code == 1
    assert refused.value.hint


@broker
def test_a_store_restored_and_used_since_is_refused(place):
    add_facts(dsn(place), [1, 2], JOURNEY)
    make_relay(place).publish_available()
    with connect(dsn(place)) as connection:
        connection.execute(
            "UPDATE store.journeys_events SET state = %s WHERE notification_id = 2", (body(7),)
        )
    add_facts(dsn(place), [3], JOURNEY)

    with pytest.raises(OperatingError, match="something else") as refused:
        make_relay(place).publish_available()

    assert refused.value.exit_code == 1


@broker
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("position", b"1")],
        [("store", str(uuid4()).encode()), ("position", b"1")],
        [("store", b"STORE"), ("position", b"one")],
    ],
    ids=["none", "no store", "another store", "no number"],
)
def test_a_topic_others_write_to_is_refused(place, headers):
    store = str(store_id(dsn(place))).encode()
    add_facts(dsn(place), [1], JOURNEY)
    own = [(name, store if value == b"STORE" else value) for name, value in headers]
    write(place, [(1, str(JOURNEY), body(1), own)])

    with pytest.raises(OperatingError, match="not from this event store") as refused:
        make_relay(place).publish_available()

    assert refused.value.exit_code == 1


@broker
def test_a_topic_that_is_missing_is_told_at_the_start(place):
    with kafka.admin(place.connections.kafka) as admin:
        admin.delete([place.topic("facts")])
        wait_until(lambda: place.topic("facts") not in admin.topics(), 20, "the topic is gone")

    with pytest.raises(OperatingError, match="no topic"):
        make_relay(place).run(threading.Event())


@broker
def test_servers_that_do_not_answer_are_told_at_the_start(place):
    nowhere = SimpleNamespace(
        topic=place.topic,
        connections=SimpleNamespace(
            store_dsn=dsn(place), kafka=KafkaConnection("127.0.0.1:1", bootstrap_timeout_ms=300)
        ),
    )

    with pytest.raises(OperatingError, match="does not answer") as told:
        make_relay(nowhere).run(threading.Event())

    assert told.value.exit_code == 3


def test_a_transaction_that_nobody_can_end_is_refused_and_named():
    with pytest.raises(OperatingError, match=r"partitions \[2\]") as refused:
        check_decided({0: 5, 1: 9, 2: 7}, {0: 5, 1: 9, 2: 8}, "facts")

    assert refused.value.exit_code == 1


class Unwritten:
    """A producer of which one batch ran out of time: kafka-python would go on to commit the rest."""

    def __init__(self):
        self.ended_by = []

    def begin_transaction(self): ...

    def flush(self, timeout): ...

    def send(self, topic, **record):
        return self

    def get(self, timeout):
        raise KafkaTimeoutError("Expiring 1 record")

    def commit_transaction(self):
        self.ended_by.append("commit")

    def abort_transaction(self):
        self.ended_by.append("abort")


def test_a_transaction_with_a_record_that_was_not_written_is_not_committed():
    producer = Unwritten()
    current = Publisher(
        producer, Route(None, FactsLog(), "facts", uuid4(), uuid4()), Bookmark(0, {}, {0: Reach(0, 0)})
    )

    with pytest.raises(KafkaTimeoutError):
        current.publish([Entry(1, "key", datetime(2026, 3, 1, tzinfo=UTC), b"{}")])

    assert producer.ended_by == ["abort"]


class Silent(Unwritten):
    """A producer whose commit is never answered."""

    def __init__(self):
        super().__init__()
        self.answer = threading.Event()

    def get(self, timeout):
        return SimpleNamespace(topic="facts", partition=0, offset=0)

    def commit_transaction(self):
        self.answer.wait()


def test_a_commit_without_an_answer_is_left_after_a_while(monkeypatch):
    monkeypatch.setattr("consumers.relay_publisher.PATIENCE_S", 0.2)
    producer = Silent()
    current = Publisher(
        producer, Route(None, FactsLog(), "facts", uuid4(), uuid4()), Bookmark(0, {}, {0: Reach(0, 0)})
    )

    with pytest.raises(KafkaTimeoutError):
        current.publish([Entry(1, "key", datetime(2026, 3, 1, tzinfo=UTC), b"{}")])

    producer.answer.set()
    assert producer.ended_by == ["abort"]
