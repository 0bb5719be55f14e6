"""Months frozen for settlement: an event on a stream of its own, with the figures as they stood, by whom and when."""

from dataclasses import dataclass

import msgspec

from consumers.adoption import basis_of
from consumers.journal import Journal
from consumers.status import status
from domain.errors import Refused
from domain.reference import region_of_municipality
from domain.settlement import STREAM, Figures, FreezeSettlement, Settlement, event, settlement_of
from infra.postgres import Connection, connect
from infra.settings import Connections, Settings
from infra.store import FactsLog, put, store_id
from infra.topics import topic_name
from projections.base import SCHEMA
from projections.query import Filters
from projections.waits import ready_months


@dataclass(frozen=True)
class Frozen:
    """A settlement, by whom it was frozen."""

    settlement: Settlement
    actor: str
    """A staff reference."""


def freeze(
    settings: Settings, connections: Connections, command: FreezeSettlement, *, dry_run: bool = False
) -> Settlement:
    """Put the month on record as it stands at the command's moment.

    Raises ``Refused`` where it is frozen, not over, or where the answers have not caught up with what is recorded.
    """
    with connect(connections.store_dsn) as connection:
        command.check({key for key, _ in _events(connection)})
        _require_caught_up(settings, connections, connection)
    agreement, figures = _standing(connections, command)
    body = event(store_id(connections.store_dsn), command, agreement, figures)
    if not dry_run:
        _put(connections.store_dsn, command, body)
    return settlement_of(body)


def _put(store_dsn: str, command: FreezeSettlement, body: bytes) -> None:
    with connect(store_dsn) as connection:
        # Asked again now that nobody else can freeze anything until the transaction ends.
        connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
        command.check({key for key, _ in _events(connection)})
        put(connection, STREAM, [(command.key, command.now, body)])


def frozen(store_dsn: str) -> list[Frozen]:
    """All months that are frozen, in the order in which they were."""
    with connect(store_dsn) as connection:
        bodies = [body for _, body in _events(connection)]
    return [Frozen(settlement_of(body), msgspec.json.decode(body)["actor"]) for body in bodies]


def _events(connection: Connection) -> list[tuple[str, bytes]]:
    rows = connection.execute(
        "SELECT key, body FROM store.outbox WHERE stream = %s ORDER BY position", (STREAM,)
    )
    return [(key, bytes(body)) for key, body in rows]


def _standing(connections: Connections, command: FreezeSettlement) -> tuple[str, Figures]:
    """The agreement in force between the municipality and its region, and the month's figures."""
    code, region = command.municipality, region_of_municipality(command.municipality)
    with connect(connections.read_dsn) as connection:
        basis = basis_of(Journal(connection).reference())
        months = ready_months(connection, SCHEMA, Filters(municipality=code), command.now)
    mine = [m for m in months if (m["municipality"], m["month"]) == (code, command.month)]
    figures = {name: value for m in mine for name, value in m.items() if name in Figures.model_fields}
    # Added up in any order: the last digits of a sum are not the month's.
    figures["days"] = round(mine[0]["days"], 4) if mine else 0.0
    return basis.agreement_for(region, code).name, Figures.model_validate(figures)


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
