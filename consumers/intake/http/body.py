"""A request's body, up to its limit in memory; a larger one is counted and passed over."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from consumers.intake.formats.fhir import BUNDLE_MAX

PASSED_MAX = 64 * 1024 * 1024
"""Bytes after which a body that is too large is not even counted any more."""
BODY_S = 60.0
"""How long a sender may take to send its body."""
HELD_MAX = 128 * 1024 * 1024
"""Bytes of all bodies held at a time."""
_PIECE = 256 * 1024
_GZIP = 31
"""zlib's way of asking for gzip."""
JSON, XML = "application/fhir+json", "application/fhir+xml"
CONTENT_TYPES = {
    JSON: JSON,
    "application/json": JSON,
    XML: XML,
    "application/xml": XML,
    "text/xml": XML,
}
"""What is accepted, and which form of FHIR it is."""


class NotAccepted(Exception):
    """A request that is answered by a status and a sentence; nothing of it is stored."""

    def __init__(self, status: int, code: str, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        """One of FHIR's issue types."""
        self.sentence = sentence
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, repr=False)
class Body:
    """What was sent."""

    raw: bytes | None
    """Unpacked; ``None`` where it is too large."""
    digest: str
    """Hex SHA-256 of the unpacked bytes."""
    size: int


class Held:
    """How much of all bodies is in memory. Belongs to one event loop."""

    def __init__(self, limit: int = HELD_MAX) -> None:
        self._free = limit

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """One request's part, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._free += share.size

    def take(self, size: int) -> None:
        """Raises ``NotAccepted`` (503) where there is no room."""
        if size > self._free:
            raise NotAccepted(
                503, "throttled", "Too much is sent at once. Send it again later.", Retry_After="5"
            )
        self._free -= size


class Share:
    """What one request holds."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.size = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more. Raises ``NotAccepted`` (503) where there is no room."""
        self._held.take(size)
        self.size += size


def form_of(request: Request) -> str:
    """Which form of FHIR the body is said to be. Raises ``NotAccepted`` (415) for any other."""
    given = request.headers.get("content-type", "")
    kind, _, parameters = given.partition(";")
    form = CONTENT_TYPES.get(kind.strip().lower())
    if form is None:
        raise NotAccepted(415, "not-supported", f"The content type must be {JSON} or {XML}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(" \"'").lower() not in (
            "utf-8",
            "utf8",
            "us-ascii",
        ):
            raise NotAccepted(415, "not-supported", "FHIR is written in UTF-8.")
    return form


async def read_body(request: Request, share: Share, *, limit: int = BUNDLE_MAX) -> Body:
    """All of it. Raises ``NotAccepted``: 400, 408, 413 (far too large), 415, 503 (no room)."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise NotAccepted(415, "not-supported", "The content encoding must be gzip, or none.")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > PASSED_MAX:
        raise _far_too_large()
    pieces = _unpacked(request.stream()) if encoding.endswith("gzip") else request.stream()
    try:
        async with asyncio.timeout(BODY_S):
            return await _collect(pieces, share, limit)
    except TimeoutError:
        raise NotAccepted(
            408, "timeout", "The message did not come to its end.", Connection="close"
        ) from None
    except zlib.error:
        raise NotAccepted(400, "structure", "The packed body breaks off or is damaged.") from None


async def _collect(pieces: AsyncIterator[bytes], share: Share, limit: int) -> Body:
    kept: bytearray | None = bytearray()
    digest, size = sha256(), 0
    async for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if size > PASSED_MAX:
            raise _far_too_large()
        if size > limit:
            kept = None
        elif kept is not None:
            share.take(len(piece))
            kept += piece
    return Body(None if kept is None else bytes(kept), digest.hexdigest(), size)


async def _unpacked(packed: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """In small pieces, however much a few bytes unpack to."""
    unpacker = zlib.decompressobj(_GZIP)
    async for piece in packed:
        rest = piece
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(_GZIP)
            yield unpacker.decompress(rest, _PIECE)
            rest = unpacker.unconsumed_tail or unpacker.unused_data
            # Others have their turn.
            await asyncio.sleep(0)
        while not unpacker.eof and (more := unpacker.decompress(b"", _PIECE)):
            yield more
    if not unpacker.eof:
        raise zlib.error("breaks off")


def _far_too_large() -> NotAccepted:
    return NotAccepted(
        413,
        "too-long",
        "The message is far larger than 16 MiB. It was not stored.",
        Connection="close",
    )
