"""Which answers about past times are kept, whether each still holds, who reads it, and what can go."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import class_row

from consumers.parallel import which_journal
from domain.errors import Refused
from infra.errors import OperatingError
from infra.postgres import Connection, connect
from infra.settings import Connections
from projections import base

log = structlog.get_logger("kept")

MOST_KEPT = 5
"""Each is as large as what is shown, so few; and leaders compare month with month, seldom more than a handful."""
PREFIX = "kept_"
"""Every schema whose name begins so, and no other, is an answer's."""
WHOLE = "whole"
"""The table that says that an answer is whole. Unlogged as its rows are: a crash of PostgreSQL empties all alike."""
DROP_S = 30
"""How long dropping waits for those who read."""
_MAKES, _READS = 0x6B657074, 0x6B657072
"""Any numbers will do, as long as nobody else takes the same locks: on the key, and on the schema's name."""

State = Literal["running", "complete", "cancelled"]


@dataclass(frozen=True)
class Kept:
    """One line of the registry. Times are aware."""

    key: str
    question: str
    known_at: datetime
    shown_in: str
    mark: str
    positions: list[dict[str, Any]]
    """Reader, topic, topic_id, partition, next_offset: what the journal held when it was made."""
    journal: int
    state: State
    stop: bool
    facts_done: int
    facts: int
    incomplete: int
    """Journeys that could not be read, or concluded, whole."""
    started_at: datetime
    finished_at: datetime | None
    used_at: datetime


def key_of(question: str, known_at: datetime) -> str:
    """The name of a question about a moment; what it rests on stands beside it."""
    said = f"{question} {known_at.astimezone(UTC).isoformat(timespec='microseconds')}"
    return hashlib.sha256(said.encode()).hexdigest()[:10]


def positions(connection: Connection) -> list[dict[str, Any]]:
    """How far the journal has come."""
    rows = connection.execute(
        "SELECT reader, topic, topic_id, partition, next_offset FROM journal.position ORDER BY reader, topic, partition"
    ).fetchall()
    names = ("reader", "topic", "topic_id", "partition", "next_offset")
    return [dict(zip(names, row, strict=True)) for row in rows]


