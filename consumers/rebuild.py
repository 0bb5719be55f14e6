"""Rebuild: journal and rows made anew from Kafka and the keys still alive, beside what is shown, then put in its place."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from consumers.conclusions import conclude_journeys
from consumers.dead_letter_view import copy_letters
from consumers.journal import LIVE, TABLES, Journal, Line, sort_out
from consumers.projector import READER, REFERENCE_READER, note_concluded, read_basis, utc_now
from consumers.sealing import OpeningSeal
from domain.basis import Basis
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import Consumer, Record, TopicPartition
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.roles import guard_journal
from infra.settings import Connections
from infra.vault import KeyReader
from projections import base
from projections.base import Difference

log = structlog.get_logger("rebuild")

NEXT_JOURNAL = "journal_next"
NEXT_SHOWN = "shown_next"
SWITCHED = ((LIVE, NEXT_JOURNAL), (base.SCHEMA, NEXT_SHOWN))
"""What is live, and what takes its place."""
BEFORE = "_before_"
"""Within the name of what was live, until nobody reads it any more and it is dropped."""
ONE_AT_A_TIME = 0x72656275
"""Any number will do, as long as nobody else takes the same lock."""
PAGE = 500
"""Journeys concluded at a time: it bounds the memory."""

Tell = Callable[[str, int, int], None]
"""Is told what is being done, how many are done, and of how many."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made."""

    facts: int
    journeys: int
    rows: int
    parked: int


