"""From bytes to messages: which format they have, by their content type, by a file's ending, by how they begin."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from io import BufferedReader, BytesIO, FileIO
from typing import cast

from consumers.intake.files import BUFFER, Input
from consumers.intake.formats._format import Format, Received, Stream, whole
from consumers.intake.message import Message, Told
from consumers.intake.site import Site
from domain.discovery import modules_of
from domain.errors import Unreadable

UNKNOWN = "unknown"
UNKNOWN_MAX = 16 * 1024 * 1024
"""Bytes of the largest file of no known format that is kept."""
_GZIP = b"\x1f\x8b"


@cache
def formats() -> tuple[Format, ...]:
    """Every format, the one that looks closest first."""
    found = [f for module in modules_of("consumers.intake.formats") for f in module.FORMATS]
    return tuple(sorted(found, key=lambda f: (-f.weight, f.name)))


def messages(inputs: Iterable[Input], site: Site | None = None) -> Iterator[Message]:
    """Every message of the files, in order; one file is open at a time."""
    known = site or Site()
    for source in inputs:
        with source.open() as file:
            if not file.peek(2).startswith(_GZIP):
                yield from _messages(file, source.ending, source.place, known)
                continue
            # Read as it goes: a file that unpacks to more than any message is passed over like any other.
            unpacked = BufferedReader(cast("FileIO", gzip.GzipFile(fileobj=file)), BUFFER)
            try:
                yield from _messages(unpacked, source.ending, source.place, known)
            except (gzip.BadGzipFile, EOFError, zlib.error):
                yield _broken(source)


def messages_of(
    raw: bytes, content_type: str, site: Site | None = None, place: str = ""
) -> Iterator[Message]:
    """The messages of a value or body. Without a content type that is known, it is told by how it begins."""
    known = site or Site()
    stream = BufferedReader(cast("FileIO", BytesIO(raw)), BUFFER)
    plain = content_type.partition(";")[0].strip().lower()
    found = next((f for f in formats() if plain in f.content_types), None)
    if found is None or plain == "application/json":
        yield from _messages(stream, "", place, known)
    else:
        yield from found.messages(Received(stream, place, content_type, known))


def _messages(stream: Stream, ending: str, place: str, site: Site) -> Iterator[Message]:
    format = _format(ending, stream.peek(1))
    if format is not None:
        yield from format.messages(Received(stream, place, format.content_types[0], site))
        return
    received = Received(stream, place, "application/octet-stream", site)
    why = "The file is larger than any message (16 MiB)."
    yield whole(received, UNKNOWN_MAX, why, lambda raw: _unknown(raw, place), UNKNOWN)


def _format(ending: str, head: bytes) -> Format | None:
    """Of the formats with the ending the one that may begin so, else the only one; without an ending, by the beginning."""
    with_ending = [f for f in formats() if ending in f.endings] if ending else []
    candidates = with_ending or list(formats())
    found = next((f for f in candidates if f.recognises(head)), None)
    return found or (with_ending[-1] if with_ending else None)


def _broken(source: Input) -> Message:
    """A packed file that breaks off or was damaged; what came before was read."""
    with source.open() as file:
        pieces = iter(lambda: file.read(BUFFER), b"")
        made = Message.too_large(
            pieces, "", place=source.place, format=UNKNOWN, content_type="application/gzip"
        )

    def refuse() -> Told:
        raise Unreadable("broken-archive", "The packed file breaks off or is damaged.")

    return replace(made, read=refuse)


def _unknown(raw: bytes, place: str) -> Message:
    def refuse() -> Told:
        raise Unreadable("unknown-format", "The file is of no format that is read here.")

    return Message.of(raw, refuse, place=place, format=UNKNOWN, content_type="application/octet-stream")
