"""Months frozen for settlement: an event on a stream of its own, with the figures as they stood, by whom and when."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from psycopg import IsolationLevel

from consumers.adoption import basis_of
from consumers.journal import Journal
from consumers.status import status
from domain.basis import Basis
from domain.dispute import DISPUTED, Disputed, disputed_of
from domain.errors import Refused
from domain.population import Population
from domain.reference import region_of_municipality
from domain.settle import agreed_in, first_day_after, freeze_day_agreed
from domain.settlement import STREAM, FreezeSettlement, Settlement, event, key_of, settlement_of
from infra.postgres import Connection, connect
from infra.settings import Connections, Settings
from infra.store import FactsLog, put, store_id
from infra.topics import topic_name
from projections.base import SCHEMA
from projections.population import population_in
from projections.settlement import Month, months


@dataclass(frozen=True)
class Frozen:
    """A settlement, by whom it was frozen."""

    settlement: Settlement
    actor: str
    """A staff reference."""
    id: str
    """The event's."""

    @property
    def key(self) -> str:
        return key_of(self.settlement.municipality, self.settlement.month)

    @property
    def known_at(self) -> datetime:
        """What was recorded by then (UTC) is in its figures."""
        return self.settlement.known_at or self.settlement.as_of


@dataclass(frozen=True)
class OnRecord:
    """What the stream of settlements holds, in the order in which it was put there."""

    frozen: tuple[Frozen, ...]
    disputed: tuple[Disputed, ...]

    def frozen_month(self, municipality: str, month: str) -> Frozen | None:
        """The freeze of a municipality's month, if it is frozen."""
        found = [one for one in self.frozen if one.key == key_of(municipality, month)]
        return found[0] if found else None

    def disputes(self, municipality: str, month: str) -> tuple[Disputed, ...]:
        """Those of a municipality's month."""
        wanted = key_of(municipality, month)
        return tuple(one for one in self.disputed if key_of(one.data.municipality, one.data.month) == wanted)


@dataclass(frozen=True)
class Standing:
    """Municipalities' months as they stand at one moment, and what they rest on."""

    months: dict[str, Month]
    """By municipality."""
    basis: Basis
    population: Population


def on_record(store_dsn: str, *, by: datetime | None = None) -> OnRecord:
    """All freezes and disputes; with ``by`` (UTC) those put on record by then."""
    with connect(store_dsn) as connection:
        return recorded(connection, by=by)


def recorded(connection: Connection, *, by: datetime | None = None) -> OnRecord:
    """The same, on a connection to the store."""
    rows = connection.execute(
        "SELECT body FROM store.outbox WHERE stream = %s AND (%s::timestamptz IS NULL OR recorded_at <= %s)"
        " ORDER BY position",
        (STREAM, by, by),
    )
    frozen: list[Frozen] = []
    disputed: list[Disputed] = []
    for (body,) in rows:
        head = _HEAD.decode(bytes(body))
        if head.type == DISPUTED:
            disputed.append(disputed_of(bytes(body)))
        else:
            frozen.append(Frozen(settlement_of(bytes(body)), head.actor, head.id))
    return OnRecord(tuple(frozen), tuple(disputed))


class _Head(msgspec.Struct):
    id: str
    type: str
    actor: str


_HEAD = msgspec.json.Decoder(_Head)


# -- figures -----------------------------------------------------------------------------------------------------


def standing(
    connection: Connection,
    schema: str,
    codes: Collection[str],
    month: str,
    now: datetime,
    *,
    known_at: datetime | None = None,
) -> Standing:
    """The month (``2026-03``) of each of these municipalities at ``now``; ``known_at`` as for agreements (both UTC)."""
    basis = basis_of(Journal(connection).reference(), known_at=known_at)
    population = population_in(connection, known_at=known_at)
    return Standing(months(connection, schema, codes, month, now, basis, population), basis, population)


def settlement(
    command: FreezeSettlement, standing: Standing, positions: dict[str, dict[str, int]]
) -> Settlement:
    """What would be put on record of a month that stands so."""
    code, found = command.municipality, standing.months[command.municipality]
    last_day = first_day_after(command.month) - timedelta(days=1)
    return Settlement(
        municipality=code,
        month=command.month,
        agreement=standing.basis.agreement_for(region_of_municipality(code), code, last_day).name,
        as_of=command.now,
        known_at=command.now,
        positions=positions,
        population=standing.population.id,
        figures=found.figures,
        means=found.settled.means,
        singly=found.settled.singly,
    )


# -- freezing ----------------------------------------------------------------------------------------------------


def freeze(
    settings: Settings, connections: Connections, command: FreezeSettlement, *, dry_run: bool = False
) -> Settlement:
    """Put the month on record as it stands at the command's moment.

    Raises ``Refused`` where it is frozen, not over, before the agreed day, or where the answers have not caught up
    with what is recorded.
    """
    with connect(connections.store_dsn) as connection:
        command.check({one.key for one in recorded(connection).frozen})
        _require_caught_up(settings, connections, connection)
    with _one_moment(connections) as connection:
        found = standing(connection, SCHEMA, (command.municipality,), command.month, command.now)
        made = settlement(command, found, Journal(connection).positions())
    names = found.months[command.municipality].agreements
    command.check_day(freeze_day_agreed(agreed_in(command.municipality, command.month, names, found.basis)))
    body = event(store_id(connections.store_dsn), command, made)
    if not dry_run:
        _put(connections.store_dsn, command, body)
    return settlement_of(body)


def _put(store_dsn: str, command: FreezeSettlement, body: bytes) -> None:
    with connect(store_dsn) as connection:
        # Asked again now that nobody else can freeze anything until the transaction ends.
        connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
        command.check({one.key for one in recorded(connection).frozen})
        put(connection, STREAM, [(command.key, command.now, body)])


@contextmanager
def _one_moment(connections: Connections) -> Iterator[Connection]:
    """Rows, agreements and positions of one moment."""
    with connect(connections.read_dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _require_caught_up(settings: Settings, connections: Connections, store: Connection) -> None:
    """What is recorded and not yet shown would be missing in the figures for ever."""
    facts = topic_name(settings, "facts")
    found = status(connections, facts, topic_name(settings, "reference"))
    published = store.execute(
        "SELECT coalesce(max(position), 0) FROM store.relayed WHERE topic = %s", (facts,)
    ).fetchone()
    assert published is not None
    waiting = FactsLog().end(store) > published[0]
    if waiting or found.lag or found.reference_lag or found.to_conclude:
        raise Refused(
            "The answers have not caught up with what is recorded, so the month's figures are not certain.",
            hint="Let `carechain run` go on until `carechain projection status` shows nothing waiting.",
        )
