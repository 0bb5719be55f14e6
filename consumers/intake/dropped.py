"""A file that was dropped into a folder: what a look at it tells, what it is called, a free name to move it to."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from consumers.intake.files import Input
from consumers.intake.message import Message, Told
from domain.errors import Unreadable


class Seen(NamedTuple):
    """What a look at a file tells: another file under its name, or a word more in it, is another sight."""

    number: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "Seen":
        found = path.stat(follow_symlinks=False)
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Dropped(Input):
    """One file, called by what is in it."""

    called: str = ""

    @property
    def place(self) -> str:
        """As ``file 0123456789ab (.hl7)``: ``sha256sum`` finds it."""
        return f"file {self.called} ({self.ending})" if self.ending else f"file {self.called}"


def reserved(folder: Path, name: str) -> Path:
    """The name, or with a number before its ending: a name that nothing had, held by an empty file of ours."""
    stem, ending = os.path.splitext(name)
    number = 1
    while True:
        path = folder / (name if number == 1 else f"{stem}-{number}{ending}")
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path


def whole(source: Dropped, digest: str) -> Message:
    """The file as one message that cannot be read: its messages could not be told apart."""

    def nothing() -> Told:
        raise Unreadable("not-read", "carechain could not read this file.")

    assert source.path is not None
    size = source.path.stat().st_size
    return Message(source.place, "unknown", "application/octet-stream", None, digest, size, nothing)
