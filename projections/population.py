"""Which numbers of inhabitants hold: those adopted, as the journal has them, else those that came with the programs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from domain.population import SHIPPED, Population

ADOPTED = "se.carechain.population-adopted.v1"


def population_in(connection: Connection[Any], *, known_at: datetime | None = None) -> Population:
    """What holds after everything of the reference stream that the journal has. No row of a journey rests on it.

    With ``known_at`` (UTC), after everything that had been adopted by then.
    """
    raw = connection.execute(
        "SELECT raw FROM journal.reference WHERE starts_with(key, 'population:') ORDER BY kafka_offset"
    )
    return adopted_of((bytes(row[0]) for row in raw), known_at=known_at) or SHIPPED


def adopted_of(events: Iterable[bytes], *, known_at: datetime | None = None) -> Population | None:
    """What was adopted by these: of several the last, but never an older count in place of a newer one.

    With ``known_at`` (UTC), by those recorded by then.
    """
    standing: Population | None = None
    for raw in events:
        event: dict[str, Any] = msgspec.json.decode(raw)
        if event.get("type") != ADOPTED:
            continue
        if known_at is not None and datetime.fromisoformat(event["recordedtime"]) > known_at:
            continue
        adopted = Population.model_validate_json(msgspec.json.encode(event["data"]["population"]))
        if standing is None or adopted.as_of >= standing.as_of:
            standing = adopted
    return standing
