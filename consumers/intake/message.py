"""A message as it was received, and what it says: the two things that every format is brought to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from domain.errors import Unreadable
from domain.submission import Patient, Submission


@dataclass(frozen=True, repr=False)
class Told:
    """What one message says. Adapters make it from one message alone, without server, clock or memory."""

    kind: str
    """What sort of message, in clear: ``command``, ``ADT^A01``, ``hospital-notification``. Never a sender's own word."""
    submissions: tuple[Submission, ...] = ()
    """What it asks to record; nothing for a message that is not of use, which is counted by source and kind."""
    source: str | None = None
    """The sending system, where the message tells."""
    unit: str | None = None
    """The unit it comes from as ``system:value``, where the message tells."""
    trouble: Unreadable | None = None
    """Why it, or a part of it, cannot become a fact: it is put aside, what could be read is recorded."""
    patient: Patient | None = None
    """Whom a message with trouble is about, as far as it could be read: their journey says that it is put aside."""


@dataclass(frozen=True, repr=False)
class Message:
    """One message as received, not read yet."""

    place: str
    """Where it stood, as ``file 2 (.ndjson), line 17``; never a file's name, which may hold an identity."""
    format: str
    """The format's name."""
    content_type: str
    """What the bytes are, so that they can be read again alone: a retry, a value on Kafka, a body over HTTP."""
    raw: bytes | None
    """As received; ``None`` where it is too large to be kept."""
    digest: str
    """Hex SHA-256 of the bytes."""
    size: int
    read: Callable[[], Told]
    """What it says. Raises ``Unreadable`` where nothing of it can be told."""

    @classmethod
    def of(
        cls, raw: bytes, read: Callable[[], Told], *, place: str, format: str, content_type: str
    ) -> "Message":
        """A message whose bytes are at hand."""
        return cls(place, format, content_type, raw, sha256(raw).hexdigest(), len(raw), read)

    @classmethod
    def too_large(
        cls, pieces: Iterable[bytes], why: str, *, place: str, format: str, content_type: str
    ) -> "Message":
        """One that is passed over, with the digest of its bytes, so that the sender can find it again."""
        digest, size = sha256(), 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)

        def refuse() -> Told:
            raise Unreadable("too-large", why)

        return cls(place, format, content_type, None, digest.hexdigest(), size, refuse)
