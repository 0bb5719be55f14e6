"""All messages that others have published, where a folder of them is given: each is accounted for, in any order, twice.

Beside this stand the tests of each format, which need no such folder.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from intakes import intake_into
from pipeline import Pipeline

from consumers.intake.files import find
from consumers.intake.ingest import Counts, Ingestion
from consumers.intake.reading import messages
from infra.postgres import connect

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]
FOLDERS = ("hl7v2", "medcom", "synthea", "eventlogs")
"""Those of the folder that hold messages; the others hold tables to look things up in."""


def published() -> list[str]:
    root = os.environ.get("CARECHAIN_SAMPLES")
    return [str(Path(root, name)) for name in FOLDERS if Path(root, name).is_dir()] if root else []


def now() -> datetime:
    """Kafka takes no record from the future."""
    return datetime.now(UTC)


def taken(place: Place, *, backwards: bool, times: int) -> list[Counts]:
    found = []
    with intake_into(place) as intake:
        for _ in range(times):
            inputs = find(published())
            found.append(Ingestion(intake, now).run(messages(reversed(inputs) if backwards else inputs)))
    return found


def told(place: Place) -> Counter[tuple[Any, ...]]:
    """What is shown, without the ids that each installation makes by itself."""
    Pipeline(place).project(timeout=240)
    with connect(place.connections.read_dsn) as connection:
        stays = connection.execute(
            "SELECT phase, valid_from, started_at, ended_at, unit FROM shown.stays"
        ).fetchall()
        facts = connection.execute("SELECT rule, valid_from, unit, source FROM shown.timeline").fetchall()
    return Counter([("stay", *row) for row in stays] + [("fact", *row) for row in facts])


def test_every_message_is_accounted_for_and_the_order_is_of_no_account(
    place: Place, module_place: Place
) -> None:
    if not published():
        assert find(published()) == []  # nothing to read: the formats' own tests have shown what they can
        return
    first, again = taken(place, backwards=False, times=2)
    assert first.accepted + first.known + first.not_of_use + first.put_aside == first.read
    assert first.accepted > 10_000
    assert first.dead_letters == first.put_aside <= 10
    assert (again.accepted, again.dead_letters) == (0, 0)
    assert again.read == first.read

    (backwards,) = taken(module_place, backwards=True, times=1)
    assert backwards.read == first.read
    assert told(module_place) == told(place)
