"""A seal for tests without servers: the same ciphers as the vault, with keys that follow from the scope."""

import hashlib
import hmac
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.seal import Scope, SealedBytes


class ScopeSeal:
    """Each scope's key is the hash of its name; keys in ``destroyed`` open nothing. Nonces may be given."""

    def __init__(self, nonce: Callable[[], bytes] = lambda: os.urandom(12)) -> None:
        self.nonce = nonce
        self.keys: dict[str, bytes] = {}
        self.destroyed: set[str] = set()

    def _key(self, scope: Scope) -> tuple[str, bytes]:
        key = hashlib.sha256(repr(tuple(map(str, scope))).encode()).digest()
        name = hashlib.sha256(key).hexdigest()[:32]
        self.keys[name] = key
        return name, key

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        return hmac.new(self._key(scope)[1], canonical, hashlib.sha256).hexdigest()

    def seal(self, scope: Scope, plaintext: bytes, associated: bytes) -> SealedBytes:
        name, key = self._key(scope)
        nonce = self.nonce()
        return SealedBytes(nonce + AESGCM(key).encrypt(nonce, plaintext, associated), name)

    def open(self, sealed: SealedBytes, associated: bytes) -> bytes | None:
        if sealed.key in self.destroyed or sealed.key not in self.keys:
            return None
        return AESGCM(self.keys[sealed.key]).decrypt(sealed.box[:12], sealed.box[12:], associated)
