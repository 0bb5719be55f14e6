"""How dead letters stand on Kafka: golden bytes, which every later version must write and read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from conftest import GOLDEN, Place
from jsonschema import Draft202012Validator

from cli import schemas
from consumers.dead_letter_view import note
from consumers.intake.dead_letter_events import letter_event, resolved_event
from domain.fact import Sealed
from infra.postgres import connect

Golden = Callable[[str, str], None]
STORE, JOURNEY, BY = (UUID(f"00000000-0000-4000-8000-0000000000{end}") for end in ("aa", "01", "07"))
DIGEST, FACT = "a" * 64, "f" * 64
AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SEALED = Sealed(sealed="c2VhbGVk", key="00000000-0000-4000-8000-0000000000cc")
LEAST = {
    "reason": "not-json",
    "message": "The line is not JSON in UTF-8.",
    "source": "ndjson",
    "digest": DIGEST,
    "size": 17,
}
MOST: dict[str, Any] = {
    "reason": "missing-time",
    "message": "It does not say when the patient was admitted.",
    "source": "pas",
    "place": "file 2 (.hl7), message 3",
    "digest": DIGEST,
    "size": 600_000,
    "content_type": "application/hl7-v2",
    "kind": "ADT^A01",
    "unit": "hsa:SE2321000198-WARD1",
    "field": "PV1-44",
    "journey": str(JOURNEY),
    "since": "2026-03-01T07:00:00.000000Z",
    "kept": "postgresql",
}


def the_events() -> dict[str, bytes]:
    return {
        "dead-letter.v1": letter_event(STORE, 1, AT, {**LEAST, "sealed": SEALED.model_dump()}),
        "dead-letter.v1.all-fields": letter_event(STORE, 2, AT, MOST),
        "dead-letter-resolved.v1": resolved_event(
            STORE, 2, AT, digest=DIGEST, how="retried", by=str(BY), facts=(FACT,)
        ),
        "dead-letter-resolved.v1.discarded": resolved_event(
            STORE, 1, AT, digest=DIGEST, how="discarded", by=str(BY), reason=SEALED
        ),
        "dead-letter-resolved.v1.sent-again": resolved_event(
            STORE, 1, AT, digest=DIGEST, how="retried", by="sent-again"
        ),
    }


@pytest.mark.parametrize("name", list(the_events()))
def test_the_bytes_are_what_they_were(name: str, golden: Golden) -> None:
    golden(f"dead-letters/{name}.json", the_events()[name].decode() + "\n")


@pytest.mark.parametrize("name", list(the_events()))
def test_golden_events_fit_their_schemas(name: str) -> None:
    schema = schemas.one(name.partition(".")[0])
    assert schema is not None
    Draft202012Validator(schema).validate(json.loads((GOLDEN / "dead-letters" / f"{name}.json").read_text()))


@pytest.mark.broker
def test_golden_events_are_read(place: Place) -> None:
    def read(connection: Any, name: str) -> None:
        value = (GOLDEN / "dead-letters" / f"{name}.json").read_bytes()
        note(connection, SimpleNamespace(topic="x", partition=0, offset=0, value=value))  # type: ignore[arg-type]

    with connect(place.connections.read_dsn) as connection:
        for name in the_events():
            read(connection, name)
        rows = connection.execute(
            "SELECT id, digest, journey, since, recorded_at, ended_at, reason, source, kind"
            " FROM journal.dead_letter ORDER BY id"
        ).fetchall()
    assert rows == [
        (DIGEST, DIGEST, None, AT, AT, AT, "not-json", "ndjson", None),
        (
            f"{DIGEST}:2",
            DIGEST,
            JOURNEY,
            datetime(2026, 3, 1, 7, 0, tzinfo=UTC),
            AT,
            AT,
            "missing-time",
            "pas",
            "ADT^A01",
        ),
    ]
