"""The journal: facts as they came from Kafka, and how far each reader has come, changed together or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from consumers.journal_links import LIVE as LIVE
from consumers.journal_links import TABLES as TABLES
from consumers.journal_links import Links, others_of

if TYPE_CHECKING:  # a question about one patient need not wait for Kafka's client
    from infra.kafka import Record


class Line(NamedTuple):
    """One fact's place and bytes."""

    store: UUID
    journey: UUID
    version: int
    partition: int
    kafka_offset: int
    position: int
    recorded_at: datetime
    raw: bytes
    source_system: str | None = None
    source_message: str | None = None


Withheld = frozenset[tuple[UUID, UUID, int]]
"""Store, journey and version of facts that a reader may not see: no holes in the journey."""


class Oddity(NamedTuple):
    """A record that is not what it should be: kept as it is, never passed over in silence."""

    topic: str
    partition: int
    kafka_offset: int
    journey: UUID | None
    code: str
    detail: str
    raw: bytes


class Stale(Exception):
    """Another worker has moved the position on: this one rolls back and asks where things stand."""


class _Head(msgspec.Struct):
    subject: UUID
    journeyversion: int
    recordedtime: datetime
    # Any: what is wrong with these must not keep the fact out of the journal.
    sourcesystem: Any = None
    sourcemessage: Any = None


_WORD_MAX = 200
_HEAD = msgspec.json.Decoder(_Head)


def parse(record: "Record") -> Line | Oddity:
    """Where a record belongs. Only what the place needs is read here; whether the fact makes sense comes later."""
    raw = bytes(record.value or b"")
    headers = {name: bytes(value) for name, value in record.headers}
    try:
        head = _HEAD.decode(raw)
        store, position = UUID(headers["store"].decode()), int(headers["position"])
    except (msgspec.MsgspecError, KeyError, ValueError):
        detail = "The record is no fact: its envelope or its headers cannot be read."
        return Oddity(record.topic, record.partition, record.offset, _key(record), "no-envelope", detail, raw)
    if _key(record) != head.subject:
        detail = "The record's key is not the journey that its fact names."
        return Oddity(record.topic, record.partition, record.offset, head.subject, "wrong-key", detail, raw)
    return Line(
        store,
        head.subject,
        head.journeyversion,
        record.partition,
        record.offset,
        position,
        head.recordedtime,
        raw,
        _word(head.sourcesystem),
        _word(head.sourcemessage),
    )


def _word(value: object) -> str | None:
    """A source's or message's reference as envelopes have it; nothing for anything else."""
    good = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _WORD_MAX
    return str(value) if good else None


def sort_out(records: "Iterable[Record]") -> tuple[list[Line], list[Oddity]]:
    """What of these records is a fact's line, and what is odd."""
    parsed = [parse(record) for record in records if record.value is not None]
    return (
        [item for item in parsed if isinstance(item, Line)],
        [item for item in parsed if isinstance(item, Oddity)],
    )


def _key(record: "Record") -> UUID | None:
    try:
        return UUID((record.key or b"").decode())
    except ValueError:
        return None