class Registry:
    """The registry, on an autocommit connection; the locks taken here are that session's."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self) -> list[Kept]:
        """Every line, the last used first."""
        with self.connection.cursor(row_factory=class_row(Kept)) as cursor:
            return cursor.execute("SELECT * FROM kept.answer ORDER BY used_at DESC, key").fetchall()

    def get(self, key: str) -> Kept | None:
        with self.connection.cursor(row_factory=class_row(Kept)) as cursor:
            return cursor.execute("SELECT * FROM kept.answer WHERE key = %s", (key,)).fetchone()

    def size(self, kept: Kept) -> int:
        """Bytes on disk, with indexes."""
        row = self.connection.execute(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 FROM pg_class c"
            " WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = 'r'",
            (kept.shown_in,),
        ).fetchone()
        return 0 if row is None else int(row[0])

    # -- one line's life -------------------------------------------------------------------------------------

    def begin(self, new: Kept) -> None:
        """A new line, in the place of the one before; that one's schema is swept when nobody reads it."""
        self.connection.execute(
            "INSERT INTO kept.answer (key, question, known_at, shown_in, mark, positions, journal, state)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'running') ON CONFLICT (key) DO UPDATE SET"
            " shown_in = excluded.shown_in, mark = excluded.mark, positions = excluded.positions,"
            " journal = excluded.journal, state = 'running', stop = false, facts_done = 0, facts = 0, incomplete = 0,"
            " started_at = now(), finished_at = NULL, used_at = now()",
            (
                new.key,
                new.question,
                new.known_at,
                new.shown_in,
                new.mark,
                json.dumps(new.positions),
                new.journal,
            ),
        )

    def goes_on(self, shown_in: str, done: int, of: int) -> bool:
        """Note how far it has come; whether it is still wanted."""
        row = self.connection.execute(
            "UPDATE kept.answer SET facts_done = %s, facts = %s WHERE shown_in = %s RETURNING NOT stop",
            (done, of, shown_in),
        ).fetchone()
        return row is not None and bool(row[0])

    def complete(self, shown_in: str, incomplete: int) -> bool:
        """It is whole and can be read, unless it was not wanted any more."""
        done = self.connection.execute(
            "UPDATE kept.answer SET state = 'complete', facts_done = facts, incomplete = %s, finished_at = now(),"
            " used_at = now() WHERE shown_in = %s AND NOT stop",
            (incomplete, shown_in),
        )
        return done.rowcount == 1

    def cancelled(self, shown_in: str) -> None:
        """Left for whoever waits for it to see."""
        self.connection.execute(
            "UPDATE kept.answer SET state = 'cancelled', finished_at = now() WHERE shown_in = %s", (shown_in,)
        )

    def stop(self, key: str) -> bool:
        """Ask whoever makes it to stop; whether it is being made."""
        asked = self.connection.execute(
            "UPDATE kept.answer SET stop = true WHERE key = %s AND state = 'running'", (key,)
        )
        return asked.rowcount == 1

    def used(self, key: str) -> None:
        self.connection.execute("UPDATE kept.answer SET used_at = now() WHERE key = %s", (key,))

    def forget(self, key: str) -> None:
        self.connection.execute("DELETE FROM kept.answer WHERE key = %s", (key,))

    # -- whether it holds ------------------------------------------------------------------------------------

    def holds(self, kept: Kept, mark: str) -> bool:
        """Whether it is what would be concluded now: the same journal, nothing late in it, the same rules and agreements."""
        return (
            kept.state == "complete"
            and kept.mark == mark
            and kept.journal == which_journal(self.connection)
            and self._is_whole(kept.shown_in)
            and not base.stale(self.connection, kept.shown_in)
            and not self._late(kept)
        )

    def _is_whole(self, shown_in: str) -> bool:
        there = self.connection.execute("SELECT to_regclass(%s)", (f"{shown_in}.{WHOLE}",)).fetchone()
        if there in (None, (None,)):
            return False
        table = sql.Identifier(shown_in, WHOLE)
        return self.connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(table)).fetchone() is not None

    def _late(self, kept: Kept) -> bool:
        """Whether a fact has come since that was recorded by then."""
        now = positions(self.connection)
        if now == kept.positions:
            return False
        before, read = _offsets(kept.positions), _offsets(now)
        if any(read.get(place, -1) < offset for place, offset in before.items()):
            return True  # another topic, or read from its beginning again: what was seen tells nothing
        return any(
            self._has_come(place, before.get(place, 0), kept.known_at)
            for place, offset in read.items()
            if before.get(place) != offset
        )

    def _has_come(self, place: "_Place", offset: int, known_at: datetime) -> bool:
        found = self.connection.execute(
            "SELECT FROM journal.fact WHERE partition = %s AND kafka_offset >= %s AND recorded_at <= %s LIMIT 1",
            (place.partition, offset, known_at),
        )
        return found.fetchone() is not None

    # -- locks -----------------------------------------------------------------------------------------------

    def take_turn(self, key: str) -> bool:
        """Whether this session may make the answer now, until it closes."""
        return self._try("SELECT pg_try_advisory_lock(%s, hashtext(%s))", _MAKES, key)

    @contextmanager
    def _turn(self, key: str) -> Iterator[bool]:
        mine = self.take_turn(key)
        try:
            yield mine
        finally:
            if mine:
                self.connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_MAKES, key))

    def _try(self, statement: Any, *parameters: object) -> bool:
        return self.connection.execute(statement, parameters).fetchone() == (True,)

    # -- making room -----------------------------------------------------------------------------------------

    def sweep(self, keep: int = MOST_KEPT) -> None:
        """Drop what nobody made whole, what no line names, and more than ``keep`` answers; never one being read."""
        for kept in self.all():
            if kept.state != "complete":
                with self._turn(kept.key) as nobody_makes_it:
                    if nobody_makes_it:
                        self.connection.execute(
                            "DELETE FROM kept.answer WHERE shown_in = %s AND state <> 'complete'",
                            (kept.shown_in,),
                        )
        for kept in [kept for kept in self.all() if kept.state == "complete"][keep:]:
            self.drop(kept)
        for (schema,) in self.connection.execute(
            "SELECT nspname FROM pg_namespace n WHERE starts_with(nspname, %s)"
            " AND NOT EXISTS (SELECT FROM kept.answer a WHERE a.shown_in = n.nspname)",
            (PREFIX,),
        ).fetchall():
            self.drop_schema(schema)

    def drop(self, kept: Kept) -> bool:
        """Drop a whole answer and its line; nothing happens, and False, when it is asked for or read just now."""
        with self._turn(kept.key) as nobody_asks:
            return nobody_asks and self.drop_schema(kept.shown_in, forget=True)

    def drop_schema(self, schema: str, *, forget: bool = False, patience_s: float = 1.0) -> bool:
        """Drop an answer's rows, with ``forget`` its line, too, unless it is read for longer than ``patience_s``."""
        try:
            with self.connection.transaction():
                self.connection.execute(
                    "SELECT set_config('lock_timeout', %s, true)", (f"{int(patience_s * 1000)}ms",)
                )
                self.connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_READS, schema))
                if forget:
                    self.connection.execute("DELETE FROM kept.answer WHERE shown_in = %s", (schema,))
                self.connection.execute(
                    sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
                )
        except psycopg.errors.LockNotAvailable:
            log.info("kept_answer_is_read", schema=schema)
            return False
        return True

    def drop_all(self) -> int:
        """Stop what is being made and drop every answer, waiting for those who read. How many there were.

        Raises ``OperatingError`` when one is still read, or made, after half a minute.
        """
        answers = self.all()
        for kept in answers:
            self.stop(kept.key)
        for kept in answers:
            try:
                with self.connection.transaction():
                    self.connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{DROP_S}s",))
                    self.connection.execute(
                        "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_MAKES, kept.key)
                    )
            except psycopg.errors.LockNotAvailable:
                raise _busy() from None
            if not self.drop_schema(kept.shown_in, forget=True, patience_s=DROP_S):
                raise _busy()
        self.sweep(keep=0)
        return len(answers)


