"""The one module that speaks to kafka-python: typed, set so that it neither loses nor repeats facts."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import TopicAlreadyExistsError
from kafka.partitioner.default import murmur2

from infra import kafka_trouble
from infra.errors import OperatingError
from infra.kafka_acls import Rights
from infra.settings import KafkaConnection

if TYPE_CHECKING:

    class TopicPartition(NamedTuple):
        """One partition of a topic."""

        topic: str
        partition: int

    class OffsetAndMetadata(NamedTuple):
        """A position to commit."""

        offset: int
        metadata: str = ""
        leader_epoch: int = -1

    class KafkaError(Exception):
        """Whatever went wrong inside the client or on the broker."""

    class KafkaTimeoutError(KafkaError):
        """The broker did not answer in time."""

    class ProducerFencedError(KafkaError):
        """Another producer with the same transactional id has taken over: stop."""

    class InvalidProducerEpochError(KafkaError):
        """The same, as the broker that holds the partition says it."""

    class FencedInstanceIdError(KafkaError):
        """Another member of the group has taken this one's name: stop."""

    class OffsetOutOfRangeError(KafkaError):
        """The position lies outside what the topic holds."""

    class RebalanceListener:
        """Is told which partitions come and go; runs on the client's own thread, where nothing may block."""

        def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
            """These are new."""

        def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
            """These go in good order."""

        def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
            """These are gone already."""

else:
    from kafka import ConsumerRebalanceListener as RebalanceListener
    from kafka import OffsetAndMetadata, TopicPartition
    from kafka.errors import (
        FencedInstanceIdError,
        InvalidProducerEpochError,
        KafkaError,
        KafkaTimeoutError,
        OffsetOutOfRangeError,
        ProducerFencedError,
    )

__all__ = [
    "FENCED",
    "Admin",
    "Consumer",
    "FencedInstanceIdError",
    "KafkaConnection",
    "KafkaError",
    "KafkaTimeoutError",
    "NewTopic",
    "OffsetAndMetadata",
    "OffsetOutOfRangeError",
    "Producer",
    "ProducerFencedError",
    "RebalanceListener",
    "Record",
    "TopicDescription",
    "TopicPartition",
    "admin",
    "assigned_consumer",
    "end_offsets",
    "group_consumer",
    "partition_of",
    "plain_producer",
    "topic_id",
    "transactional_producer",
]

FENCED = (ProducerFencedError, InvalidProducerEpochError)
"""Another producer of the same transactional id has taken over."""
MAX_RECORD_BYTES = 10 * 1024 * 1024


class Record(Protocol):
    """One record as read; `timestamp` is milliseconds since 1970, UTC."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class RecordMetadata(Protocol):
    """Where a record was written."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...


class Sending(Protocol):
    """A record on its way."""

    def get(self, timeout: float | None = None) -> RecordMetadata:
        """Wait until it is written, `timeout` seconds at most."""


class Producer(Protocol):
    """What we use of a producer."""

    def init_transactions(self) -> None: ...
    def begin_transaction(self) -> None: ...
    def commit_transaction(self) -> None: ...
    def abort_transaction(self) -> None: ...
    def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        headers: list[tuple[str, bytes]] | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Sending: ...
    def flush(self, timeout: float | None = None) -> None: ...
    def partitions_for(self, topic: str) -> set[int]: ...
    def close(self, timeout: float | None = None) -> None: ...


