"""The three copies where they are: how each is cut into portions, and how a portion's rows are read."""

import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql

from consumers.audit.copies import LARGEST, Ground, JournalRow, StoreRow
from consumers.audit.copies_kafka import KafkaSeen
from consumers.audit.verify_check import Job, Portion, perform
from consumers.audit.verify_faults import Fault
from consumers.relay_bookmark import READ_PATIENCE_S
from infra.errors import OperatingError
from infra.kafka import Consumer, KafkaError, KafkaTimeoutError, Record, TopicPartition, assigned_consumer
from infra.postgres import Connection, connect
from infra.settings import Connections

PORTION_FACTS = 50_000
"""A portion of the store or of a partition: a second or two of work."""
PORTION_PAGES = 8_192
"""Of the journal: 64 MB."""
CORRUPT = 2
"""Kafka's own number for a checksum that is wrong."""

_STORE = (
    "COPY (SELECT notification_id, originator_id, originator_version, coalesce(topic, ''), coalesce(state, '')"
    " FROM store.journeys_events WHERE notification_id BETWEEN {} AND {} ORDER BY notification_id)"
    " TO STDOUT (FORMAT BINARY)"
)
_STORE_TYPES = ["int8", "bytea", "int8", "text", "bytea"]
_JOURNAL = (
    "COPY (SELECT store, journey, version, partition, position, recorded_at, source_system, source_message, raw"
    " FROM journal.fact WHERE ctid >= {}::tid AND ctid < {}::tid) TO STDOUT (FORMAT BINARY)"
)
# The ids as their 16 bytes and the time as its microseconds: no objects are made that are not needed.
_JOURNAL_TYPES = ["bytea", "bytea", "int4", "int4", "int8", "int8", "text", "text", "bytea"]


@dataclass(frozen=True)
class Whereabouts:
    """Where the copies are, as every process has to know it."""

    connections: Connections
    topic: str
    snapshot: str
    """Of the journal, at the moment the check began."""
    ground: Ground


# -- portions ------------------------------------------------------------------------------------------------------


def store_portions(connection: Connection, cuts: Sequence[int]) -> list[Portion]:
    """The store in the order of positions, as it is now, cut also after these positions; nothing is left out."""
    rows = connection.execute(
        "SELECT position FROM (SELECT notification_id AS position,"
        " row_number() OVER (ORDER BY notification_id) AS number FROM store.journeys_events) AS numbered"
        " WHERE number %% %s = 0",
        (PORTION_FACTS,),
    ).fetchall()
    row = connection.execute(
        "SELECT max(notification_id), (SELECT count(*) FROM (SELECT FROM store.journeys_events LIMIT %s) AS counted)"
        " FROM store.journeys_events",
        (PORTION_FACTS,),
    ).fetchone()
    end, facts = row or (None, 0)
    if end is None:
        return []
    lasts = sorted({*(position for (position,) in rows), *(cut for cut in cuts if cut < end), end})
    firsts = [-LARGEST, *(last + 1 for last in lasts)]
    return [Portion("store", (first, last), facts) for first, last in zip(firsts, lasts, strict=False)]


def kafka_portions(begins: Mapping[int, int], ends: Mapping[int, int]) -> list[Portion]:
    """The topic, partition by partition."""
    return [
        Portion("kafka", (partition, start, min(start + PORTION_FACTS, end)), min(PORTION_FACTS, end - start))
        for partition, end in ends.items()
        for start in range(begins.get(partition, 0), end, PORTION_FACTS)
    ]


def journal_portions(connection: Connection, facts: int) -> list[Portion]:
    """The journal by pages; how many facts it has is guessed, for the progress told."""
    row = connection.execute(
        "SELECT pg_relation_size('journal.fact') / current_setting('block_size')::int"
    ).fetchone()
    pages = int(row[0]) if row else 0
    each = facts * PORTION_PAGES // max(pages, 1)
    return [
        Portion("journal", (page, min(page + PORTION_PAGES, pages)), min(each, facts))
        for page in range(0, pages, PORTION_PAGES)
    ]


# -- rows ----------------------------------------------------------------------------------------------------------


