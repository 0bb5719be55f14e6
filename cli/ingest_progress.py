"""How far the reading of files has come: by their bytes on a terminal, by messages elsewhere."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING

from cli.output import progress, use_color

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from consumers.intake.files import Input

Advance = Callable[[int], None]


@contextmanager
def reading_progress(inputs: Sequence["Input"]) -> Iterator[tuple[Sequence["Input"], Advance]]:
    """The inputs to read, and what is to be told of the messages that are done."""
    total = _bytes(inputs)
    if total is None or not (sys.stderr.isatty() and use_color()):
        with progress("Reading messages") as advance:
            yield inputs, advance
        return
    with progress("Reading messages, in bytes", total) as advance:
        yield [_watched(one, advance) for one in inputs], lambda _: None


def _bytes(inputs: Sequence["Input"]) -> int | None:
    """How many there are to read, packed as they are; nothing where one cannot be known beforehand."""
    sizes = [
        one.path.stat().st_size if one.path is not None and one.path.is_file() else None for one in inputs
    ]
    return None if None in sizes else sum(size for size in sizes if size is not None)


class _Counted(FileIO):
    """A file that tells how much of it was read."""

    advance: Advance

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        read = super().readinto(buffer)
        self.advance(read)
        return read


def _watched(one: "Input", advance: Advance) -> "Input":
    from consumers.intake.files import BUFFER, Input

    @dataclass(frozen=True)
    class Watched(Input):
        @contextmanager
        def open(self) -> Iterator["BufferedReader[FileIO]"]:
            assert self.path is not None
            counted = _Counted(self.path)
            counted.advance = advance
            raw: FileIO = counted
            with BufferedReader(raw, BUFFER) as file:
                yield file

    return Watched(one.number, one.path)