class Consumer(Protocol):
    """What we use of a consumer."""

    def assign(self, partitions: list[TopicPartition]) -> None: ...
    def assignment(self) -> set[TopicPartition]: ...
    def subscribe(
        self,
        topics: Sequence[str] = (),
        pattern: str | None = None,
        listener: RebalanceListener | None = None,
    ) -> None: ...
    def unsubscribe(self) -> None: ...
    def poll(
        self, timeout_ms: float = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Record]]: ...
    def position(self, partition: TopicPartition, timeout_ms: float | None = None) -> int: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    def seek_to_beginning(self, *partitions: TopicPartition) -> None: ...
    def seek_to_end(self, *partitions: TopicPartition) -> None: ...
    def pause(self, *partitions: TopicPartition) -> None: ...
    def resume(self, *partitions: TopicPartition) -> None: ...
    def paused(self) -> set[TopicPartition]: ...
    def beginning_offsets(
        self, partitions: Iterable[TopicPartition], timeout_ms: float | None = None
    ) -> dict[TopicPartition, int]: ...
    def end_offsets(
        self, partitions: Iterable[TopicPartition], timeout_ms: float | None = None
    ) -> dict[TopicPartition, int]: ...
    def partitions_for_topic(self, topic: str) -> set[int] | None: ...
    def committed(self, partition: TopicPartition, *, timeout_ms: float | None = None) -> int | None: ...
    def commit(
        self,
        offsets: Mapping[TopicPartition, OffsetAndMetadata] | None = None,
        timeout_ms: float | None = None,
    ) -> None: ...
    def commit_async(
        self,
        offsets: Mapping[TopicPartition, OffsetAndMetadata] | None = None,
        callback: Callable[[object, object], object] | None = None,
    ) -> object: ...
    def close(self, autocommit: bool = True, timeout_ms: float | None = None) -> None: ...


class NewTopic(NamedTuple):
    """A topic to make, with its own settings."""

    name: str
    partitions: int
    replicas: int
    settings: Mapping[str, str]


class TopicDescription(NamedTuple):
    """A topic as the cluster has it: its id changes when it is deleted and made anew."""

    name: str
    id: UUID
    partitions: int
    replicas: int


class Admin:
    """What we ask a cluster about itself."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster."""
        self._client.close()

    @property
    def rights(self) -> Rights:
        """Who may do what there."""
        return Rights(self._client)

    def brokers(self) -> int:
        """How many brokers there are."""
        return len(self._client.describe_cluster()["brokers"])

    def topics(self) -> set[str]:
        """The names of all topics."""
        return set(self._client.list_topics())

    def describe(self, names: Iterable[str]) -> dict[str, TopicDescription]:
        """The topics of these names that exist."""
        found = (_description(t) for t in self._client.describe_topics(list(names)) if t["error_code"] == 0)
        return {topic.name: topic for topic in found}

    def configuration(self, name: str) -> dict[str, str]:
        """All settings of a topic, defaults included."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
        answer = self._client.describe_configs(asked, config_filter="all")
        return {key: str(entry["value"]) for key, entry in answer["topic"][name].items()}

    def create(self, topics: Iterable[NewTopic]) -> None:
        """Make topics and wait until they can be used; one that somebody has just made is welcome."""
        options = {
            t.name: {
                "num_partitions": t.partitions,
                "replication_factor": t.replicas,
                "configs": dict(t.settings),
            }
            for t in topics
        }
        if not options:
            return
        answer = self._client.create_topics(options, raise_errors=False)
        for topic in answer["topics"]:
            if topic["error_code"] not in (0, TopicAlreadyExistsError.errno):
                raise OperatingError(
                    f"Kafka did not make the topic {topic['name']}: {topic['error_message']}",
                    hint="Check that the user may create topics, and run `carechain topics create`.",
                )
        self._client.wait_for_topics(list(options))

    def delete(self, names: Iterable[str]) -> None:
        """Delete topics and everything in them."""
        self._client.delete_topics(list(names))


def _description(topic: Mapping[str, Any]) -> TopicDescription:
    partitions = topic["partitions"]
    replicas = min((len(p["replica_nodes"]) for p in partitions), default=0)
    return TopicDescription(topic["name"], UUID(str(topic["topic_id"])), len(partitions), replicas)


def admin(connection: KafkaConnection) -> Admin:
    """A client for topics. Raises OperatingError where there is no Kafka or it does not let us in."""
    return Admin(_open(KafkaAdminClient, connection, {}))


def plain_producer(connection: KafkaConnection, **settings: object) -> Producer:
    """A producer without transactions, idempotent."""
    producer: Producer = _open(KafkaProducer, connection, {**_PRODUCER, **settings})
    return producer


def transactional_producer(
    connection: KafkaConnection, transactional_id: str, **settings: object
) -> Producer:
    """A producer whose records appear all or not at all, and that shuts out any other of the same id."""
    own = {"transactional_id": transactional_id, "transaction_timeout_ms": 10_000}
    client = _open(KafkaProducer, connection, {**_PRODUCER, **own, **settings})
    # kafka-python 3.0 answers "your epoch is old" by taking a new one, and so a producer that was shut out would
    # shut out the one in its place. Without that recovery the error is final, as it must be.
    manager = client._transaction_manager
    if not hasattr(manager, "_supports_epoch_bump"):
        raise TypeError(
            "kafka-python has changed how a producer recovers: look at it before relaying with it"
        )
    manager._supports_epoch_bump = lambda: False
    producer: Producer = client
    return producer


def group_consumer(connection: KafkaConnection, group: str, instance: str, **settings: object) -> Consumer:
    """A member of a consumer group under a name that outlives it: a restart has its partitions at once.

    It has no position of its own: the caller seeks on every assigned partition.
    """
    own = {
        "group_id": group,
        "group_instance_id": instance,
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 1_000,
        "max_poll_interval_ms": 60_000,
        "partition_assignment_strategy": [CooperativeStickyAssignor],
    }
    consumer: Consumer = _open(KafkaConsumer, connection, {**_CONSUMER, **own, **settings})
    return consumer


def assigned_consumer(connection: KafkaConnection, **settings: object) -> Consumer:
    """A reader of partitions the caller assigns, outside any group."""
    consumer: Consumer = _open(KafkaConsumer, connection, {**_CONSUMER, "group_id": None, **settings})
    return consumer


def partition_of(key: str, partitions: int) -> int:
    """The partition a record with this key belongs to, as every client of Kafka computes it."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


