"""The topics: what each keeps, and that it is made so."""

import dataclasses

import pytest
from waiting import wait_until

from infra import kafka
from infra.errors import OperatingError
from infra.topics import TOPICS, differences, ensure_topics, overview, replication, topic_name

DAY_MS = 86_400_000


def test_the_table_is_the_contracts():
    kept = {topic.name: topic.settings(1)["retention.ms"] for topic in TOPICS}

    assert kept == {
        "facts": "-1",
        "reference": "-1",
        "settlements": "-1",
        "alarms": str(3660 * DAY_MS),
        "access": str(2196 * DAY_MS),
        "checkpoints": "-1",
        "dead-letters": str(180 * DAY_MS),
        "inbound": str(7 * DAY_MS),
    }


@pytest.mark.parametrize(("brokers", "expected"), [(1, (1, 1)), (2, (2, 1)), (3, (3, 2)), (9, (3, 2))])
def test_replicas_follow_the_cluster(brokers, expected):
    assert replication(brokers) == expected


@pytest.mark.broker
def test_missing_topics_are_made_as_the_table_says_and_only_once(place):
    with kafka.admin(place.connections.kafka) as admin:
        existing = admin.topics()
        created = ensure_topics(admin, place.settings)
        again = ensure_topics(admin, place.settings)
        lines = {line.name: line for line in overview(admin, place.settings)}
        wrong = differences(admin, place.settings, embedded=True)

    ours = {place.topic(topic.name) for topic in TOPICS}
    assert place.topic("inbound") in created
    assert set(created) == ours - existing
    assert (again, wrong) == ([], [])
    assert (lines[place.topic("facts")].partitions, lines[place.topic("reference")].partitions) == (3, 1)


@pytest.mark.broker
def test_a_topic_that_differs_is_told(place):
    narrow = next(topic for topic in TOPICS if topic.name == "inbound")
    name = topic_name(place.settings, "inbound")
    with kafka.admin(place.connections.kafka) as admin:
        admin.create([kafka.NewTopic(name, 1, 1, {**narrow.settings(1), "retention.ms": "1000"})])
        wrong = differences(admin, place.settings, embedded=True)

    assert f"The topic {name} has retention.ms=1000, and needs {7 * DAY_MS}." in wrong


@pytest.mark.broker
def test_a_topic_made_anew_has_another_id(place):
    topic = place.topic("dead-letters")
    with kafka.admin(place.connections.kafka) as admin:
        before = kafka.topic_id(admin, topic)
        admin.delete([topic])
        wait_until(lambda: topic not in admin.topics(), 30, "the topic is gone")
        ensure_topics(admin, place.settings, only=("dead-letters",))
        assert kafka.topic_id(admin, topic) != before
        with pytest.raises(OperatingError, match="has no topic"):
            kafka.topic_id(admin, "nowhere")


@pytest.mark.broker
def test_a_topic_kafka_refuses_is_told(place):
    with kafka.admin(place.connections.kafka) as admin, pytest.raises(OperatingError, match="did not make"):
        admin.create([kafka.NewTopic(place.topic("facts") + "x", 1, 5, {})])


@pytest.mark.broker
def test_a_group_member_gets_its_partitions_and_seeks_on_them(place):
    topic = place.topic("facts")
    producer = kafka.plain_producer(place.connections.kafka)
    producer.send(topic, b"0", partition=1).get(10)
    producer.send(topic, b"1", partition=1).get(10)
    producer.close()
    member = kafka.group_consumer(place.connections.kafka, f"{topic}-group", "projector-1")

    class FromOne(kafka.RebalanceListener):
        def on_partitions_revoked(self, revoked): ...

        def on_partitions_assigned(self, assigned):
            for partition in assigned:
                member.seek(partition, 1 if partition.partition == 1 else 0)

    member.subscribe([topic], listener=FromOne())
    records = []
    while not records:
        records = [record for batch in member.poll(timeout_ms=200).values() for record in batch]
    assert [(r.partition, r.offset, r.value) for r in records] == [(1, 1, b"1")]
    member.commit({kafka.TopicPartition(topic, 1): kafka.OffsetAndMetadata(2)})
    assert member.committed(kafka.TopicPartition(topic, 1)) == 2
    member.close()


def test_the_connection_hides_its_password():
    connection = kafka.KafkaConnection("x:1", password="s3cret")

    assert "s3cret" not in repr(connection)
    assert dataclasses.replace(connection, username="u").password == "s3cret"
