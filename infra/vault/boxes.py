"""Encryption as the vault uses it: AES-256-GCM boxes, and an unambiguous way to join parts into bytes."""

import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
"""Bytes of nonce at the head of a box: random, good for 2**32 boxes a key (NIST SP 800-38D, 8.2.2, 8.3)."""
TAG = 16
"""Bytes of tag at the end of a box."""


class NotOurs(Exception):
    """The box was not made with this key for this place, or was changed."""


def join(*parts: str) -> bytes:
    """Each part as UTF-8 behind its length (4 bytes, big-endian): ("ab", "c") and ("a", "bc") differ."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104)."""
    return hmac.digest(key, message, "sha256")


def lock(cipher: AESGCM, plaintext: bytes, associated: bytes) -> bytes:
    """Nonce, ciphertext and tag, joined; only the same key and the same ``associated`` open it."""
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, plaintext, associated)


def unlock(cipher: AESGCM, box: bytes, associated: bytes) -> bytes:
    """What ``lock`` was given. Raises ``NotOurs``."""
    if len(box) < NONCE + TAG:
        raise NotOurs
    try:
        return cipher.decrypt(box[:NONCE], box[NONCE:], associated)
    except InvalidTag:
        raise NotOurs from None


def unlock_by_any(ciphers: Iterable[AESGCM], box: bytes, associated: bytes) -> bytes:
    """What ``lock`` was given with one of these. Raises ``NotOurs``."""
    for cipher in ciphers:
        try:
            return unlock(cipher, box, associated)
        except NotOurs:
            continue
    raise NotOurs