def topic_id(client: Admin, topic: str) -> UUID:
    """The topic's id. Raises OperatingError where there is no such topic."""
    found = client.describe([topic]).get(topic)
    if found is None:
        raise OperatingError(f"Kafka has no topic {topic}.", hint="Create it with `carechain topics create`.")
    return found.id


def end_offsets(consumer: Consumer, topic: str) -> dict[TopicPartition, int]:
    """The end of each partition, as far as committed. Raises OperatingError where there is no such topic."""
    partitions = consumer.partitions_for_topic(topic)
    if not partitions:
        raise OperatingError(f"Kafka has no topic {topic}.", hint="Create it with `carechain topics create`.")
    return consumer.end_offsets([TopicPartition(topic, p) for p in sorted(partitions)])


_PRODUCER: dict[str, object] = {
    "linger_ms": 5,
    "batch_size": 262_144,
    "compression_type": "lz4",
    "max_request_size": MAX_RECORD_BYTES,
    "allow_auto_create_topics": False,
    # The default 100 ms is slept through after every commit.
    "retry_backoff_ms": 5,
    "reconnect_backoff_max_ms": 500,
}
_CONSUMER: dict[str, object] = {
    "isolation_level": "read_committed",
    # "earliest" silently starts over where the position lies beyond the end.
    "auto_offset_reset": "none",
    "enable_auto_commit": False,
    "max_poll_records": 5_000,
    "max_partition_fetch_bytes": 8 * 1024 * 1024,
    "fetch_max_bytes": 64 * 1024 * 1024,
    "allow_auto_create_topics": False,
    "reconnect_backoff_max_ms": 500,
}


def _open(client: Callable[..., Any], connection: KafkaConnection, settings: Mapping[str, object]) -> Any:
    """Make a client, or say why there is none."""
    with kafka_trouble.listening() as heard:
        try:
            return client(**_access(connection), **settings)
        except (KafkaError, OSError) as error:
            raise kafka_trouble.told(connection, heard) from error


def _access(connection: KafkaConnection) -> dict[str, object]:
    access: dict[str, object] = {
        "bootstrap_servers": connection.bootstrap.split(","),
        "security_protocol": connection.security_protocol,
        "bootstrap_timeout_ms": connection.bootstrap_timeout_ms,
        "client_id": "carechain",
    }
    if connection.security_protocol.startswith("SASL"):
        _warn_of_passwords(wanted=not connection.embedded)
        access |= {
            "sasl_mechanism": connection.sasl_mechanism or "PLAIN",
            "sasl_plain_username": connection.username,
            "sasl_plain_password": connection.password,
        }
    if connection.security_protocol.endswith("SSL"):
        access["ssl_context"] = kafka_trouble.tls(connection)
    return access


def _warn_of_passwords(*, wanted: bool) -> None:
    """kafka-python warns at every connection that a password goes without TLS: not news on our own loopback."""
    logging.getLogger("kafka.net.sasl.plain").setLevel(logging.NOTSET if wanted else logging.ERROR)
