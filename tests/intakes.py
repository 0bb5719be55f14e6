"""An intake into a place of its own, and what tests ask of it: submissions, files, stays, everything stored."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from conftest import Place
from psycopg import sql

from consumers.intake.files import find
from consumers.intake.ingest import Counts, Ingestion
from consumers.intake.intake import Intake
from consumers.intake.reading import messages
from domain.basis import Basis
from domain.calendar import parse_instant
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.rows import Responsibility, Row, Stay, at
from domain.submission import Patient, Submission
from infra.keys import load_or_create
from infra.postgres import connect

WARD = "hsa:SE2321000198-WARD1"
NOW = datetime(2026, 12, 31, tzinfo=UTC)


@contextmanager
def intake_into(place: Place) -> Iterator[Intake]:
    reached = place.connections
    with Intake(reached.store_dsn, reached.vault_dsn, load_or_create(place.settings.master_key_file)) as made:
        yield made


def clock() -> datetime:
    return NOW


def line(
    kind: str, time: str, patient: str, data: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A line of NDJSON by Region Gävleborg's ward 1 about a simulated patient."""
    given = {
        "type": f"se.carechain.{kind}.v1",
        "time": time,
        "patient": {"system": "simulated", "value": patient},
        "source": "ward",
        "unit": WARD,
        "data": dict(data or {}),
    }
    return {name: value for name, value in (given | more).items() if value is not None}


def said(
    kind: str, time: str, patient: str, data: Mapping[str, Any] | None = None, **more: Any
) -> Submission:
    """The same as a submission."""
    return Submission.model_validate_json(json.dumps(line(kind, time, patient, data, **more)))


def about(system: str, value: str) -> Patient:
    return Patient(system=system, value=value)


def write(file: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), encoding="utf-8")
    return file


def ingest(intake: Intake, *paths: Path) -> Counts:
    return Ingestion(intake, clock).run(messages(find([str(path) for path in paths])))


def facts(intake: Intake, system: str, value: str) -> list[RecordedFact]:
    """What is stored of a patient, in the order it was recorded."""
    journey = journey_of(intake, system, value)
    return intake.app.journeys([journey])[journey].facts


def rows(intake: Intake, system: str, value: str, now: datetime) -> list[Row]:
    """What follows from a patient's facts, as it stands at ``now``."""
    journey = journey_of(intake, system, value)
    return at(conclude(journey, intake.app.journeys([journey])[journey].history, Basis()), now)


def responsibilities(intake: Intake, system: str, value: str, now: datetime = NOW) -> list[Responsibility]:
    """Who is responsible for the patient at ``now``."""
    found = [row for row in rows(intake, system, value, now) if isinstance(row, Responsibility)]
    return [row for row in found if row.state == "current"]


def stays(intake: Intake, system: str, value: str, now: datetime = NOW) -> list[Stay]:
    """The patient's stays as they stand at ``now``, by start."""
    found = [row for row in rows(intake, system, value, now) if isinstance(row, Stay)]
    return sorted(found, key=lambda row: row.started_at or NOW)


def stay(intake: Intake, system: str, value: str, now: datetime = NOW) -> Stay:
    """The one stay."""
    (found,) = stays(intake, system, value, now)
    return found


def tables(place: Place) -> dict[str, list[str]]:
    """Every row of store and vault as text; bytes are in hex."""
    with connect(place.connections.store_dsn) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema IN ('store', 'vault') ORDER BY 1, 2"
        ).fetchall()
        return {
            f"{schema}.{table}": [
                text
                for (text,) in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(schema, table))
                )
            ]
            for schema, table in names
        }


def places_with(place: Place, identity: str) -> list[str]:
    """The tables where an identity stands in clear, as text or inside bytes."""
    forms = (identity, identity.encode().hex())
    return [
        name for name, lines in tables(place).items() for row in lines if any(form in row for form in forms)
    ]


def letters(place: Place) -> list[dict[str, Any]]:
    """The dead letters written, in order."""
    with connect(place.connections.store_dsn) as connection:
        rows = connection.execute(
            "SELECT body FROM store.outbox WHERE stream = 'dead-letters' ORDER BY position"
        ).fetchall()
    return [json.loads(bytes(body)) for (body,) in rows]


def instant(text: str) -> datetime:
    return parse_instant(text)


def journey_of(intake: Intake, system: str, value: str) -> UUID:
    journey = intake.vault.find_journey(system, value)
    assert journey is not None
    return journey
