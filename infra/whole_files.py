"""Files that are there whole or not at all, also after a crash: written beside, put on disk, then named."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE, READABLE = 0o600, 0o644


def write_whole(path: Path, content: bytes, mode: int = READABLE) -> None:
    """Put `content` in the place of whatever is there; on disk when this returns. Raises OSError."""
    with _part(path, content, mode) as part:
        part.replace(path)
    _to_disk(path.parent)


def make_once(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Make the file unless it exists; of several that try at once the first one wins. Raises OSError."""
    with _part(path, content, mode) as part, suppress(FileExistsError):
        os.link(part, path)
    _to_disk(path.parent)


@contextmanager
def _part(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _to_disk(folder: Path) -> None:
    """A name is kept by its folder, which has to reach the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
