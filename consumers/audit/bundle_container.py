"""A bundle's files, in a folder or in a zip that is made in one way only, so that no byte of it can be another."""

import io
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from consumers.audit.bundle import NAMES
from domain.errors import Refused
from infra.errors import OperatingError

MOST_ZIPPED: Final = 2**32 - 2**20
"""Bytes of a zip, below the limit of its plain form; larger bundles are folders."""

# APPNOTE 4.3.7, 4.3.12, 4.3.16: not compressed, made on Unix, of 1980-01-01, for the owner alone, nothing extra.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _MADE_BY, _DATE, _MODE = 20, 3 << 8 | 20, 1 << 5 | 1, 0o600 << 16
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of a bundle, wherever it lies."""

    name: str
    path: Path
    offset: int
    size: int
    crc: int | None = None
    """As the zip says; a folder says nothing."""

    def open(self) -> BinaryIO:
        """Its bytes from the beginning, and no more than them."""
        return io.BufferedReader(_Window(self.path, self.offset, self.size), _CHUNK)

    def chunks(self) -> Iterator[bytes]:
        with self.open() as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def read(self, most: int) -> bytes:
        """The whole of a small file. Raises ``Refused`` where it is larger than that."""
        if self.size > most:
            raise Refused(f"{self.name} is larger than it can be.")
        with self.open() as file:
            return file.read()

    def lines(self, most: int) -> Iterator[bytes]:
        """Its lines without their newlines. Raises ``Refused`` for a longer one, and for one that does not end."""
        with self.open() as file:
            while line := file.readline(most + 1):
                if not line.endswith(b"\n"):
                    raise Refused(f"{self.name} has a line that is too long, or does not end.")
                yield line[:-1]


class _Window(io.RawIOBase):
    """A part of a file."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(offset)
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # of a stream of bytes
        read = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= read
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


def members(path: Path) -> dict[str, Member]:
    """The files of the bundle at ``path``, none of them read yet; nothing is unpacked.

    Raises ``Refused`` for what is no bundle, ``OperatingError`` (exit code 2) where there is nothing, or no access.
    """
    try:
        return _of_folder(path) if path.is_dir() else _of_zip(path)
    except (OSError, ValueError) as error:
        raise OperatingError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'that is no file'}.",
            hint="Name a bundle as `carechain audit export` wrote it: a file or a folder.",
            exit_code=2,
        ) from None


def _of_folder(folder: Path) -> dict[str, Member]:
    with os.scandir(folder) as inside:
        names = {one.name for one in islice(inside, len(NAMES) + 1)}
    _require(names == set(NAMES), "The folder does not hold the files of a bundle, all of them and no other.")
    found = {}
    for name in NAMES:
        about = (folder / name).lstat()
        _require(stat.S_ISREG(about.st_mode), f"{name} is no plain file.")
        found[name] = Member(name, folder / name, 0, about.st_size)
    return found


def _of_zip(path: Path) -> dict[str, Member]:
    _require(stat.S_ISREG(path.stat().st_mode), "It is no plain file.")
    found = {}
    with path.open("rb") as file:
        for name in NAMES:
            header = file.read(_LOCAL.size + len(name))
            _require(len(header) == _LOCAL.size + len(name), "It is no bundle, or it ends too early.")
            crc, size = _LOCAL.unpack_from(header)[6:8]
            _require(header == _local(name, size, crc), "It is not packed as `carechain audit export` packs.")
            found[name] = Member(name, path, file.tell(), size, crc)
            file.seek(size, os.SEEK_CUR)
        ending = _ending(list(found.values()))
        _require(
            file.read(len(ending) + 1) == ending, "The zip does not end as `carechain audit export` ends it."
        )
    return found


def pack(folder: Path, file: BinaryIO) -> None:
    """Write the bundle in ``folder`` as a zip. Raises ``Refused`` where it is too large for one."""
    found = _of_folder(folder)
    if sum(member.size for member in found.values()) > MOST_ZIPPED:
        raise Refused("The bundle is too large for a zip.", hint="Name a folder: an --output without .zip.")
    packed = []
    for member in found.values():
        crc = 0
        for chunk in member.chunks():
            crc = zlib.crc32(chunk, crc)
        file.write(_local(member.name, member.size, crc))
        packed.append(Member(member.name, folder, file.tell(), member.size, crc))
        for chunk in member.chunks():
            file.write(chunk)
    file.write(_ending(packed))


def _local(name: str, size: int, crc: int) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0) + name.encode()


def _ending(packed: list[Member]) -> bytes:
    """The directory at the end of a zip: each member's name, size and place again."""
    entries = b"".join(
        _CENTRAL.pack(
            *(b"PK\x01\x02", _MADE_BY, _VERSION, 0, 0, 0, _DATE, member.crc, member.size, member.size),
            *(len(member.name), 0, 0, 0, 0, _MODE, member.offset - _LOCAL.size - len(member.name)),
        )
        + member.name.encode()
        for member in packed
    )
    last = packed[-1]
    end = _END.pack(b"PK\x05\x06", 0, 0, len(packed), len(packed), len(entries), last.offset + last.size, 0)
    return entries + end


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Refused(otherwise, hint="Ask for the bundle again, or unpack it into a folder of its own.")
