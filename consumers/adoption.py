"""Agreements and population files take effect when adopted: an event on the reference stream, with by whom and when."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.agreement import Agreement, Basis
from domain.calendar import format_instant
from domain.errors import Refused
from domain.population import Population
from infra.postgres import Connection, connect
from infra.store import put, store_id
from projections.population import ADOPTED as POPULATION_ADOPTED
from projections.population import adopted_of

ADOPTED = "se.carechain.agreement-adopted.v1"


def adopt(store_dsn: str, agreement: Agreement, text: str, actor: str, now: datetime) -> bool:
    """Put the agreement on record. ``actor`` is a staff reference, ``now`` UTC. False when it stands already."""
    with connect(store_dsn) as connection:
        standing = basis_of(_events(connection)).agreements
        if standing and standing[-1] == agreement:
            return False
        content = {"agreement": agreement.model_dump(mode="json")}
        body = _event(store_id(store_dsn), ADOPTED, agreement.name, content, text, actor, now)
        put(connection, "reference", [(f"agreement:{agreement.id}", now, body)])
    return True


def adopt_population(store_dsn: str, population: Population, text: str, actor: str, now: datetime) -> bool:
    """Put a population file on record, as ``adopt``. Raises ``Refused`` where a newer count has been adopted."""
    with connect(store_dsn) as connection:
        standing = adopted_of(_events(connection))
        if standing == population:
            return False
        if standing is not None and standing.as_of > population.as_of:
            raise Refused(
                f"A newer count has been adopted already: {standing.id}, of {standing.as_of}.",
                hint="Adopt a file with a count of that day or later.",
            )
        content = {"population": population.model_dump(mode="json")}
        body = _event(store_id(store_dsn), POPULATION_ADOPTED, population.id, content, text, actor, now)
        put(connection, "reference", [(f"population:{population.id}", now, body)])
    return True


def _events(connection: Connection) -> list[bytes]:
    """What was adopted so far, oldest first; until the transaction ends nobody else adopts anything."""
    connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
    bodies = connection.execute("SELECT body FROM store.outbox WHERE stream = 'reference' ORDER BY position")
    return [bytes(row[0]) for row in bodies]


def _event(
    store: UUID, kind: str, name: str, content: dict[str, Any], text: str, actor: str, now: datetime
) -> bytes:
    digest = hashlib.sha256(text.encode()).hexdigest()
    at = format_instant(now)
    (subject,) = content
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": hashlib.sha256(f"{name}|{digest}|{at}".encode()).hexdigest(),
            "source": f"/carechain/{store}",
            "type": kind,
            "subject": f"{subject}:{content[subject]['id']}",
            "time": at,
            "datacontenttype": "application/json",
            "recordedtime": at,
            "actor": actor,
            "data": {"digest": digest, "text": text, **content},
        }
    )


def basis_of(events: Iterable[bytes]) -> Basis:
    """The basis after these adoptions: of several versions of one agreement the last adopted stands."""
    standing: dict[str, Agreement] = {}
    for raw in events:
        event: dict[str, Any] = msgspec.json.decode(raw)
        if event.get("type") == ADOPTED:
            adopted = Agreement.model_validate_json(msgspec.json.encode(event["data"]["agreement"]))
            standing.pop(adopted.id, None)
            standing[adopted.id] = adopted
    return Basis(agreements=tuple(standing.values()))
