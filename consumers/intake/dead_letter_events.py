"""The events of dead letters: one says that a message lies there, one what became of it; texts and bytes sealed."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec

from domain.calendar import format_instant
from domain.envelope import encode
from domain.fact import Sealed
from domain.rows import NAMESPACE
from domain.seal import Scope, SealedBytes
from infra.errors import KeyDestroyedError
from infra.vault import KeyReader, Vault

TYPE = "se.carechain.dead-letter.v1"
RESOLVED = "se.carechain.dead-letter-resolved.v1"
STREAM = "dead-letters"
SENT_AGAIN = "sent-again"
"""By whom a letter was resolved whose message was sent again and could be read."""
How = Literal["retried", "discarded"]
Kept = Literal["here", "postgresql"]
"""Where the sealed bytes are: in the event itself, or in PostgreSQL."""
_CONTROLLER, _REGIME = "dead-letters", "HSL"


def scope(digest: str) -> Scope:
    """Whose key seals a letter: its own, by the digest of what it holds."""
    return Scope(uuid5(NAMESPACE, f"dead-letter|{digest}"), _CONTROLLER, _REGIME)


def letter_id(digest: str, number: int) -> str:
    """The id of the ``number``-th event that tells of a letter as open: the first one's is the digest."""
    return digest if number == 1 else f"{digest}:{number}"


def letter_event(store: UUID, number: int, now: datetime, data: Mapping[str, Any]) -> bytes:
    """The event about a message put aside. ``now`` is UTC; ``data`` as the schema names it, nothing where ``None``."""
    return _event(store, letter_id(data["digest"], number), TYPE, now, data)


def resolved_event(
    store: UUID,
    number: int,
    now: datetime,
    *,
    digest: str,
    how: How,
    by: str,
    reason: Sealed | None = None,
    facts: tuple[str, ...] = (),
) -> bytes:
    """The event about what became of it: by whom, why (sealed), and the ids of the facts it told."""
    data = {
        "digest": digest,
        "how": how,
        "by": by,
        "at": format_instant(now),
        "reason": reason and reason.model_dump(),
        "facts": list(facts) or None,
    }
    return _event(store, f"{letter_id(digest, number)}:resolved", RESOLVED, now, data)


def _event(store: UUID, event_id: str, kind: str, now: datetime, data: Mapping[str, Any]) -> bytes:
    return encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/carechain/{store}",
            "type": kind,
            "time": format_instant(now),
            "datacontenttype": "application/json",
            "data": {name: value for name, value in data.items() if value is not None},
        }
    )


# -- sealing -------------------------------------------------------------------------------------------------------


def seal_bytes(vault: Vault, digest: str, raw: bytes) -> SealedBytes | None:
    """The bytes sealed by the letter's own key; ``None`` where that key was destroyed."""
    return _seal(vault, digest, raw, digest)


def open_bytes(vault: KeyReader, digest: str, box: SealedBytes) -> bytes | None:
    """The bytes as received; ``None`` where the key is destroyed. Raises ``OperatingError`` for changed ones."""
    return vault.open(box, digest.encode())


def seal_reason(vault: Vault, digest: str, reason: str) -> Sealed | None:
    """What somebody wrote about a letter, sealed likewise."""
    box = _seal(vault, digest, reason.encode(), f"{digest}|reason")
    return None if box is None else Sealed.wrap(box)


def open_reason(vault: KeyReader, digest: str, reason: Sealed) -> str | None:
    """The same in clear; ``None`` where the key is destroyed."""
    text = vault.open(reason.unwrap(), f"{digest}|reason".encode())
    return None if text is None else text.decode()


def open_letter(body: bytes, vault: KeyReader) -> bytes | None:
    """The bytes that an event holds; ``None`` where it holds none, or its key is destroyed.

    Raises ``OperatingError`` for an event that was changed.
    """
    data = msgspec.json.decode(body)["data"]
    if "sealed" not in data:
        return None
    box = SealedBytes(base64.b64decode(data["sealed"]["sealed"]), data["sealed"]["key"])
    return open_bytes(vault, data["digest"], box)


def _seal(vault: Vault, digest: str, plain: bytes, place: str) -> SealedBytes | None:
    try:
        return SealedBytes(*vault.seal(scope(digest), plain, place.encode()))
    except KeyDestroyedError:
        return None