class Reader:
    """Reads portions in one process; what it needs for it is opened at first use."""

    def __init__(self, where: Whereabouts) -> None:
        self._where = where
        self._open = ExitStack()
        self._store: Connection | None = None
        self._journal: Connection | None = None
        self._consumer: Consumer | None = None

    def close(self) -> None:
        """Let go of all servers."""
        self._open.close()

    def perform(self, job: Job) -> Any:
        """What a job comes to. Raises ``OperatingError`` where this login may not read everything."""
        damaged: list[Fault] = []
        rows: Generator[Any, None, None]
        match job.portion.copy:
            case "store":
                rows = self._store_rows(*job.portion.where)
            case "kafka":
                rows = self._records(damaged, *job.portion.where)
            case "journal":
                rows = self._journal_rows(*job.portion.where)
        try:
            # Closed whatever happens: a COPY that nobody reads on holds its connection.
            with closing(rows):
                made = perform(job, rows, self._where.ground)
        except psycopg.errors.InsufficientPrivilege:
            raise OperatingError(
                "This login of PostgreSQL may not read every fact, so it cannot verify them.",
                hint="Connect as the owner of the tables: CARECHAIN_STORE_DSN and CARECHAIN_READ_DSN.",
                exit_code=4,
            ) from None
        if isinstance(made, KafkaSeen):
            for fault in damaged:
                made.found.add(fault)
        return made

    def _store_rows(self, first: int, last: int) -> Generator[StoreRow, None, None]:
        if self._store is None:
            self._store = self._open.enter_context(_connected(self._where.connections.store_dsn))
        with self._store.transaction():
            yield from _copied(self._store, _STORE, (first, last), _STORE_TYPES)

    def _journal_rows(self, page: int, end: int) -> Generator[JournalRow, None, None]:
        if self._journal is None:
            self._journal = self._open.enter_context(_connected(self._where.connections.read_dsn))
            self._journal.isolation_level = IsolationLevel.REPEATABLE_READ
        with self._journal.transaction():
            self._journal.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(self._where.snapshot))
            yield from _copied(self._journal, _JOURNAL, (f"({page},0)", f"({end},0)"), _JOURNAL_TYPES)

    def _records(
        self, damaged: list[Fault], partition: int, start: int, end: int
    ) -> Generator[Record, None, None]:
        if self._consumer is None:
            # Its warnings say that a busy machine is busy.
            logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
            self._consumer = assigned_consumer(self._where.connections.kafka)
            self._open.callback(self._consumer.close, autocommit=False)
        consumer, tp = self._consumer, TopicPartition(self._where.topic, partition)
        consumer.assign([tp])
        consumer.seek(tp, start)
        deadline = time.monotonic() + READ_PATIENCE_S
        while (reached := consumer.position(tp)) < end:
            try:
                batches = consumer.poll(timeout_ms=200)
            except KafkaError as error:
                if getattr(error, "errno", None) != CORRUPT:
                    raise
                damaged.append(_damaged(partition, reached))
                return
            if consumer.position(tp) > reached:
                deadline = time.monotonic() + READ_PATIENCE_S
            elif time.monotonic() > deadline:
                raise KafkaTimeoutError("the topic could not be read to its end")
            for records in batches.values():
                if records[-1].offset < end:
                    yield from records
                else:
                    yield from (record for record in records if record.offset < end)


def _damaged(partition: int, offset: int) -> Fault:
    return Fault(
        "damaged",
        ("kafka",),
        "records whose checksum is right",
        "others",
        place=f"partition {partition}, from offset {offset}",
        why="Kafka's own checksum says so; what comes after it in this partition could not be read.",
    )


@contextmanager
def _connected(dsn: str) -> Iterator[Connection]:
    with connect(dsn, application_name="carechain audit") as connection:
        # Else whoever may see only some rows would be shown those, and the others taken for missing.
        connection.execute("SET row_security = off")
        connection.commit()
        yield connection
        connection.rollback()


def _copied(
    connection: Connection, statement: str, between: tuple[object, object], types: list[str]
) -> Iterator[Any]:
    query = sql.SQL(statement).format(*map(sql.Literal, between))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(types)
        yield from copy.rows()