@contextmanager
def opened(connections: Connections) -> Iterator[Registry]:
    """The registry on a connection of its own. Raises ``OperatingError``."""
    with connect(connections.read_dsn, autocommit=True, application_name="carechain kept") as control:
        yield Registry(control)


def hold(connection: Connection, schema: str) -> None:
    """Keep an answer from being dropped while this connection is open, or until its locks are let go.

    To be called in the transaction that reads it or before; what began before the answer was whole does not see it.
    """
    connection.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", (_READS, schema))


def cancelled() -> Refused:
    """What to tell whoever asked for an answer that somebody stopped."""
    return Refused("Making this answer was cancelled.", hint="Ask again to begin anew.")


class _Place(NamedTuple):
    topic: str
    topic_id: str
    partition: int


def _offsets(positions: list[dict[str, Any]]) -> dict[_Place, int]:
    """The next offset of each partition of facts; what was adopted is in the mark."""
    from consumers.projector import READER  # it needs Kafka's client, which an answer that is there does not

    return {
        _Place(one["topic"], one["topic_id"], one["partition"]): one["next_offset"]
        for one in positions
        if one["reader"] == READER
    }


def _busy() -> OperatingError:
    return OperatingError(
        "A kept answer is still being read.",
        hint="Run the command again when nobody asks about a past time.",
        exit_code=1,
    )
