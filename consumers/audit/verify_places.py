"""Where checkpoints are kept: the table, the topic, the folder; each is read before the one it is written from."""

import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

from consumers.audit.checkpoints import STREAM, files, on_record
from consumers.audit.verify_notes import Kept, Note
from consumers.relay_bookmark import READ_PATIENCE_S, position_of
from domain.checkpoint import Checkpoint
from domain.errors import Refused
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import KafkaTimeoutError, Record
from infra.postgres import Connection, connect
from infra.settings import Connections

NOTE_BYTES = 65_536
"""No checkpoint is nearly as long."""


def kept_checkpoints(connections: Connections, topic: str, folder: Path, store: UUID) -> Kept:
    """All checkpoints wherever they are kept. Raises ``OperatingError`` where a file cannot be read."""
    in_files = _in_files(folder)
    topic_id = _topic_id(connections, topic)
    with connect(connections.store_dsn, application_name="carechain audit") as connection:
        published = frozenset[bytes]() if topic_id is None else _published(connection, topic, topic_id)
        on_kafka = [] if topic_id is None else _on_kafka(connections, topic, store)
        table = [
            Note(kept.size, kept.note, f"table audit.checkpoint, size {kept.size}", kept.digest, kept.time)
            for kept in on_record(connection)
        ]
    return Kept(table, on_kafka, in_files, published)


def _in_files(folder: Path) -> list[Note] | None:
    if not folder.is_dir():
        return None
    notes = []
    for file in files(folder):
        try:
            with file.open("rb") as opened:
                note = opened.read(NOTE_BYTES)
        except OSError as error:
            raise OperatingError(
                f"The checkpoint in {file} cannot be read: {error.strerror or 'no access'}.",
                hint="Run this as a user who may read the folder, or name another: CARECHAIN_CHECKPOINTS.",
                exit_code=2,
            ) from None
        notes.append(Note(int(file.stem), note, f"file {file.name}"))
    return notes


def _topic_id(connections: Connections, topic: str) -> UUID | None:
    """None where there is no such topic."""
    with kafka.admin(connections.kafka) as admin:
        found = admin.describe([topic]).get(topic)
    return None if found is None else found.id


def _published(connection: Connection, topic: str, topic_id: UUID) -> frozenset[bytes]:
    """The checkpoints that the relay noted as published to the topic as it is now."""
    rows = connection.execute(
        "SELECT body FROM store.outbox WHERE stream = %s AND position <="
        " (SELECT max(position) FROM store.relayed WHERE (topic, topic_id) = (%s, %s))",
        (STREAM, topic, str(topic_id)),
    )
    return frozenset(bytes(body) for (body,) in rows)


def _on_kafka(connections: Connections, topic: str, store: UUID) -> list[Note]:
    """What the topic holds, in order."""
    notes: list[Note] = []
    with closing(kafka.assigned_consumer(connections.kafka)) as consumer:
        ends = kafka.end_offsets(consumer, topic)
        consumer.assign(list(ends))
        consumer.seek_to_beginning(*ends)
        deadline = time.monotonic() + READ_PATIENCE_S
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                deadline = time.monotonic() + READ_PATIENCE_S
                notes += [_note(record, store) for record in records]
            if time.monotonic() > deadline:
                raise KafkaTimeoutError("the topic could not be read to its end")
    return notes


def _note(record: Record, store: UUID) -> Note:
    """A record; one whose key or headers name another store is told apart from what they would be by its size."""
    note = record.value or b""
    ours = record.key == str(store).encode() and position_of(record, store) is not None
    return Note(_size(note) if ours else -1, note, f"partition {record.partition}, offset {record.offset}")


def _size(note: bytes) -> int | None:
    """What the text counts, whoever signed it."""
    try:
        return Checkpoint.parse(note.decode().rpartition("\n\n")[0] + "\n").size
    except (UnicodeDecodeError, Refused):
        return None
