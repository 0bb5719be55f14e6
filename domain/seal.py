"""What the domain asks of the vault: a fact's id, and text that only its key can read."""

from typing import NamedTuple, Protocol
from uuid import UUID


class Scope(NamedTuple):
    """Whose data a key protects: one key per journey, controller and legal regime (erasable each on its own)."""

    journey: UUID
    controller: str
    """Who is answerable for the personal data (*personuppgiftsansvarig*), as ``system:value``."""
    regime: str
    """``HSL`` (health care) or ``SoL`` (social services)."""


class SealedBytes(NamedTuple):
    """AES-256-GCM output (nonce, ciphertext and tag, joined) and the id of the key that opens it."""

    box: bytes
    key: str


class Seal(Protocol):
    """Fulfilled by the vault; ids cross this border as text or UUID, never as rows of a database."""

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        """Hex HMAC-SHA-256 of the canonical content, under a subkey of the scope's key (64 characters).

        Raises ``Refused`` where the scope's key has been destroyed.
        """

    def seal(self, scope: Scope, plaintext: bytes, associated: bytes) -> SealedBytes:
        """Encrypt under the scope's key, making the key at first use; ``associated`` binds it to its place."""

    def open(self, sealed: SealedBytes, associated: bytes) -> bytes | None:
        """The plaintext, or ``None`` where the key is gone: a destroyed key is a state, not an error.

        Raises ``Unreadable`` when the key is there and the bytes are not what it sealed.
        """
