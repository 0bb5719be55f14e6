"""How far the answers have come: positions, lag, the newest fact, what is parked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from consumers.adoption import STREAM, basis_of
from consumers.journal import Journal
from consumers.projector import READER, REFERENCE_READER
from domain.conclude import mark
from infra import kafka
from infra.postgres import Connection, connect
from infra.settings import Connections


@dataclass(frozen=True)
class PartitionStatus:
    """One partition: the next offset to read, the end, and the newest fact's recorded time (UTC)."""

    partition: int
    next_offset: int
    end_offset: int
    newest_at: datetime | None

    @property
    def lag(self) -> int:
        return max(0, self.end_offset - self.next_offset)


@dataclass(frozen=True)
class Status:
    partitions: tuple[PartitionStatus, ...]
    journeys: int
    to_conclude: int
    """Journeys whose rows rest on another basis, or on another version of the rules."""
    agreements: tuple[str, ...]
    reference_lag: int
    """How many records of Kafka's are not yet read of what was adopted; a transaction's end is one, too."""
    unpublished: int
    """What was adopted, stands on record here, and is not yet on Kafka."""
    parked: tuple[tuple[UUID, datetime, str], ...]
    oddities: int

    @property
    def lag(self) -> int:
        return sum(partition.lag for partition in self.partitions)

    @property
    def concluding_anew(self) -> bool:
        """Whether something was adopted that not all rows rest on yet."""
        return bool(self.to_conclude or self.reference_lag or self.unpublished)

    @property
    def newest_at(self) -> datetime | None:
        return max((p.newest_at for p in self.partitions if p.newest_at is not None), default=None)


def status(connections: Connections, topic: str, reference_topic: str) -> Status:
    """Where the answers stand. Raises ``OperatingError`` where a server is out of reach."""
    consumer = kafka.assigned_consumer(connections.kafka)
    try:
        ends = {tp.partition: end for tp, end in kafka.end_offsets(consumer, topic).items()}
        adopted = max(kafka.end_offsets(consumer, reference_topic).values())
    finally:
        consumer.close(autocommit=False)
    unpublished = _unpublished(connections.store_dsn, reference_topic)
    with connect(connections.read_dsn) as connection:
        return _status(connection, topic, ends, _unread(connection, reference_topic, adopted), unpublished)


def _unpublished(store_dsn: str, topic: str) -> int:
    with connect(store_dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM store.outbox WHERE stream = %s AND position >"
            " (SELECT coalesce(max(position), 0) FROM store.relayed WHERE topic = %s)",
            (STREAM, topic),
        ).fetchone()
    assert row is not None
    return int(row[0])


def _unread(connection: Connection, topic: str, end: int) -> int:
    row = connection.execute(
        "SELECT next_offset FROM journal.position WHERE reader = %s AND topic = %s", (REFERENCE_READER, topic)
    ).fetchone()
    return max(0, end - (row[0] if row else 0))


def _status(
    connection: Connection, topic: str, ends: Mapping[int, int], unread: int, unpublished: int
) -> Status:
    journal = Journal(connection)
    rows = connection.execute(
        "SELECT partition, next_offset, newest_at FROM journal.position WHERE reader = %s AND topic = %s",
        (READER, topic),
    ).fetchall()
    known = {partition: (offset, newest) for partition, offset, newest in rows}
    basis = basis_of(journal.reference())
    counts = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE basis <> %s), (SELECT count(*) FROM journal.oddity)"
        " FROM journal.concluded",
        (mark(basis),),
    ).fetchone()
    assert counts is not None
    return Status(
        partitions=tuple(
            PartitionStatus(
                partition, known.get(partition, (0, None))[0], end, _utc(known.get(partition, (0, None))[1])
            )
            for partition, end in sorted(ends.items())
        ),
        journeys=counts[0],
        to_conclude=counts[1],
        agreements=tuple(agreement.name for agreement in basis.agreements),
        reference_lag=unread,
        unpublished=unpublished,
        parked=tuple(journal.parked()),
        oddities=counts[2],
    )


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)