class Journal(Links):
    """One schema's journal, on a connection somebody else commits."""

    # -- positions -------------------------------------------------------------------------------------------

    def position(self, reader: str, topic: str, topic_id: UUID, partition: int) -> int:
        """Where to read on; the beginning for a reader or a topic (by its id) that is new."""
        row = self.connection.execute(
            self._sql(
                "SELECT next_offset, topic_id FROM {position} WHERE (reader, topic, partition) = (%s, %s, %s)"
            ),
            (reader, topic, partition),
        ).fetchone()
        if row is not None and row[1] == str(topic_id):
            return int(row[0])
        self.connection.execute(
            self._sql(
                "INSERT INTO {position} (reader, topic, partition, topic_id, next_offset) VALUES (%s, %s, %s, %s, 0)"
                " ON CONFLICT (reader, topic, partition) DO UPDATE SET topic_id = excluded.topic_id, next_offset = 0"
            ),
            (reader, topic, partition, str(topic_id)),
        )
        return 0

    def move(
        self, reader: str, topic: str, partition: int, before: int, after: int, newest: datetime | None
    ) -> None:
        """Move the position from ``before`` to ``after``: lock and fence at once. Raises ``Stale``."""
        moved = self.connection.execute(
            self._sql(
                "UPDATE {position} SET next_offset = %s, newest_at = greatest(newest_at, %s)"
                " WHERE (reader, topic, partition) = (%s, %s, %s) AND next_offset = %s"
            ),
            (after, newest, reader, topic, partition, before),
        )
        if moved.rowcount != 1:
            raise Stale

    def reached(self, reader: str, topic: str, offset: int) -> None:
        """Note how far a reader has come that anyone may repeat."""
        self.connection.execute(
            self._sql(
                "INSERT INTO {position} (reader, topic, partition, topic_id, next_offset) VALUES (%s, %s, 0, '', %s)"
                " ON CONFLICT (reader, topic, partition) DO UPDATE"
                " SET next_offset = greatest({position}.next_offset, excluded.next_offset)"
            ),
            (reader, topic, offset),
        )

    def positions(self) -> dict[str, dict[str, int]]:
        """Topic -> partition -> the offset of the next record, of what the answers rest on."""
        found: dict[str, dict[str, int]] = {}
        for topic, partition, next_offset in self.connection.execute(
            self._sql("SELECT topic, partition, next_offset FROM {position} ORDER BY topic, partition")
        ):
            found.setdefault(topic, {})[str(partition)] = next_offset
        return found

    # -- facts -----------------------------------------------------------------------------------------------

    def append(self, lines: Sequence[Line], topic: str) -> list[Oddity]:
        """Add facts. A redelivery changes nothing; other bytes under a known place are an oddity, returned."""
        if not lines:
            return []
        self.connection.execute(
            self._sql("CREATE TEMP TABLE IF NOT EXISTS arriving (LIKE {fact}) ON COMMIT DELETE ROWS")
        )
        with (
            self.connection.cursor() as cursor,
            cursor.copy("COPY arriving FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(
                ["uuid", "uuid", "int4", "int4", "int8", "int8", "timestamptz", "bytea", "text", "text"]
            )
            for line in lines:
                copy.write_row(line)
        self.connection.execute(
            self._sql(
                "INSERT INTO {fact} SELECT DISTINCT ON (journey, version, store) * FROM arriving"
                " ORDER BY journey, version, store, kafka_offset ON CONFLICT DO NOTHING"
            )
        )
        others = self.connection.execute(
            self._sql(
                "SELECT a.partition, a.kafka_offset, a.journey, a.raw FROM arriving a"
                " JOIN {fact} f USING (journey, version, store) WHERE f.raw <> a.raw"
            )
        ).fetchall()
        self.connection.execute("DELETE FROM arriving")
        self._link([(line.journey, other) for line in lines for other in others_of(line.raw, line.journey)])
        detail = "Other bytes stand in the journal under the same journey and version."
        return [
            Oddity(topic, p, o, journey, "other-bytes", detail, bytes(raw)) for p, o, journey, raw in others
        ]

    def note(self, oddities: Iterable[Oddity], now: datetime) -> None:
        """Keep what does not fit, with its bytes."""
        with self.connection.cursor() as cursor:
            cursor.executemany(
                self._sql(
                    "INSERT INTO {oddity} (topic, partition, kafka_offset, journey, code, detail, raw, seen_at)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
                ),
                [(*oddity, now) for oddity in oddities],
            )

    def load(self, journeys: Sequence[UUID], *, known_at: datetime | None = None) -> dict[UUID, list[Line]]:
        """The journeys' facts by store and version, with those of journeys they are linked to.

        With ``known_at``, those recorded by then (UTC).
        """
        found: dict[UUID, list[Line]] = defaultdict(list)
        rows = self.connection.execute(
            self._sql(
                "SELECT store, journey, version, partition, kafka_offset, position, recorded_at, raw,"
                " source_system, source_message FROM {fact}"
                " WHERE journey = ANY(%s) AND (%s::timestamptz IS NULL OR recorded_at <= %s)"
                " ORDER BY journey, store, version"
            ),
            (self.with_linked(journeys), known_at, known_at),
            binary=True,
        )
        for row in rows:
            found[row[1]].append(Line._make((*row[:7], bytes(row[7]), *row[8:])))
        return found

    def withheld(self, journeys: Sequence[UUID]) -> Withheld:
        """Where in these journeys facts are that this reader's look does not show; nowhere for who writes here."""
        rows = self.connection.execute(
            "SELECT store, journey, version FROM access.places_withheld(%s)", (self.with_linked(journeys),)
        ).fetchall()
        return frozenset((row[0], row[1], row[2]) for row in rows)

    def journeys(self, partition: int, after: UUID | None, limit: int) -> list[UUID]:
        """The partition's journeys in order of id, a page at a time; the linked ones are left to ``groups``."""
        rows = self.connection.execute(
            self._sql(
                "SELECT DISTINCT journey FROM {fact} f WHERE partition = %s AND (%s::uuid IS NULL OR journey > %s)"
                " AND NOT EXISTS (SELECT FROM {link} l WHERE l.journey = f.journey)"
                " ORDER BY journey LIMIT %s"
            ),
            (partition, after, after, limit),
        ).fetchall()
        return [row[0] for row in rows]

    def partitions(self) -> list[int]:
        """Which partitions the journal holds facts of."""
        return [
            row[0]
            for row in self.connection.execute(self._sql("SELECT DISTINCT partition FROM {fact} ORDER BY 1"))
        ]

    def count_journeys(self) -> int:
        row = self.connection.execute(self._sql("SELECT count(DISTINCT journey) FROM {fact}")).fetchone()
        return 0 if row is None else int(row[0])

    # -- what was concluded ----------------------------------------------------------------------------------

    def concluded(self, lines: Sequence[tuple[UUID, int, int, UUID]], basis: str) -> None:
        """Note journey, partition, number of facts and the journey its rows stand under, concluded on a basis."""
        with self.connection.cursor() as cursor:
            cursor.executemany(
                self._sql(
                    "INSERT INTO {concluded} (journey, partition, facts, head, basis) VALUES (%s, %s, %s, %s, %s)"
                    " ON CONFLICT (journey) DO UPDATE SET partition = excluded.partition, facts = excluded.facts,"
                    " head = excluded.head, basis = excluded.basis"
                ),
                [(*line, basis) for line in lines],
            )

    def park(self, parked: Sequence[tuple[UUID, datetime, str, int]], whole: Sequence[UUID]) -> None:
        """Park journeys (id, since, reason, version) and let those go that can be read whole again.

        One with an odd record stays: what can be read of it may not be all, whatever is read later.
        """
        if whole:
            self.connection.execute(
                self._sql(
                    "DELETE FROM {parked} p WHERE journey = ANY(%s)"
                    " AND NOT EXISTS (SELECT FROM {oddity} o WHERE o.journey = p.journey)"
                ),
                (list(whole),),
            )
        with self.connection.cursor() as cursor:
            cursor.executemany(
                self._sql(
                    "INSERT INTO {parked} (journey, since, reason, version) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (journey) DO UPDATE SET since = excluded.since, reason = excluded.reason,"
                    " version = excluded.version"
                ),
                parked,
            )

    def to_conclude(self, partitions: Sequence[int], basis: str, limit: int) -> list[UUID]:
        """Journeys whose rows rest on another basis than this."""
        rows = self.connection.execute(
            self._sql(
                "SELECT journey FROM {concluded} WHERE partition = ANY(%s) AND basis <> %s ORDER BY journey LIMIT %s"
            ),
            (list(partitions), basis, limit),
        ).fetchall()
        return [row[0] for row in rows]

    def parked(self) -> list[tuple[UUID, datetime, str]]:
        """Journeys that are not shown whole, since when, and why."""
        rows = self.connection.execute(
            self._sql("SELECT journey, since, reason FROM {parked} ORDER BY since, journey")
        )
        return [(row[0], row[1].astimezone(UTC), row[2]) for row in rows]

    # -- reference -------------------------------------------------------------------------------------------

    def add_reference(self, entries: Sequence[tuple[int, str, bytes]]) -> None:
        """Add what was adopted (offset, key, bytes)."""
        with self.connection.cursor() as cursor:
            cursor.executemany(
                self._sql(
                    "INSERT INTO {reference} (kafka_offset, key, raw) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
                ),
                entries,
            )

    def reference(self) -> list[bytes]:
        """What was adopted, in order."""
        rows = self.connection.execute(self._sql("SELECT raw FROM {reference} ORDER BY kafka_offset"))
        return [bytes(row[0]) for row in rows]