class Rebuild:
    """Reads the facts topic from its beginning into schemas of its own, and swaps them in while readers go on."""

    def __init__(
        self, connections: Connections, master_key: MasterKey, *, topic: str, reference_topic: str
    ) -> None:
        self.connections = connections
        self.master_key = master_key
        self.topic = topic
        self.reference_topic = reference_topic

    def run(self, tell: Tell = lambda _what, _done, _of: None) -> Rebuilt:
        """Rebuild and switch. Raises ``OperatingError`` where a server is out of reach; then nothing has changed."""
        consumer = kafka.assigned_consumer(self.connections.kafka)
        try:
            with connect(self.connections.read_dsn, application_name="carechain rebuild") as connection:
                return self._run(connection, consumer, tell)
        finally:
            consumer.close(autocommit=False)

    def _run(self, connection: Connection, consumer: Consumer, tell: Tell) -> Rebuilt:
        (alone,) = connection.execute("SELECT pg_try_advisory_lock(%s)", (ONE_AT_A_TIME,)).fetchone() or (
            False,
        )
        connection.commit()
        if not alone:
            raise OperatingError("Another rebuild is running.", hint="Wait until it is done.", exit_code=1)
        try:
            made = self._made(connection, consumer, tell)
            connection.commit()
            return made
        finally:
            # Not left to the end of the connection, which the server may see only after the next rebuild has asked.
            with suppress(psycopg.Error):
                connection.rollback()
                connection.execute("SELECT pg_advisory_unlock(%s)", (ONE_AT_A_TIME,))
                connection.commit()

    def _made(self, connection: Connection, consumer: Consumer, tell: Tell) -> Rebuilt:
        with kafka.admin(self.connections.kafka) as admin:
            topic_id = kafka.topic_id(admin, self.topic)
        self._make_schemas(connection)
        basis = self._basis(connection)
        ends = kafka.end_offsets(consumer, self.topic)
        facts = self._read(connection, consumer, topic_id, ends, tell)
        with KeyReader(self.connections.vault_dsn, self.master_key) as keys:
            journeys, rows = self._conclude(connection, OpeningSeal(keys), basis, tell)
            parked = len(Journal(connection, NEXT_JOURNAL).parked())
            with connection.transaction():
                base.create_indexes(connection, NEXT_SHOWN)
            facts += self._switch(connection, consumer, OpeningSeal(keys), basis, tell)
        return Rebuilt(facts, journeys, rows, parked)

    def _make_schemas(self, connection: Connection) -> None:
        self._drop_what_was(connection)
        with connection.transaction():
            for _, following in SWITCHED:
                connection.execute(
                    sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(following))
                )
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(NEXT_JOURNAL)))
            for table in TABLES:
                connection.execute(
                    sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                        sql.Identifier(NEXT_JOURNAL, table), sql.Identifier(LIVE, table)
                    )
                )
            guard_journal(connection, NEXT_JOURNAL)
            base.create_schema(connection)  # what is replaced must be there, if only empty
            base.create_schema(connection, NEXT_SHOWN, indexes=False)

    def _drop_what_was(self, connection: Connection) -> None:
        """Drop what earlier rebuilds replaced; what somebody still reads is left for the next one.

        A drop that waited for a reader would hold up everybody behind it.
        """
        with connection.transaction():
            names = connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE ANY(%s)",
                ([f"{live}\\_before\\_%" for live, _ in SWITCHED],),
            ).fetchall()
        for (name,) in names:
            try:
                with connection.transaction():
                    connection.execute("SET LOCAL lock_timeout = '100ms'")
                    connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
            except psycopg.errors.LockNotAvailable:
                log.info("old_rows_still_read", schema=name)

    def _basis(self, connection: Connection) -> Basis:
        basis = read_basis(self.connections, self.reference_topic)
        with connection.transaction():
            connection.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM {}").format(
                    sql.Identifier(NEXT_JOURNAL, "reference"), sql.Identifier(LIVE, "reference")
                )
            )
            connection.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM {} WHERE reader = %s").format(
                    sql.Identifier(NEXT_JOURNAL, "position"), sql.Identifier(LIVE, "position")
                ),
                (REFERENCE_READER,),
            )
        return basis

    def _read(
        self,
        connection: Connection,
        consumer: Consumer,
        topic_id: UUID,
        ends: dict[TopicPartition, int],
        tell: Tell,
    ) -> int:
        """Every record up to ``ends`` into the new journal."""
        consumer.assign(list(ends))
        consumer.seek_to_beginning(*ends)
        with connection.transaction():
            journal = Journal(connection, NEXT_JOURNAL)
            for partition in ends:
                journal.position(READER, self.topic, topic_id, partition.partition)
        count, total = 0, sum(ends.values())
        for batch, positions in _until(consumer, ends):
            with connection.transaction():
                count += len(self._journal(connection, batch, positions))
            done = sum(consumer.position(partition) for partition in ends)
            tell("reading facts from Kafka", min(done, total), total)
        return count

    def _journal(
        self, connection: Connection, records: Sequence[Record], positions: dict[TopicPartition, int]
    ) -> list[Line]:
        journal = Journal(connection, NEXT_JOURNAL)
        lines, oddities = sort_out(records)
        oddities += journal.append(lines, self.topic)
        journal.note(oddities, utc_now())
        journal.park(
            [(odd.journey, utc_now(), odd.detail, 0) for odd in oddities if odd.journey is not None], []
        )
        newest = {line.partition: line.recorded_at for line in lines}
        self._reached(connection, positions, newest)
        return lines

    def _reached(
        self,
        connection: Connection,
        positions: dict[TopicPartition, int],
        newest: Mapping[int, datetime] | None = None,
    ) -> None:
        for partition, after in positions.items():
            connection.execute(
                sql.SQL(
                    "UPDATE {} SET next_offset = %s, newest_at = greatest(newest_at, %s)"
                    " WHERE reader = %s AND topic = %s AND partition = %s"
                ).format(sql.Identifier(NEXT_JOURNAL, "position")),
                (after, (newest or {}).get(partition.partition), READER, self.topic, partition.partition),
            )

    def _conclude(
        self, connection: Connection, seal: OpeningSeal, basis: Basis, tell: Tell
    ) -> tuple[int, int]:
        """Rows of every journey in the new journal, a page of journeys at a time."""
        journal = Journal(connection, NEXT_JOURNAL)
        total = journal.count_journeys()
        journeys = rows = 0
        for page in _pages(journal):
            with connection.transaction():
                concluded = conclude_journeys(journal, page, seal, basis)
                every = [row for of_journey in concluded.rows.values() for row in of_journey]
                base.copy_rows(connection, NEXT_SHOWN, every, concluded.partition)
                note_concluded(journal, concluded, basis)
            journeys, rows = journeys + len(concluded.facts), rows + len(every)
            tell("concluding journeys", journeys, total)
        return journeys, rows

    def _switch(
        self, connection: Connection, consumer: Consumer, seal: OpeningSeal, basis: Basis, tell: Tell
    ) -> int:
        """Catch up with what came meanwhile, holding the live projector back, and change places in one transaction."""
        with connection.transaction():
            connection.execute(
                sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(LIVE, "position"))
            )
            live = connection.execute(
                sql.SQL("SELECT partition, next_offset FROM {} WHERE reader = %s AND topic = %s").format(
                    sql.Identifier(LIVE, "position")
                ),
                (READER, self.topic),
            ).fetchall()
            goals = {TopicPartition(self.topic, partition): offset for partition, offset in live}
            count = 0
            for batch, positions in _until(consumer, goals):
                lines = self._journal(connection, batch, positions)
                count += len(lines)
                touched = list({line.journey for line in lines})
                journal = Journal(connection, NEXT_JOURNAL)
                concluded = conclude_journeys(journal, touched, seal, basis)
                base.write(connection, NEXT_SHOWN, concluded.rows, concluded.partition)
                note_concluded(journal, concluded, basis)
            copy_letters(connection, NEXT_JOURNAL)
            # Past the markers that end transactions: the live projector is, and would not go back for them.
            self._reached(
                connection, {partition: consumer.position(partition) for partition in consumer.assignment()}
            )
            tell("switching", 1, 1)
            # Only names change: whoever reads the old tables reads on, and blocks nobody.
            mark = secrets.token_hex(4)
            for serving, following in SWITCHED:
                for old, new in ((serving, f"{serving}{BEFORE}{mark}"), (following, serving)):
                    connection.execute(
                        sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                            sql.Identifier(old), sql.Identifier(new)
                        )
                    )
        self._drop_what_was(connection)
        return count


