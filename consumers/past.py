"""Journeys as they were known at an earlier moment: concluded at once, into tables that only this session sees."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.conclusions import Concluded, conclude_lines
from consumers.journal import Journal
from consumers.sealing import OpeningSeal
from domain.adopted import basis_of
from domain.basis import Basis
from domain.errors import Refused
from domain.fact import load_catalogue
from domain.rows import Row
from infra.keys import MasterKey
from infra.postgres import Connection
from infra.settings import Connections
from infra.vault import KeyReader
from projections import base


class Shown(NamedTuple):
    """Where and by which ids journeys are shown as they were known then."""

    schema: str
    """The schema to ask."""
    journeys: tuple[UUID, ...]
    """The journeys to ask for: those that the rows of linked ones stood under then."""
    linked: tuple[UUID, ...]
    """The others that were linked with these."""


def show_past(
    connection: Connection,
    connections: Connections,
    master_key: MasterKey,
    journeys: Sequence[UUID],
    known_at: datetime,
) -> Shown:
    """Show these journeys, and no others, from the facts and agreements recorded by ``known_at`` (UTC).

    ``connection`` is one to the read database that may write; from here on it reads only.
    Raises ``Refused`` where none of the journeys was known by then.
    """
    concluded = conclude_past(connection, connections, master_key, journeys, known_at)
    schema = show_rows(connection, concluded.rows, concluded.partition)
    heads = tuple(concluded.rows)
    linked = (journey for journey, head in concluded.heads.items() if head in heads and journey != head)
    return Shown(schema, heads, tuple(sorted(linked)))


def show_rows(
    connection: Connection, rows: Mapping[UUID, Sequence[Row]], partition_of: Mapping[UUID, int]
) -> str:
    """Make the session's own tables say these rows, once in a session; returns the schema to ask."""
    base.create_temporary(connection)
    every = (row for journey_rows in rows.values() for row in journey_rows)
    base.copy_rows(connection, base.TEMPORARY, every, partition_of)
    # A read-only transaction can make no table, but one that has made them can become read-only.
    connection.execute("SET TRANSACTION READ ONLY")
    return base.TEMPORARY


def conclude_past(
    connection: Connection,
    connections: Connections,
    master_key: MasterKey,
    journeys: Sequence[UUID],
    known_at: datetime,
) -> Concluded:
    """What follows from the facts and agreements recorded by ``known_at`` (UTC). Raises ``Refused`` as above."""
    load_catalogue()
    journal = Journal(connection)
    lines = journal.load(journeys, known_at=known_at)
    if not lines:
        raise nothing_known()
    basis = basis_of(journal.reference(), known_at=known_at)
    with closing(KeyReader(connections.vault_dsn, master_key)) as keys:
        concluded = conclude_lines(lines, OpeningSeal(keys), basis, journal.withheld(journeys))
    # Linked journeys were read together; those that were another person's then are not asked about.
    heads = list(
        dict.fromkeys(concluded.heads[journey] for journey in journeys if journey in concluded.heads)
    )
    if not heads:
        raise nothing_known()
    if not concluded.rows.keys() >= set(heads):
        raise Refused(concluded.parked[-1][2], hint="Report it: the journey's id is all that is needed.")
    concluded.rows = {head: concluded.rows[head] for head in heads}
    return concluded


def nothing_known() -> Refused:
    """The patient's first fact was recorded later than what is asked about."""
    return Refused(
        "Nothing had been recorded about that patient by then.",
        hint="Ask about a later moment; `carechain journey show` tells what is known now.",
    )


class _Adopted(msgspec.Struct):
    recordedtime: datetime


_ADOPTED = msgspec.json.Decoder(_Adopted)


def bases(
    events: Iterable[bytes], *, known_from: datetime, known_at: datetime
) -> list[tuple[datetime, Basis]]:
    """What held from when on, from ``known_from`` to ``known_at`` (UTC), by the events of the reference stream."""
    every = list(events)
    times = sorted({_ADOPTED.decode(event).recordedtime for event in every})
    found = [(known_from, basis_of(every, known_at=known_from))]
    for time in times:
        if known_from < time <= known_at:
            basis = basis_of(every, known_at=time)
            if basis.digest != found[-1][1].digest:
                found.append((time, basis))
    return found
