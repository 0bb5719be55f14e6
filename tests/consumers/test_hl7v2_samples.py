"""Others' real HL7 v2 messages, where there are any: `CARECHAIN_SAMPLES` names the folder that holds them."""

import os
from pathlib import Path

from conftest import Place
from intakes import clock, intake_into

from consumers.intake.files import find
from consumers.intake.ingest import Ingestion
from consumers.intake.reading import messages


def test_every_sample_becomes_facts_and_the_second_time_is_known(place: Place) -> None:
    root = os.environ.get("CARECHAIN_SAMPLES")
    folder = Path(root) / "hl7v2" if root else None
    files = [str(folder)] if folder is not None and folder.is_dir() else []
    with intake_into(place) as intake:
        first = Ingestion(intake, clock).run(messages(find(files)))
        again = Ingestion(intake, clock).run(messages(find(files)))
    assert (first.put_aside, first.not_of_use, again.put_aside, again.accepted) == (0, 0, 0, 0)
    assert first.read == again.known
    assert bool(files) is (first.accepted > 0)
