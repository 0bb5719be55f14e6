"""Dead letters as they came from Kafka: which lie there, so that their patients' journeys say so."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from psycopg import sql

from consumers.journal import LIVE, Journal, Stale
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import Consumer, KafkaError, Record, TopicPartition
from infra.postgres import Connection, connect
from infra.settings import Connections

READER = "dead-letters"
TABLE = "dead_letter"
_LETTER, _RESOLVED = "se.carechain.dead-letter.v1", "se.carechain.dead-letter-resolved.v1"
_EVERY_S = 1.0
"""How often the topic is looked at."""
_PATIENCE_S = 10.0
"""How long to leave a topic alone that cannot be read: answers do not wait for it."""
_PORTION = 1_000
"""Records read in one go."""

log = structlog.get_logger("dead letters")


class _Head(msgspec.Struct):
    id: str
    type: str
    time: datetime
    data: msgspec.Raw


class _Letter(msgspec.Struct):
    digest: str
    reason: str
    source: str
    kind: str | None = None
    journey: UUID | None = None
    since: datetime | None = None


_HEAD, _DATA = msgspec.json.Decoder(_Head), msgspec.json.Decoder(_Letter)


class DeadLetterReader:
    """Reads the topic of dead letters, one partition, into the journal. Several may: the first to move on wins."""

    def __init__(self, connections: Connections, topic: str) -> None:
        self._connections = connections
        self._partition = TopicPartition(topic, 0)
        self._consumer: Consumer | None = None
        self._connection: Connection | None = None
        self._topic_id: UUID | None = None
        self._next: int | None = None
        self._due = 0.0

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
        if self._connection is not None:
            self._connection.close()
        self._consumer = self._connection = self._next = None

    def look(self) -> None:
        """Read what is new, a portion at most, unless that was done within the last second.

        Trouble with Kafka is noted and waited out. Raises ``OperatingError`` or ``psycopg.OperationalError`` where
        PostgreSQL is away.
        """
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _EVERY_S
        connection = self._database()
        try:
            records, after = self._read(connection)
        except (KafkaError, OperatingError) as error:
            log.warning("dead_letters_not_read", kind=type(error).__name__)
            self.close()
            self._due = time.monotonic() + _PATIENCE_S
            return
        if after is None:
            return
        try:
            self._note(connection, records, after)
        except Stale:
            self._next = None  # another one was quicker
        self._due = 0.0

    def _read(self, connection: Connection) -> tuple[list[Record], int | None]:
        """New records, and the position after them; none where there is nothing new."""
        consumer = self._open()
        end = consumer.end_offsets([self._partition])[self._partition]
        if end == 0:
            return [], None
        if self._next is None:
            # What has been deleted since, by age, is passed over.
            begin = consumer.beginning_offsets([self._partition])[self._partition]
            self._next = self._position(connection)
            consumer.seek(self._partition, max(self._next, begin))
        records = (
            [
                record
                for batch in consumer.poll(timeout_ms=200, max_records=_PORTION).values()
                for record in batch
            ]
            if consumer.position(self._partition) < end
            else []
        )
        after = consumer.position(self._partition)
        return records, after if after > self._next else None

    def _open(self) -> Consumer:
        if self._consumer is None:
            with kafka.admin(self._connections.kafka) as admin:
                self._topic_id = kafka.topic_id(admin, self._partition.topic)
            self._consumer = kafka.assigned_consumer(self._connections.kafka)
            self._consumer.assign([self._partition])
        return self._consumer

    def _database(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(
                self._connections.read_dsn, application_name="carechain dead letters reader"
            )
        return self._connection

    def _position(self, connection: Connection) -> int:
        assert self._topic_id is not None
        with connection.transaction():
            return Journal(connection).position(READER, self._partition.topic, self._topic_id, 0)

    def _note(self, connection: Connection, records: Iterable[Record], after: int) -> None:
        assert self._next is not None
        with connection.transaction():
            Journal(connection).move(READER, self._partition.topic, 0, self._next, after, None)
            for record in records:
                note(connection, record)
        self._next = after


def note(connection: Connection, record: Record) -> None:
    """Note what an event says. The same again changes nothing; what is no such event is passed over, and logged."""
    if record.value is None:
        return
    try:
        head = _HEAD.decode(record.value)
        if head.type == _LETTER:
            _opened(connection, head, _DATA.decode(head.data))
        elif head.type == _RESOLVED:
            connection.execute(
                "UPDATE journal.dead_letter SET ended_at = %s WHERE id = %s AND ended_at IS NULL",
                (head.time, head.id.removesuffix(":resolved")),
            )
    except msgspec.MsgspecError:
        log.warning("odd_dead_letter", partition=record.partition, offset=record.offset)


def _opened(connection: Connection, head: _Head, letter: _Letter) -> None:
    """It stands for whatever was told of the same bytes before."""
    connection.execute(
        "UPDATE journal.dead_letter SET ended_at = %s"
        " WHERE digest = %s AND id <> %s AND ended_at IS NULL AND recorded_at <= %s",
        (head.time, letter.digest, head.id, head.time),
    )
    line: tuple[Any, ...] = (
        *(head.id, letter.digest, letter.journey, letter.since or head.time, head.time),
        *(letter.reason, letter.source, letter.kind),
    )
    connection.execute(
        "INSERT INTO journal.dead_letter (id, digest, journey, since, recorded_at, reason, source, kind)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        line,
    )


def copy_letters(connection: Connection, schema: str) -> None:
    """Take the letters over into another journal, with the position that belongs to them.

    The topic keeps them half a year only, so they are not read from there again. Nobody may move the live position
    meanwhile.
    """
    connection.execute(
        sql.SQL("INSERT INTO {} SELECT * FROM {}").format(
            sql.Identifier(schema, TABLE), sql.Identifier(LIVE, TABLE)
        )
    )
    connection.execute(
        sql.SQL("INSERT INTO {} SELECT * FROM {} WHERE reader = %s").format(
            sql.Identifier(schema, "position"), sql.Identifier(LIVE, "position")
        ),
        (READER,),
    )
