"""The projector: facts from Kafka into journal and rows, each batch in one transaction with its position."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import psycopg
import structlog

from consumers.adoption import basis_of
from consumers.conclusions import Concluded, conclude_journeys
from consumers.dead_letter_view import DeadLetterReader
from consumers.journal import Journal, Oddity, Stale, sort_out
from consumers.journal_links import others_of
from consumers.membership import Membership
from consumers.sealing import OpeningSeal
from domain.basis import Basis
from domain.conclude import mark
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import Consumer, OffsetAndMetadata, Record, TopicPartition
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.vault import KeyReader
from projections import base

READER = "projector"
REFERENCE_READER = "reference"
RECONCLUDE = 200
"""Journeys concluded anew per transaction when the basis has changed."""
PATIENCE_S = 0.5
"""How long to wait between attempts while PostgreSQL is away."""

log = structlog.get_logger("projector")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Projector:
    """One member of the group. ``slot`` names it across restarts, so that it has its partitions back at once."""

    def __init__(
        self,
        connections: Connections,
        master_key: MasterKey,
        *,
        topic: str,
        reference_topic: str,
        dead_letters_topic: str | None = None,
        slot: str = "projector-1",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.connections = connections
        self.topic = topic
        self.slot = slot
        self.clock = clock
        self.seal = OpeningSeal(KeyReader(connections.vault_dsn, master_key))
        self.reference = ReferenceReader(connections, reference_topic)
        self.dead_letters = (
            DeadLetterReader(connections, dead_letters_topic) if dead_letters_topic is not None else None
        )
        self.basis = Basis()
        self._connection: Connection | None = None
        self._next: dict[int, int] = {}
        self._topic_id: UUID | None = None
        self._refreshed = 0.0

    # -- running ---------------------------------------------------------------------------------------------

    def run(self, stop: Event) -> None:
        """Read until ``stop`` is set. Raises ``OperatingError`` where Kafka is out of reach at the start."""
        self._prepare()
        consumer = kafka.group_consumer(self.connections.kafka, f"{self.topic}.projector", self.slot)
        membership = Membership(consumer, self.topic, _Listener(self, consumer), self.slot)
        membership.join()
        try:
            while not stop.is_set():
                self._round(consumer, stop)
                membership.join_again_when_forgotten()
        finally:
            consumer.close(autocommit=False)
            self.close()

    def close(self) -> None:
        self._close_readers()
        self.seal.keys.close()
        if self._connection is not None:
            self._connection.close()

    def _close_readers(self) -> None:
        self.reference.close()
        if self.dead_letters is not None:
            self.dead_letters.close()

    def _prepare(self) -> None:
        with kafka.admin(self.connections.kafka) as admin:
            self._topic_id = kafka.topic_id(admin, self.topic)
        with connect(self.connections.read_dsn) as connection:
            base.create_schema(connection)
        self._refresh_basis()

    def _round(self, consumer: Consumer, stop: Event) -> None:
        try:
            batches = consumer.poll(timeout_ms=200)
            for partition, records in batches.items():
                if partition.partition in self._next:
                    self._batch(consumer, partition, records)
            if not batches:
                self._pass_markers(consumer)
                self._refresh_basis(at_most_every_s=1.0)
                self._reconclude()
            if self.dead_letters is not None:
                self.dead_letters.look()
        except Stale:
            log.warning("position_moved", slot=self.slot)
            self._seek(consumer, consumer.assignment())
        except (psycopg.OperationalError, OperatingError) as trouble:
            log.warning("database_away", kind=type(trouble).__name__)
            self._wait_for_database(consumer, stop)

    def _batch(self, consumer: Consumer, partition: TopicPartition, records: Sequence[Record]) -> None:
        after = records[-1].offset + 1
        changed = self.project(partition.partition, records, self._next[partition.partition], after)
        self._next[partition.partition] = after
        # For the tools that show lag; our own position is PostgreSQL's.
        consumer.commit_async({partition: OffsetAndMetadata(after, "", -1)})
        log.info(
            "projected", partition=partition.partition, facts=len(records), rows=changed, next_offset=after
        )

    def _pass_markers(self, consumer: Consumer) -> None:
        """Move over what follows the last fact and is none (ends of transactions): lag is then what is still to do."""
        for partition in consumer.assignment():
            before = self._next.get(partition.partition)
            after = consumer.position(partition)
            if before is not None and after > before:
                self.project(partition.partition, [], before, after)
                self._next[partition.partition] = after

    def _wait_for_database(self, consumer: Consumer, stop: Event) -> None:
        """Keep the membership alive, hand nothing out, and go on from PostgreSQL's position once it is back."""
        held = consumer.assignment()
        consumer.pause(*held)
        while not stop.is_set():
            consumer.poll(timeout_ms=100)
            stop.wait(PATIENCE_S)
            try:
                self._reconnect()
                self._seek(consumer, consumer.assignment())
            except (psycopg.OperationalError, OperatingError):
                continue
            break
        consumer.resume(*(held & consumer.assignment()))

    def _reconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._close_readers()
        self.database()

    def database(self) -> Connection:
        """The connection, opened when first needed."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self.connections.read_dsn, application_name="carechain projector")
        return self._connection

    def _seek(self, consumer: Consumer, partitions: Iterable[TopicPartition]) -> None:
        assert self._topic_id is not None
        connection = self.database()
        connection.rollback()
        with connection.transaction():
            journal = Journal(connection)
            for partition in partitions:
                start = journal.position(READER, self.topic, self._topic_id, partition.partition)
                self._next[partition.partition] = start
                consumer.seek(partition, start)

    # -- one transaction -------------------------------------------------------------------------------------

    def project(self, partition: int, records: Sequence[Record], before: int, after: int) -> int:
        """Journal a partition's records, conclude the journeys they touch, move the position. Returns rows changed.

        Raises ``Stale`` when the position is not ``before`` any more: then nothing of this is kept.
        """
        lines, oddities = sort_out(records)
        connection = self.database()
        with connection.transaction():
            journal = Journal(connection)
            journal.lock_links(alone=any(others_of(line.raw, line.journey) for line in lines))
            newest = max((line.recorded_at for line in lines), default=None)
            journal.move(READER, self.topic, partition, before, after, newest)
            oddities += journal.append(lines, self.topic)
            journal.note(oddities, self.clock())
            touched = list(dict.fromkeys(line.journey for line in lines))
            changed = self._show(connection, journal, touched)
            self._park_odd(journal, oddities)
        for oddity in oddities:
            log.error("odd_record", code=oddity.code, partition=oddity.partition, offset=oddity.kafka_offset)
        return changed

    def _park_odd(self, journal: Journal, oddities: Sequence[Oddity]) -> None:
        """A journey with a record that cannot even be placed is shown as incomplete."""
        now = self.clock()
        journal.park([(odd.journey, now, odd.detail, 0) for odd in oddities if odd.journey is not None], [])

    def _show(self, connection: Connection, journal: Journal, journeys: Sequence[UUID]) -> int:
        if not journeys:
            return 0
        every = journal.with_linked(journeys)
        journal.lock_groups(every)
        concluded = conclude_journeys(journal, every, self.seal, self.basis)
        changed = base.write(connection, base.SCHEMA, concluded.rows, concluded.partition)
        note_concluded(journal, concluded, self.basis)
        return changed

    # -- the basis -------------------------------------------------------------------------------------------

    def _refresh_basis(self, at_most_every_s: float = 0.0) -> None:
        """Read what has been adopted since; rows on another basis are concluded anew when there is time."""
        if time.monotonic() - self._refreshed < at_most_every_s:
            return
        self._refreshed = time.monotonic()
        basis = self.reference.basis()
        if basis.digest != self.basis.digest:
            log.info("basis_changed", agreements=[agreement.name for agreement in basis.agreements])
            self.basis = basis

    def _reconclude(self) -> int:
        """One portion of the journeys whose rows rest on another basis, or that were parked and can be read now."""
        connection = self.database()
        with connection.transaction():
            journal = Journal(connection)
            journal.lock_links(alone=False)
            journeys = journal.to_conclude(list(self._next), mark(self.basis), RECONCLUDE)
            self._show(connection, journal, journeys)
        if journeys:
            log.info("concluded_anew", journeys=len(journeys))
        return len(journeys)


def note_concluded(journal: Journal, concluded: Concluded, basis: Basis) -> None:
    """Keep on what basis, and how whole, each journey was concluded."""
    journal.concluded(
        [
            (journey, concluded.partition[journey], facts, concluded.heads[journey])
            for journey, facts in concluded.facts.items()
        ],
        mark(basis),
    )
    journal.park(concluded.parked, concluded.whole)


class _Listener(kafka.RebalanceListener):
    """Every assigned partition is read from PostgreSQL's position, never from the group's."""

    def __init__(self, projector: Projector, consumer: Consumer) -> None:
        self.projector = projector
        self.consumer = consumer

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = list(assigned)
        self.projector._seek(self.consumer, partitions)
        log.info("assigned", slot=self.projector.slot, partitions=[p.partition for p in partitions])

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for partition in revoked:
            self.projector._next.pop(partition.partition, None)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)


class ReferenceReader:
    """Reads the reference topic, one partition, into the journal. Several may: the first to move on wins."""

    def __init__(self, connections: Connections, topic: str) -> None:
        self.connections = connections
        self.topic = topic
        self._consumer: Consumer | None = None
        self._connection: Connection | None = None
        self._noted = -1
        self._basis: Basis | None = None

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
        if self._connection is not None:
            self._connection.close()
        self._consumer = self._connection = self._basis = None

    def basis(self) -> Basis:
        """What stands after everything on the topic so far."""
        connection = self._database()
        records, end = self._new_records()
        with connection.transaction():
            journal = Journal(connection)
            if records:
                journal.add_reference(
                    [(r.offset, (r.key or b"").decode(), bytes(r.value or b"")) for r in records]
                )
            if end != self._noted:
                journal.reached(REFERENCE_READER, self.topic, end)
                self._noted = end
            if records or self._basis is None:
                # Registers are large: they are not read anew as long as nothing came.
                self._basis = basis_of(journal.reference())
            return self._basis

    def _database(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self.connections.read_dsn, application_name="carechain reference")
        return self._connection

    def _new_records(self) -> tuple[list[Record], int]:
        """Everything up to the end as it is now. Read again from the start at each start: the topic is small."""
        partition = TopicPartition(self.topic, 0)
        if self._consumer is None:
            self._consumer = kafka.assigned_consumer(self.connections.kafka)
            self._consumer.assign([partition])
            self._consumer.seek_to_beginning(partition)
        end = self._consumer.end_offsets([partition])[partition]
        records: list[Record] = []
        deadline = time.monotonic() + 10
        while self._consumer.position(partition) < end:
            if time.monotonic() > deadline:
                raise OperatingError(
                    "Kafka does not hand out what was adopted.",
                    hint="`carechain status` shows whether it runs; then try again.",
                )
            for batch in self._consumer.poll(timeout_ms=200).values():
                records.extend(batch)
        return records, self._consumer.position(partition)


def read_basis(connections: Connections, topic: str) -> Basis:
    """What stands after everything on the reference topic so far, read into the journal."""
    with closing(ReferenceReader(connections, topic)) as reader:
        return reader.basis()
