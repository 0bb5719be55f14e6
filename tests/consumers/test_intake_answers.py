"""Answers that name no patient: they are about whom the message was that they answer, whichever came first."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from intakes import facts, ingest, intake_into, line

from consumers.intake.intake import Intake

pytestmark = pytest.mark.broker
CENTRE = "hsa:SE2321000198-VC1"


@pytest.fixture
def intake(place: Place) -> Iterator[Intake]:
    with intake_into(place) as made:
        yield made


def answer(message: str, *sources: str) -> dict[str, Any]:
    said = line("message-acknowledged", "2026-03-02T09:00:00+01:00", "nobody", {"acknowledges": message})
    del said["patient"]
    answers = {"sources": list(sources) or ["ward"], "message": message}
    return said | {"source": "centre", "message": f"ack-{message}", "unit": CENTRE, "answers": answers}


def sent(message: str) -> dict[str, Any]:
    return line("message-sent", "2026-03-02T08:00:00+01:00", "SIM-0001", message=message)


def written(folder: Path, *lines: dict[str, Any]) -> Path:
    file = folder / "facts.ndjson"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return file


@pytest.mark.parametrize("answer_first", [True, False])
def test_an_answer_finds_its_journey_in_whatever_order_they_come(
    intake: Intake, tmp_path: Path, answer_first: bool
) -> None:
    lines = [answer("m1"), sent("m1")] if answer_first else [sent("m1"), answer("m1")]
    counts = ingest(intake, written(tmp_path, *lines))

    assert (counts.read, counts.accepted, counts.put_aside, dict(counts.reasons)) == (2, 2, 0, {})
    assert counts.dead_letters == 0
    asked, told = sorted(facts(intake, "simulated", "SIM-0001"), key=lambda fact: fact.time)
    assert told.fact.acknowledges == asked.envelope.sourcemessage  # type: ignore[union-attr]
    again = ingest(intake, written(tmp_path, *lines))
    assert (again.read, again.known) == (2, 2)


def test_the_first_source_that_has_sent_the_message_counts(intake: Intake, tmp_path: Path) -> None:
    assert ingest(intake, written(tmp_path, sent("m1"), answer("m1", "other", "ward"))).accepted == 2


def test_an_answer_to_what_is_not_known_waits_in_the_dead_letters(intake: Intake, tmp_path: Path) -> None:
    counts = ingest(intake, written(tmp_path, answer("never")))
    assert (counts.put_aside, dict(counts.reasons)) == (1, {"unknown-message": 1})
