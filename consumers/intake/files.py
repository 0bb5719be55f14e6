"""What is to be read: files, folders' files in a fixed order, standard input. Names stay inside."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path

from infra.errors import OperatingError

STDIN = "-"
ENDINGS = (
    *(".ndjson", ".jsonl", ".json", ".xml", ".hl7"),
    *(".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".xes"),
)
"""Those that a file may be named by: any other may be part of a name."""
BUFFER = 256 * 1024
_USAGE, _NOT_ALLOWED = 2, 4


@dataclass(frozen=True)
class Input:
    """One file by its number in the order of reading, or standard input (no path)."""

    number: int
    path: Path | None

    @property
    def ending(self) -> str:
        """A known ending, or nothing; standard input is NDJSON."""
        if self.path is None:
            return ".ndjson"
        name = self.path.name.lower().removesuffix(".gz")
        ending = Path(name).suffix
        return ending if ending in ENDINGS else ""

    @property
    def place(self) -> str:
        """How a person finds it without its name; nothing for standard input."""
        if self.path is None:
            return ""
        return f"file {self.number} ({self.ending})" if self.ending else f"file {self.number}"

    @contextmanager
    def open(self) -> Iterator["BufferedReader[FileIO]"]:
        """Its bytes, to be read once."""
        # Standard input's own buffer would look ahead less than a line.
        opened = FileIO(sys.stdin.fileno(), closefd=False) if self.path is None else FileIO(self.path)
        with BufferedReader(opened, BUFFER) as file:
            yield file


def find(paths: Sequence[str]) -> list[Input]:
    """The files at these paths, folders' files in order of their names without the hidden ones; ``-`` is stdin.

    Raises ``OperatingError`` before anything is read: exit code 2 for a path that is not there, 4 for a file or
    a folder that may not be read.
    """
    found: list[Path | None] = []
    for number, text in enumerate(paths, start=1):
        path = Path(text)
        if text == STDIN:
            found.append(None)
        elif path.is_dir():
            found += sorted(_inside(path))
        elif path.exists():
            found.append(path)
        else:
            raise OperatingError(
                f"There is nothing where path number {number} points.",
                hint="Name files or folders that exist, or - for NDJSON on standard input.",
                exit_code=_USAGE,
            )
    for number, file in enumerate(found, start=1):
        if file is not None and not os.access(file, os.R_OK):
            raise OperatingError(
                f"File number {number} may not be read.",
                hint="Ask for the right to read it, or leave it out.",
                exit_code=_NOT_ALLOWED,
            )
    return [Input(number, file) for number, file in enumerate(found, start=1)]


def _inside(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise OperatingError(
            "A folder may not be read.",
            hint="Ask for the right to read it, or name the files.",
            exit_code=_NOT_ALLOWED,
        ) from error

    for root, folders, names in os.walk(folder, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(root, name)
            if not name.startswith(".") and file.is_file():
                yield file
