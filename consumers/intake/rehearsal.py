"""A seal for trying a command out: it opens what is sealed, and what it seals is thrown away."""

import secrets

from domain.seal import Scope, Seal, SealedBytes


class RehearsalSeal:
    """Makes no key and keeps none; its facts' ids are random."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def open(self, sealed: SealedBytes, associated: bytes) -> bytes | None:
        return self._seal.open(sealed, associated)

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        return secrets.token_hex(32)

    def seal(self, scope: Scope, plaintext: bytes, associated: bytes) -> SealedBytes:
        return SealedBytes(b"", "rehearsal")
