"""Tables for tests: written as files, read by the mappings that are shipped, and told as short lines."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from consumers.intake.files import find
from consumers.intake.ingest import read
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages
from consumers.intake.site import Site
from domain.errors import Unreadable
from domain.submission import Submission

Rows = Iterable[Sequence[object]]


def table(file: Path, rows: Rows, separator: str = ",", encoding: str = "utf-8") -> Path:
    """A table as text with separators."""
    with file.open("w", encoding=encoding, newline="") as opened:
        csv.writer(opened, delimiter=separator).writerows(rows)
    return file


def messages_in(file: Path, site: Site | None = None) -> list[Message]:
    return list(messages(find([str(file)]), site))


def told(file: Path, site: Site | None = None) -> list[Told | Unreadable]:
    return [read(message) for message in messages_in(file, site)]


def submissions(file: Path, site: Site | None = None) -> list[Submission]:
    found: list[Submission] = []
    for one in told(file, site):
        assert isinstance(one, Told), one
        assert one.trouble is None, (one.trouble.reason, one.trouble.field)
        found += one.submissions
    return found


def short(said: Submission) -> str:
    """``patient-admitted 2026-03-02T07:00:00Z minute mrn:x 1`` and, where they are given, episode and unit."""
    assert said.patient is not None
    name = said.type.removeprefix("se.carechain.").rpartition(".")[0]
    parts = [name, f"{said.time:%Y-%m-%dT%H:%M:%SZ}", said.precision, said.patient.system, said.patient.value]
    return " ".join([*parts, *(part for part in (said.episode, said.unit) if part is not None)])


def troubles(file: Path, site: Site | None = None) -> list[tuple[str, str | None]]:
    """Reason and field of each row that is put aside."""
    found = []
    for one in told(file, site):
        trouble = one if isinstance(one, Unreadable) else one.trouble
        if trouble is not None:
            found.append((trouble.reason, trouble.field))
    return found
