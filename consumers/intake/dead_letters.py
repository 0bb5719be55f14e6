"""What cannot become a fact: reason, source and digest in clear, the bytes sealed, once per content.

A letter is written to the store's outbox, from which a relay publishes it on the topic of dead letters. Its key
in the vault is its own, so that one letter can be made unreadable without the others.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.calendar import format_instant
from domain.envelope import encode
from domain.errors import Refused, Unreadable
from domain.fact import Sealed
from domain.rows import NAMESPACE
from domain.seal import Scope, SealedBytes
from infra.postgres import connect
from infra.store import put
from infra.vault import Vault

TYPE = "se.carechain.dead-letter.v1"
STREAM = "dead-letters"
SEALED_MAX = 7 * 1024 * 1024
"""Bytes of the largest message that is kept: as base64 it must fit in a record of 10 MiB."""
_CONTROLLER, _REGIME = "dead-letters", "HSL"


@dataclass(frozen=True)
class PutAside:
    """One message that did not become a fact. Nothing here names a person but ``raw``."""

    reason: str
    message: str
    """The reason as a sentence."""
    source: str
    """The sending system as the message says; the kind of file where it could not be read."""
    place: str
    digest: str
    size: int
    raw: bytes | None

    @classmethod
    def because(
        cls,
        error: Refused | Unreadable,
        *,
        source: str,
        place: str,
        digest: str,
        size: int,
        raw: bytes | None,
    ) -> "PutAside":
        """A refusal (of an erased part of a journey, say) has the reason ``refused``."""
        reason = error.reason if isinstance(error, Unreadable) else "refused"
        return cls(reason, error.message, source, place, digest, size, raw)


class DeadLetters:
    """Writes letters of one store. Shares the intake's vault: not shared between threads."""

    def __init__(self, store_dsn: str, store: UUID, vault: Vault) -> None:
        self._dsn = store_dsn
        self._store = store
        self._vault = vault

    def write(self, aside: Sequence[PutAside], now: datetime) -> int:
        """Write a letter for each content that has none yet; how many there were. ``now`` is UTC.

        Raises ``OperatingError`` where a server is gone; then none is written.
        """
        by_digest = {letter.digest: letter for letter in aside}
        if not by_digest:
            return 0
        with connect(self._dsn, application_name="carechain dead letters") as connection:
            known = {
                bytes(digest).hex()
                for (digest,) in connection.execute(
                    "SELECT digest FROM store.dead_letter WHERE digest = ANY(%s)",
                    ([bytes.fromhex(digest) for digest in by_digest],),
                )
            }
            new = {digest: letter for digest, letter in by_digest.items() if digest not in known}
            self._vault.prepare([scope(letter.digest) for letter in new.values() if _is_kept(letter)])
            bodies = {digest: self._body(letter, now) for digest, letter in new.items()}
            made = connection.execute(
                "INSERT INTO store.dead_letter (digest) SELECT * FROM unnest(%s::bytea[])"
                " ON CONFLICT DO NOTHING RETURNING digest",
                ([bytes.fromhex(digest) for digest in sorted(new)],),
            ).fetchall()
            # Whoever was faster has written it: only what this transaction put in the table is a new letter.
            mine = {bytes(digest).hex() for (digest,) in made}
            written = [(new[d].source, now, body) for d, body in bodies.items() if d in mine]
            if written:
                put(connection, STREAM, written)
            return len(written)

    def _body(self, letter: PutAside, now: datetime) -> bytes:
        data: dict[str, Any] = {
            "reason": letter.reason,
            "message": letter.message,
            "source": letter.source,
            "place": letter.place or None,
            "digest": letter.digest,
            "size": letter.size,
        }
        if _is_kept(letter):
            assert letter.raw is not None
            box = self._vault.seal(scope(letter.digest), letter.raw, letter.digest.encode())
            data["sealed"] = Sealed.wrap(SealedBytes(*box)).model_dump()
        return encode(
            {
                "specversion": "1.0",
                "id": letter.digest,
                "source": f"/carechain/{self._store}",
                "type": TYPE,
                "time": format_instant(now),
                "datacontenttype": "application/json",
                "data": {name: value for name, value in data.items() if value is not None},
            }
        )


def scope(digest: str) -> Scope:
    """Whose key seals a letter: its own, by the digest of what it holds."""
    return Scope(uuid5(NAMESPACE, f"dead-letter|{digest}"), _CONTROLLER, _REGIME)


def open_letter(body: bytes, vault: Vault) -> bytes | None:
    """The bytes as they were received; ``None`` where the letter holds none, or its key is destroyed.

    Raises ``OperatingError`` for a letter that was changed.
    """
    data = msgspec.json.decode(body)["data"]
    if "sealed" not in data:
        return None
    box = SealedBytes(base64.b64decode(data["sealed"]["sealed"]), data["sealed"]["key"])
    return vault.open(box, data["digest"].encode())


def _is_kept(letter: PutAside) -> bool:
    return letter.raw is not None and len(letter.raw) <= SEALED_MAX
