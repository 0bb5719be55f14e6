"""The event store in PostgreSQL: the library's recorder on our tables, and the logs that relays publish."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from psycopg.conninfo import conninfo_to_dict

from infra.postgres import Connection, connect

CHANNEL = "journeys_events"
"""What the library notifies on when facts are committed."""
CLOUDEVENTS, SIGNED_NOTE = "application/cloudevents+json", "text/plain; charset=utf-8"


class JourneyRecorder(PostgresApplicationRecorder):
    """The library's recorder, with many journeys in one question."""

    def select_journeys(self, journeys: Sequence[UUID]) -> Mapping[UUID, Sequence[StoredEvent]]:
        found: dict[UUID, list[StoredEvent]] = defaultdict(list)
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT originator_id, originator_version, topic, state FROM store.journeys_events"
                " WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version",
                (list(journeys),),
                prepare=True,
            )
            for row in cursor:
                event = StoredEvent(
                    row["originator_id"], row["originator_version"], row["topic"], bytes(row["state"])
                )
                found[row["originator_id"]].append(event)
        return found

    def select_open_letters(self, digests: Sequence[str]) -> list[str]:
        """Which of these messages (hex SHA-256) lie in the dead letters."""
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT encode(digest, 'hex') AS digest FROM store.dead_letter"
                " WHERE digest = ANY(%s) AND state = 'open'",
                ([bytes.fromhex(digest) for digest in digests],),
                prepare=True,
            )
            return [row["digest"] for row in cursor]


class _Factory(PostgresFactory):
    """Names table and recorder, which the library would take from the application."""

    def application_recorder(self) -> JourneyRecorder:
        return JourneyRecorder(self.datastore, events_table_name="journeys_events")


def recorder_factory(dsn: str) -> PostgresFactory:
    """A factory of the library for our schema. Everything is named: it would read the environment otherwise."""
    address = conninfo_to_dict(dsn)
    factory = _Factory(
        {
            "POSTGRES_DBNAME": str(address.get("dbname", "")),
            "POSTGRES_HOST": str(address.get("host", "")),
            "POSTGRES_PORT": str(address.get("port", "5432")),
            "POSTGRES_USER": str(address.get("user", "")),
            "POSTGRES_PASSWORD": str(address.get("password", "")),
            "POSTGRES_SCHEMA": "store",
            "POSTGRES_CONNECT_TIMEOUT": "5",
            "POSTGRES_POOL_SIZE": "1",
            "POSTGRES_MAX_OVERFLOW": "4",
            "POSTGRES_ORIGINATOR_ID_TYPE": "uuid",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
            "CREATE_TABLE": "n",
        }
    )
    # The library has no setting for TLS and the like; the address goes to its pool whole.
    kwargs = factory.datastore.pool.kwargs
    assert isinstance(kwargs, dict)
    kwargs.update(address)
    return factory


def store_id(dsn: str) -> UUID:
    """Which store this is: stands in every fact's ``source``."""
    with connect(dsn) as connection:
        row = connection.execute("SELECT id FROM store.identity").fetchone()
    assert row is not None
    return UUID(str(row[0]))


class Entry(NamedTuple):
    """One line of a log: its place, its key, when it was recorded, its bytes."""

    position: int
    key: str
    recorded_at: datetime
    body: bytes


class FactsLog:
    """The facts in commit order, as the relay reads them. The key is the journey."""

    channel = CHANNEL
    content_type = CLOUDEVENTS
    batch = 1_000
    """How many a relay's transaction takes: they are in memory, and must reach Kafka within seconds."""

    def read(self, connection: Connection, after: int, limit: int) -> list[Entry]:
        rows = connection.execute(
            "SELECT notification_id, originator_id::text, state FROM store.journeys_events"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
            (after, limit),
            prepare=True,
        ).fetchall()
        return [Entry(position, key, _recorded(state), bytes(state)) for position, key, state in rows]

    def at(self, connection: Connection, position: int) -> Entry | None:
        """The entry at exactly this position, if there is one."""
        found = self.read(connection, position - 1, 1)
        return found[0] if found and found[0].position == position else None

    def end(self, connection: Connection) -> int:
        """The highest position, 0 when the log is empty."""
        return _highest(
            connection.execute("SELECT max(notification_id) FROM store.journeys_events").fetchone()
        )


class OutboxLog:
    """One of the streams beside the facts, in commit order."""

    batch = 8
    """Few: one body may be as large as Kafka takes."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.channel = "store_outbox"
        # Checkpoints are signed text; everything else is an event.
        self.content_type = SIGNED_NOTE if stream == "checkpoints" else CLOUDEVENTS

    def read(self, connection: Connection, after: int, limit: int) -> list[Entry]:
        rows = connection.execute(
            "SELECT position, key, recorded_at, body FROM store.outbox"
            " WHERE stream = %s AND position > %s ORDER BY position LIMIT %s",
            (self.stream, after, limit),
            prepare=True,
        ).fetchall()
        return [Entry(position, key, recorded_at, bytes(body)) for position, key, recorded_at, body in rows]

    def at(self, connection: Connection, position: int) -> Entry | None:
        """The entry at exactly this position, if there is one."""
        found = self.read(connection, position - 1, 1)
        return found[0] if found and found[0].position == position else None

    def end(self, connection: Connection) -> int:
        """The highest position, 0 when the log is empty."""
        return _highest(
            connection.execute(
                "SELECT max(position) FROM store.outbox WHERE stream = %s", (self.stream,)
            ).fetchone()
        )


def put(connection: Connection, stream: str, entries: Sequence[tuple[str, datetime, bytes]]) -> None:
    """Append key, recorded time and body to a stream. The lock makes positions follow commit order."""
    connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO store.outbox (stream, key, recorded_at, body) VALUES (%s, %s, %s, %s)",
            [(stream, key, recorded_at, body) for key, recorded_at, body in entries],
        )
    connection.execute("NOTIFY store_outbox")


def _highest(row: tuple[Any, ...] | None) -> int:
    return 0 if row is None or row[0] is None else int(row[0])


def _recorded(state: bytes) -> datetime:
    """The fact's own recorded time, read off its bytes without decoding the rest."""
    marker = b'"recordedtime":"'
    begin = bytes(state).index(marker) + len(marker)
    return datetime.fromisoformat(bytes(state)[begin : bytes(state).index(b'"', begin)].decode())