def _pages(journal: Journal) -> Iterator[list[UUID]]:
    """Every journey, partition by partition and a page at a time; then those that are linked, by one of each group."""
    for partition in journal.partitions():
        after: UUID | None = None
        while page := journal.journeys(partition, after, PAGE):
            yield page
            after = page[-1]
    groups = journal.groups()
    yield from (groups[start : start + PAGE] for start in range(0, len(groups), PAGE))


def _until(
    consumer: Consumer, goals: dict[TopicPartition, int]
) -> Iterator[tuple[list[Record], dict[TopicPartition, int]]]:
    """Batches of records until every goal is reached, each with the positions it reaches.

    Positions, not offsets of records, tell the end: a partition may end with a transaction's marker.
    """
    idle = 0
    while any(consumer.position(partition) < goal for partition, goal in goals.items()):
        batches = consumer.poll(timeout_ms=200)
        idle = 0 if batches else idle + 1
        if idle > 150:
            raise OperatingError(
                "Kafka has stopped handing out facts.",
                hint="`carechain status` shows whether it runs; then try again.",
            )
        if batches:
            records = [record for batch in batches.values() for record in batch]
            yield records, {partition: batch[-1].offset + 1 for partition, batch in batches.items()}


def verify(
    connections: Connections,
    master_key: MasterKey,
    *,
    reference_topic: str,
    tell: Tell = lambda _w, _d, _o: None,
) -> Iterator[Difference]:
    """Conclude every journey again from the journal, and yield each row that is shown otherwise."""
    basis = read_basis(connections, reference_topic)
    with (
        connect(connections.read_dsn, application_name="carechain verify") as connection,
        KeyReader(connections.vault_dsn, master_key) as keys,
    ):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        journal = Journal(connection)
        total, done = journal.count_journeys(), 0
        for page in _pages(journal):
            concluded = conclude_journeys(journal, page, OpeningSeal(keys), basis)
            yield from base.compare(connection, base.SCHEMA, concluded.rows)
            done += len(concluded.facts)
            tell("concluding again", done, total)
        yield from _of_no_journey(connection)


def _of_no_journey(connection: Connection) -> Iterator[Difference]:
    """Rows of journeys that the journal knows nothing of."""
    for projection in base.all_projections():
        rows = connection.execute(
            sql.SQL(
                "SELECT journey, id, valid_from FROM {} r WHERE NOT EXISTS"
                " (SELECT FROM {} f WHERE f.journey = r.journey) LIMIT 1000"
            ).format(sql.Identifier(base.SCHEMA, projection.table), sql.Identifier(LIVE, "fact"))
        )
        for journey, row_id, valid_from in rows:
            yield Difference(projection.table, journey, row_id, valid_from, ("unexpected",))
