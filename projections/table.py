"""One table of what is shown: its columns, its SQL with the clock laid over it, and how a row is written into it."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, LiteralString

import msgspec
from psycopg import sql

from domain.rows import Row
from projections import guard

_PACK = msgspec.msgpack.Encoder().encode
DIGEST_BYTES = 16
_TEXT = 25
"""PostgreSQL's oid of text."""
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Column:
    """A column named like the row's attribute, and how the attribute's value is written where it is not as it is."""

    name: LiteralString
    type: LiteralString
    write: Callable[[Any], Any] | None = None


def microseconds(length: timedelta) -> int:
    return length // _MICROSECOND


def optional_float(value: float | None) -> float | None:
    """A limit of 24 and one of 24.0 are the same, and must have the same digest."""
    return None if value is None else float(value)


COMMON: tuple[Column, ...] = (
    Column("id", "uuid"),
    Column("journey", "uuid"),
    Column("stay", "uuid"),
    Column("rule", "text"),
    Column("rule_version", "int4"),
    Column("valid_from", "timestamptz"),
    Column("valid_to", "timestamptz"),
    Column("started_at", "timestamptz"),
    Column("ended_at", "timestamptz"),
    Column("outcome", "text"),
    Column("party", "text"),
    Column("role", "text"),
    Column("unit", "text"),
    Column("organisation", "text"),
    Column("municipality", "text"),
    Column("region", "text"),
    Column("opened_by", "text[]"),
    Column("closed_by", "text[]"),
    Column("agreement", "text"),
)
_NOT_NULL = frozenset(
    ("id", "journey", "rule", "rule_version", "valid_from", "opened_by", "closed_by", "agreement")
)
_UNDONE: dict[str, LiteralString] = {
    "valid_to": "NULL::timestamptz",
    "ended_at": "CASE WHEN r.ended_at <= moment THEN r.ended_at END",
    "outcome": "CASE WHEN r.ended_at IS NULL OR r.ended_at <= moment THEN r.outcome END",
    "closed_by": "CASE WHEN r.ended_at IS NULL OR r.ended_at <= moment THEN r.closed_by ELSE '{}' END",
}
"""An ending that came after the moment asked for had not happened then (``domain.rows.at``)."""
_TAIL = (Column("partition", "int4"), Column("digest", "bytea"))


