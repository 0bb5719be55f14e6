"""Agreements take effect when they are adopted: an event on the reference stream, whole, with by whom and when."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.agreement import Agreement, Basis
from domain.calendar import format_instant
from infra.postgres import connect
from infra.store import put, store_id

ADOPTED = "se.carechain.agreement-adopted.v1"


def adopt(store_dsn: str, agreement: Agreement, text: str, actor: str, now: datetime) -> bool:
    """Put the agreement on record. ``actor`` is a staff reference, ``now`` UTC. False when it stands already."""
    with connect(store_dsn) as connection:
        connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
        bodies = connection.execute(
            "SELECT body FROM store.outbox WHERE stream = 'reference' ORDER BY position"
        )
        standing = basis_of(bytes(row[0]) for row in bodies).agreements
        if standing and standing[-1] == agreement:
            return False
        body = _event(store_id(store_dsn), agreement, text, actor, now)
        put(connection, "reference", [(f"agreement:{agreement.id}", now, body)])
    return True


def _event(store: UUID, agreement: Agreement, text: str, actor: str, now: datetime) -> bytes:
    digest = hashlib.sha256(text.encode()).hexdigest()
    at = format_instant(now)
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": hashlib.sha256(f"{agreement.name}|{digest}|{at}".encode()).hexdigest(),
            "source": f"/carechain/{store}",
            "type": ADOPTED,
            "subject": f"agreement:{agreement.id}",
            "time": at,
            "datacontenttype": "application/json",
            "recordedtime": at,
            "actor": actor,
            "data": {"digest": digest, "text": text, "agreement": agreement.model_dump(mode="json")},
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
