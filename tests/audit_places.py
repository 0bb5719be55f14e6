"""The three copies of a place on real servers: read into memory, tampered with there, and written back."""

import itertools
from contextlib import closing
from pathlib import Path
from typing import Any

from audit_copies import PARTITIONS, STORE, Copies, Written, a_log
from conftest import Place
from pipeline import Pipeline

from consumers.audit.copies import JournalRow, StoreRow
from consumers.audit.notary import Notary
from consumers.audit.verify import Asked, verify
from consumers.audit.verify_check import Verdict
from consumers.projector import READER
from infra import kafka
from infra.kafka import NewTopic
from infra.postgres import Connection, connect
from infra.signing import public_file

_NUMBERS = itertools.count(1)
_JOURNAL_TYPES = ["bytea", "bytea", "int4", "int4", "int8", "int8", "text", "text", "bytea"]


def own_store(place: Place) -> None:
    """Let this place's store be the one that the facts of ``audit_copies`` name."""
    with connect(place.connections.store_dsn) as connection:
        connection.execute("UPDATE store.identity SET id = %s", (STORE,))


def sign(place: Place, *, relay: bool = True) -> None:
    """Make a checkpoint, and publish it."""
    Notary(
        place.connections.store_dsn,
        key_file=place.settings.signing_key_file,
        folder=place.settings.checkpoints,
    ).checkpoint()
    if relay:
        from consumers import workers

        workers.relay(place.settings, place.connections, "checkpoints").publish_available()


def asked(place: Place, *, topic: str = "", workers: int | None = None, **more: Any) -> Asked:
    """To verify this place, or another topic of facts in it."""
    public = public_file(place.settings.signing_key_file)
    given: dict[str, Any] = {
        "connections": place.connections,
        "topic": topic or place.topic("facts"),
        "checkpoints_topic": place.topic("checkpoints"),
        "folder": place.settings.checkpoints,
        "keys": public.read_text(encoding="utf-8") if public.exists() else None,
        "workers": workers,
    }
    return Asked(**{**given, **more})


def verdict(place: Place, **more: Any) -> Verdict:
    """What verifying this place comes to."""
    return verify(asked(place, **more))


def filled(place: Place, *, facts: int = 40, signed: bool = True) -> Copies:
    """A log in all three copies, taken in and published as ever."""
    own_store(place)
    made = a_log(facts=facts, signed=())
    put_store(place, made.store)
    Pipeline(place).relay()
    put_journal(place, made.journal, place.topic("facts"))
    if signed:
        sign(place)
    return read_copies(place)


# -- reading and writing back ----------------------------------------------------------------------------------------


def read_copies(place: Place) -> Copies:
    """Everything there is, as it is."""
    copies = Copies()
    with connect(place.connections.store_dsn) as connection:
        rows = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM store.journeys_events"
            " ORDER BY 1"
        ).fetchall()
        copies.store = [StoreRow(p, j.bytes, v, t, bytes(raw)) for p, j, v, t, raw in rows]
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY (SELECT store, journey, version, partition, position, recorded_at, source_system,"
                " source_message, raw FROM journal.fact) TO STDOUT (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(_JOURNAL_TYPES)
            copies.journal = [JournalRow(*row) for row in copy.rows()]
    for r in Pipeline(place).topic_records():
        copies.kafka[r.partition].append(
            Written(r.partition, r.offset, r.timestamp, r.key, r.value, list(r.headers))
        )
    return copies


def put_store(place: Place, rows: list[StoreRow]) -> None:
    """Let the store hold exactly these rows."""
    with connect(place.connections.store_dsn) as connection:
        connection.execute("TRUNCATE store.journeys_events")
        statement = (
            "COPY store.journeys_events (notification_id, originator_id, originator_version, topic, state)"
            " FROM STDIN (FORMAT BINARY)"
        )
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.set_types(["int8", "bytea", "int8", "text", "bytea"])
            for row in rows:
                copy.write_row(row)
        connection.execute(
            "SELECT setval('store.journeys_events_notification_id_seq', (SELECT max(notification_id)"
            " FROM store.journeys_events))"
        )


def put_journal(place: Place, rows: list[JournalRow], topic: str) -> None:
    """Let the journal hold exactly these rows, with all of the topic read."""
    with connect(place.connections.read_dsn) as connection:
        connection.execute("TRUNCATE journal.fact")
        statement = (
            "COPY journal.fact (store, journey, version, partition, position, recorded_at, source_system,"
            " source_message, raw, kafka_offset) FROM STDIN (FORMAT BINARY)"
        )
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.set_types([*_JOURNAL_TYPES, "int8"])
            for row in rows:
                copy.write_row((*row, 0))
        note_ends(connection, place, topic)


def note_ends(connection: Connection, place: Place, topic: str) -> None:
    """Note a topic as published and read to its end."""
    with kafka.admin(place.connections.kafka) as admin:
        topic_id = str(kafka.topic_id(admin, topic))
    with closing(kafka.assigned_consumer(place.connections.kafka)) as consumer:
        ends = kafka.end_offsets(consumer, topic)
    (position,) = connection.execute("SELECT max(position) FROM store.relayed").fetchone() or (0,)
    connection.execute("DELETE FROM journal.position WHERE topic = %s", (topic,))
    connection.execute("DELETE FROM store.relayed WHERE topic = %s", (topic,))
    for tp, end in ends.items():
        connection.execute(
            "INSERT INTO journal.position (reader, topic, partition, topic_id, next_offset)"
            " VALUES (%s, %s, %s, %s, %s)",
            (READER, topic, tp.partition, topic_id, end),
        )
        connection.execute(
            "INSERT INTO store.relayed (topic, partition, topic_id, end_offset, position)"
            " VALUES (%s, %s, %s, %s, %s)",
            (topic, tp.partition, topic_id, end, position),
        )


def forged_topic(place: Place, records: dict[int, list[Written]]) -> str:
    """A topic that holds exactly these records: what somebody with Kafka's disk could make of ours."""
    name = f"{place.topic('facts')}.forged{next(_NUMBERS)}"
    with kafka.admin(place.connections.kafka) as admin:
        admin.create([NewTopic(name, PARTITIONS, 1, {})])
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        for partition, of_partition in records.items():
            for r in sorted(of_partition, key=lambda r: r.offset):
                producer.send(
                    name,
                    key=r.key,
                    value=r.value,
                    headers=r.headers,
                    partition=partition,
                    timestamp_ms=r.timestamp,
                )
        producer.flush(30)
    with connect(place.connections.read_dsn) as connection:
        note_ends(connection, place, name)
    return name


def signing_folder(place: Place) -> Path:
    """Where the files of checkpoints are."""
    return place.settings.checkpoints