@dataclass(frozen=True, kw_only=True)
class Projection:
    """One kind of row: its table, and ``<table>_at(moment)``, the rows as they stand at a moment.

    ``state`` and ``value`` are SQL over ``s``, the row with later endings undone, and ``moment``; they say what the
    kind's ``shown`` says. ``version`` is raised when columns or SQL change: what is shown must then be rebuilt.
    """

    kind: type[Row]
    table: LiteralString
    version: int
    own: tuple[Column, ...] = ()
    state: LiteralString
    value: LiteralString = "NULL::float8"
    indexes: tuple[LiteralString, ...] = field(default=())

    @cached_property
    def shown_columns(self) -> tuple[Column, ...]:
        """What a row says: all columns but those of our own book-keeping."""
        return (*COMMON, *self.own)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names in the order of ``values``."""
        return tuple(column.name for column in (*self.shown_columns, *_TAIL))

    @cached_property
    def wire_types(self) -> tuple[str, ...]:
        """How ``values`` go into a binary COPY: arrays come packed, as psycopg takes 10 µs to pack one."""
        return tuple("bytea" if c.type == "text[]" else c.type for c in (*self.shown_columns, *_TAIL))

    @cached_property
    def _read(self) -> Callable[[Row], list[Any]]:
        getter = attrgetter(*(column.name for column in self.shown_columns))
        writers = [(at, column.write) for at, column in enumerate(self.shown_columns) if column.write]

        def read(row: Row) -> list[Any]:
            said = list(getter(row))
            for at, write in writers:
                said[at] = write(said[at])
            return said

        return read

    def said(self, row: Row) -> tuple[Any, ...]:
        """The values of ``shown_columns`` as PostgreSQL gives them back, with lists for arrays."""
        said = self._read(row)
        for at in self._arrays:
            said[at] = list(said[at])
        return tuple(said)

    def values(self, row: Row, partition: int) -> tuple[Any, ...]:
        """What stands in the table for ``row``: what it says, the Kafka partition it came by, and a digest, for COPY."""
        packed = self._read(row)
        stamp = digest(packed)
        for at in self._arrays:
            packed[at] = _pack_texts(packed[at])
        packed += (partition, stamp)
        return tuple(packed)

    @cached_property
    def _arrays(self) -> tuple[int, ...]:
        return tuple(at for at, column in enumerate(self.shown_columns) if column.type == "text[]")

    def create(self, schema: str, *, guarded: bool = True) -> sql.Composed:
        """The table and its functions, without indexes: a rebuild makes those when the rows are in.

        ``guarded`` is left out for a session's own table: what is in it was given to that session already.
        """
        columns = [
            sql.SQL("{} {}{}").format(
                sql.Identifier(column.name),
                sql.SQL(column.type),
                sql.SQL(" NOT NULL" if column.name in _NOT_NULL or column in _TAIL else ""),
            )
            for column in (*self.shown_columns, *_TAIL)
        ]
        table = sql.SQL("CREATE TABLE {} ({});").format(
            sql.Identifier(schema, self.table), sql.SQL(", ").join(columns)
        )
        if not guarded:
            return sql.SQL("{}\n{};").format(
                table, self._function(schema, sql.Identifier(schema, self.table))
            )
        veiled = sql.SQL("(SELECT * FROM {} UNION ALL SELECT * FROM {}())").format(
            sql.Identifier(schema, self.table), sql.Identifier(schema, f"{self.table}_veiled")
        )
        parts = (table, self._veiled(schema), self._function(schema, veiled))
        return sql.SQL("{}\n{};\n{};\n{}").format(*parts, guard.of_table(schema, self.table))

    def _veiled(self, schema: str) -> sql.Composed:
        """``<table>_veiled()``: rows of protected identities that the session may see without their places."""
        said = [
            sql.SQL("NULL::text") if column.name in guard.PLACES else sql.Identifier("r", column.name)
            for column in (*self.shown_columns, *_TAIL)
        ]
        return sql.SQL(
            "CREATE FUNCTION {function}() RETURNS SETOF {table} LANGUAGE sql STABLE SECURITY DEFINER\n"
            "SET search_path = pg_catalog, pg_temp BEGIN ATOMIC\n"
            "SELECT {said} FROM {table} r WHERE r.journey = ANY (ARRAY(SELECT access.veiled()))\n"
            "AND NOT r.opened_by && (SELECT access.hidden()) AND NOT r.closed_by && (SELECT access.hidden()); END"
        ).format(
            function=sql.Identifier(schema, f"{self.table}_veiled"),
            table=sql.Identifier(schema, self.table),
            said=sql.SQL(", ").join(said),
        )

    def _function(self, schema: str, rows: sql.Composable) -> sql.Composed:
        # BEGIN ATOMIC binds to the table itself and not to its name: the schema can be renamed.
        given = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in self.shown_columns]
        undone = [
            sql.SQL("{} AS {}").format(sql.SQL(_UNDONE[c.name]), sql.Identifier(c.name))
            if c.name in _UNDONE
            else sql.Identifier("r", c.name)
            for c in self.shown_columns
        ]
        return sql.SQL(
            "CREATE FUNCTION {function}(moment timestamptz) RETURNS TABLE ({given}, state text, value float8)\n"
            "LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC\n"
            "SELECT s.*, ({state})::text, ({value})::float8 FROM (SELECT {undone} FROM {rows} r\n"
            "WHERE r.valid_from <= moment AND (r.valid_to IS NULL OR r.valid_to > moment)) s; END"
        ).format(
            function=sql.Identifier(schema, f"{self.table}_at"),
            given=sql.SQL(", ").join(given),
            state=sql.SQL(self.state).format(schema=sql.Identifier(schema)),
            value=sql.SQL(self.value).format(schema=sql.Identifier(schema)),
            undone=sql.SQL(", ").join(undone),
            rows=rows,
        )

    def index(self, schema: str) -> sql.Composed:
        """Primary key and indexes."""
        table = sql.Identifier(schema, self.table)
        parts: list[sql.Composable] = [
            sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (id, valid_from);").format(table)
        ]
        parts += [
            sql.SQL("CREATE INDEX ON {} {};").format(table, sql.SQL(index))
            for index in ("(journey)", *self.indexes)
        ]
        return sql.SQL("\n").join(parts)


@lru_cache(maxsize=4096)  # many rows of a journey rest on the same facts
def _pack_texts(texts: tuple[str, ...]) -> bytes:
    """PostgreSQL's binary form of text[]: dimensions, no nulls, element type, length, lower bound, elements."""
    if not texts:
        return struct.pack("!iii", 0, 0, _TEXT)
    parts = [struct.pack("!iiiii", 1, 0, _TEXT, len(texts), 1)]
    for text in texts:
        encoded = text.encode()
        parts += (len(encoded).to_bytes(4, "big"), encoded)
    return b"".join(parts)


def digest(said: Sequence[Any]) -> bytes:
    """Over what a row says: rows with the same digest are not written again."""
    return hashlib.blake2b(_PACK(said), digest_size=DIGEST_BYTES).digest()


FUNCTIONS: LiteralString = """
CREATE FUNCTION {schema}.rounded(microseconds bigint, unit bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
SELECT (sign(microseconds) * ((2 * abs(microseconds) + unit / 10000) / (unit / 5000))::numeric / 10000)::float8; END;
CREATE FUNCTION {schema}.microseconds(length interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
SELECT (extract(epoch FROM length) * 1000000)::bigint; END;
CREATE FUNCTION {schema}.measured(start timestamptz, finish timestamptz, unit text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
SELECT CASE unit
WHEN 'dates' THEN ((finish AT TIME ZONE 'Europe/Stockholm')::date - (start AT TIME ZONE 'Europe/Stockholm')::date)::float8
WHEN 'days' THEN {schema}.rounded({schema}.microseconds(finish - start), 86400000000)
WHEN 'hours' THEN {schema}.rounded({schema}.microseconds(finish - start), 3600000000)
WHEN 'minutes' THEN {schema}.rounded({schema}.microseconds(finish - start), 60000000) END; END;
"""
"""``domain.rows.measure`` in whole numbers: four decimals, half up (away from zero), without an inexact step."""
