"""A test's place in the servers: empty, reachable, its own."""

import pytest

from infra import kafka
from infra.postgres import connect, pending

pytestmark = pytest.mark.broker


def test_a_place_has_its_own_migrated_database(place):
    with connect(place.connections.store_dsn) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone()

    assert name + "." == place.settings.topic_prefix
    assert pending(place.connections.store_dsn) == []


def test_a_place_has_a_facts_topic_of_three_partitions(place):
    with kafka.admin(place.connections.kafka) as admin:
        found = admin.describe([place.topic("facts")])

    assert found[place.topic("facts")].partitions == 3


def test_what_is_sent_is_read_back_once_committed(place):
    topic = place.topic("facts")
    producer = kafka.transactional_producer(place.connections.kafka, f"{topic}-test")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"aborted", key=b"k", partition=0)
    producer.abort_transaction()
    producer.begin_transaction()
    producer.send(topic, b"v", key=b"k", headers=[("position", b"7")], partition=0, timestamp_ms=1000)
    producer.commit_transaction()
    producer.close()

    reader = kafka.assigned_consumer(place.connections.kafka)
    partition = kafka.TopicPartition(topic, 0)
    reader.assign([partition])
    reader.seek(partition, 0)
    end = kafka.end_offsets(reader, topic)[partition]
    records = []
    while reader.position(partition) < end:
        records += reader.poll(timeout_ms=200).get(partition, [])
    reader.close()

    assert [(r.key, r.value, r.headers, r.timestamp) for r in records] == [
        (b"k", b"v", [("position", b"7")], 1000)
    ]
