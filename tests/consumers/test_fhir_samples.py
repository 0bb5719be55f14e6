"""Others' real FHIR messages, where there are any: `CARECHAIN_SAMPLES` names the folder that holds them."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from fhir_resources import as_xml, bundle, encounter
from hospital_notifications import notification
from intakes import ingest, intake_into

from consumers.intake.files import find
from consumers.intake.ingest import examine, read
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages


def samples(*folders: str) -> list[str]:
    """The folders that are there; a set variable that leads to none of them is a mistake."""
    root = os.environ.get("CARECHAIN_SAMPLES")
    found = [str(path) for folder in folders if root for path in sorted(Path(root).glob(folder))]
    assert found or not root, f"CARECHAIN_SAMPLES is set and holds none of {folders}"
    return found


def ours(tmp_path: Path) -> str:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "1.xml").write_bytes(as_xml(bundle(encounter())))
    (folder / "2.xml").write_bytes(as_xml(bundle(notification("admit-inpatient")["entry"][1]["resource"])))
    return str(folder)


def all_of(paths: Iterable[str]) -> list[Message]:
    return list(messages(find(list(paths))))


def test_every_message_says_something(tmp_path: Path) -> None:
    theirs = samples("medcom", "synthea")
    found = all_of([ours(tmp_path), *theirs])
    counts = examine(found)
    assert (counts.read, counts.put_aside) == (len(found), 0)
    kinds: Counter[str] = Counter()
    for message in found:
        told = read(message)
        assert isinstance(told, Told)
        kinds[told.kind] += 1
        said = [one for one in told.submissions if one.type.split(".")[2] != "message-noted"]
        assert said or told.kind == "transaction"
    if theirs:
        assert {"acknowledgement", "care-communication", "hospital-notification", "transaction"} <= set(kinds)


@pytest.mark.broker
def test_they_are_taken_in_and_the_second_time_known(place, tmp_path):  # type: ignore[no-untyped-def]
    paths = [Path(path) for path in [ours(tmp_path), *samples("medcom", "synthea")]]
    with intake_into(place) as intake:
        first = ingest(intake, *paths)
        again = ingest(intake, *paths)
        last = ingest(intake, *paths)
    assert (
        first.read
        == again.read
        == last.read
        == first.accepted + first.known + first.not_of_use + first.put_aside
    )
    # An answer that came before what it answers finds it the second time.
    assert set(first.reasons) <= {"unknown-message"}
    assert (last.accepted, last.put_aside) == (0, 0)
