"""Which journeys facts name together, and under which one rows stand: what must be read, and locked, as one."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import sql

from domain.links import ABOUT_TWO, components
from infra.postgres import Connection

LIVE = "journal"
"""The schema readers see; a rebuild fills another and changes places with it."""
TABLES = ("fact", "position", "parked", "concluded", "oddity", "reference", "link", "dead_letter")
_LINKING = 0x6C696E6B
"""Any number will do, as long as nobody else takes the same lock."""


class _About(msgspec.Struct):
    """Of a fact about two journeys, which they are; what a fact of another kind calls so is of another type."""

    other_journey: Any = None
    from_journey: Any = None
    to_journey: Any = None


class _Two(msgspec.Struct):
    type: str
    data: _About


_TWO = msgspec.json.Decoder(_Two)
_ABOUT_TWO = frozenset(kind.TYPE for kind in ABOUT_TWO)
_MARKS = tuple(f'"type":"{kind}"'.encode() for kind in _ABOUT_TWO)


def others_of(raw: bytes, journey: UUID) -> list[UUID]:
    """The other journeys that a fact of this one names, if it is about two; none for any other fact."""
    if not any(mark in raw for mark in _MARKS):
        return []
    try:
        fact = _TWO.decode(raw)
        named = (fact.data.other_journey, fact.data.from_journey, fact.data.to_journey)
        journeys = {UUID(name) for name in named if isinstance(name, str)}
    except (msgspec.MsgspecError, ValueError):
        return []  # it cannot be read, and parks its journey
    return sorted(journeys - {journey}) if fact.type in _ABOUT_TWO else []


class Links:
    """The journal's tables in one schema, and its links, on a connection somebody else commits."""

    def __init__(self, connection: Connection, schema: str = LIVE) -> None:
        self.connection = connection
        self.schema = schema

    def _sql(self, text: LiteralString) -> sql.Composed:
        return sql.SQL(text).format(**{name: sql.Identifier(self.schema, name) for name in TABLES})

    def _link(self, pairs: Sequence[tuple[UUID, UUID]]) -> None:
        """Note that facts of one journey name another: both ways, and for ever, whatever is said of them later."""
        if pairs:
            both = [*pairs, *((other, journey) for journey, other in pairs)]
            with self.connection.cursor() as cursor:
                cursor.executemany(
                    self._sql("INSERT INTO {link} (journey, other) VALUES (%s, %s) ON CONFLICT DO NOTHING"),
                    both,
                )

    def lock_links(self, *, alone: bool) -> None:
        """Until the end of the transaction nobody links journeys; with ``alone`` nobody else concludes any either.

        Whoever brings a link waits until others' work is done, and is waited for: nobody concludes half of a group.
        """
        name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        self.connection.execute(sql.SQL("SELECT {}(%s)").format(sql.Identifier(name)), (_LINKING,))

    def lock_groups(self, journeys: Sequence[UUID]) -> None:
        """Until the end of the transaction nobody else concludes the linked ones among these (whole groups).

        To be called after what is new was added and before the journal is read: of two workers with facts for one
        group the second then reads what the first has added.
        """
        first = components(journeys, self.links(journeys))
        linked = {group for journey, group in first.items() if journey != group}
        for group in sorted(linked):
            self.connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"group {group}",)
            )

    def with_linked(self, journeys: Sequence[UUID]) -> list[UUID]:
        """These journeys and all that facts connect them with, directly or by others."""
        rows = self.connection.execute(
            self._sql(
                "WITH RECURSIVE reached (journey) AS (SELECT unnest(%s::uuid[])"
                " UNION SELECT l.other FROM reached r JOIN {link} l ON l.journey = r.journey)"
                " SELECT journey FROM reached"
            ),
            (list(journeys),),
        ).fetchall()
        return [row[0] for row in rows] if len(rows) > len(set(journeys)) else list(journeys)

    def links(self, journeys: Sequence[UUID] | None = None) -> list[tuple[UUID, UUID]]:
        """The pairs of journeys that facts name together: those of these, or all."""
        return self.connection.execute(
            self._sql(
                "SELECT journey, other FROM {link} WHERE %(journeys)s::uuid[] IS NULL OR journey = ANY(%(journeys)s)"
            ),
            {"journeys": None if journeys is None else list(journeys)},
        ).fetchall()

    def groups(self) -> list[UUID]:
        """One journey with facts of each group that facts connect, in order of id."""
        pairs = self.links()
        first = components({journey for journey, _ in pairs}, pairs)
        there = self.connection.execute(
            self._sql("SELECT DISTINCT journey FROM {fact} WHERE journey = ANY(%s) ORDER BY journey"),
            (list(first),),
        ).fetchall()
        return sorted({first[row[0]]: row[0] for row in reversed(there)}.values())

    def heads(self, journeys: Sequence[UUID]) -> list[UUID]:
        """The journeys that what is concluded of these stands under: each its own, but for linked ones."""
        rows = self.connection.execute(
            self._sql(
                "SELECT DISTINCT coalesce(c.head, asked.journey) FROM unnest(%s::uuid[]) AS asked (journey)"
                " LEFT JOIN {concluded} c USING (journey)"
            ),
            (list(journeys),),
        ).fetchall()
        return [row[0] for row in rows]

    def members(self, heads: Sequence[UUID]) -> list[UUID]:
        """The other journeys that what is concluded of them stands under these, in order of id."""
        rows = self.connection.execute(
            self._sql(
                "SELECT journey FROM {concluded} WHERE head = ANY(%s) AND journey <> head ORDER BY journey"
            ),
            (list(heads),),
        ).fetchall()
        return [row[0] for row in rows]
