"""The signed checkpoints as they stand on record, and their files."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from infra.home import disk_errors
from infra.postgres import Connection
from infra.store import put
from infra.whole_files import write_whole

STREAM = "checkpoints"
_SELECT = "SELECT size, time, note, encode(digest, 'hex') FROM audit.checkpoint"
_FILE = re.compile(r"[0-9]{12,}\.txt", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """One checkpoint on record."""

    size: int
    """How many facts it counts."""
    time: datetime
    """When it was made (UTC)."""
    note: bytes
    """The checkpoint itself, as it was signed."""
    digest: str
    """Hex SHA-256 of the note."""


def newest(connection: Connection) -> Kept | None:
    """The checkpoint that was made last, if there is one."""
    row = connection.execute(f"{_SELECT} ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else _kept(row)


def on_record(connection: Connection) -> Iterator[Kept]:
    """All checkpoints, in the order in which they were made."""
    for row in connection.execute(f"{_SELECT} ORDER BY size"):
        yield _kept(row)


def of_size(connection: Connection, size: int) -> Kept | None:
    """The checkpoint that counts exactly so many facts, if there is one."""
    row = connection.execute(f"{_SELECT} WHERE size = %s", (size,)).fetchone()
    return None if row is None else _kept(row)


def record(connection: Connection, store: UUID, kept: Kept) -> None:
    """Put a checkpoint on record, and out to be published, in the transaction at hand."""
    connection.execute(
        "INSERT INTO audit.checkpoint (size, time, note, digest) VALUES (%s, %s, %s, %s)",
        (kept.size, kept.time, kept.note, bytes.fromhex(kept.digest)),
    )
    put(connection, STREAM, [(str(store), kept.time, kept.note)])


def file_of(folder: Path, size: int) -> Path:
    """Where the checkpoint with so many facts is written: names in order are sizes in order."""
    return folder / f"{size:012d}.txt"


def files(folder: Path) -> list[Path]:
    """The checkpoint files there are, the smallest first."""
    if not folder.is_dir():
        return []
    names = [name for name in os.listdir(folder) if _FILE.fullmatch(name)]
    return [folder / name for name in sorted(names, key=lambda name: int(name.removesuffix(".txt")))]


def write_missing(connection: Connection, folder: Path) -> None:
    """Write a file for each checkpoint that has none. Raises ``OperatingError`` where the disk does not allow it."""
    there = {file.name for file in files(folder)}
    sizes = connection.execute("SELECT size FROM audit.checkpoint ORDER BY size").fetchall()
    missing = [size for (size,) in sizes if file_of(folder, size).name not in there]
    if not missing:
        return
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for size in missing:
            kept = of_size(connection, size)
            if kept is not None:
                write_whole(file_of(folder, size), kept.note)


def _kept(row: tuple[Any, ...]) -> Kept:
    size, time, note, digest = row
    return Kept(size, time.astimezone(UTC), bytes(note), digest)
