"""The vault's own keys: random, wrapped by the identity key, one a purpose, never rotated."""

from secrets import token_bytes
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.keys import SIZE
from infra.vault.boxes import NotOurs, join, lock, unlock
from infra.vault.session import Session, wrong_master_key

_FIND = "SELECT purpose, wrapped FROM vault.purpose_key"
_MAKE = """
    INSERT INTO vault.purpose_key (purpose, wrapped) SELECT * FROM unnest(%s::text[], %s::bytea[])
    ON CONFLICT DO NOTHING
"""
_TABLE = "purpose_key"


class PurposeKeys(NamedTuple):
    """Four keys of HMACs, and the one that seals the rows of the register. Its text form shows nothing."""

    patient: bytes
    staff: bytes
    message: bytes
    episode: bytes
    sealing: bytes

    def __repr__(self) -> str:
        return "PurposeKeys()"


class Purposes(Session):
    """A session that knows the vault's own keys."""

    _held: PurposeKeys | None = None

    @property
    def _own(self) -> PurposeKeys:
        """Loaded at first use; made, in an empty vault, by whichever process comes first.

        Raises ``VaultError`` when the master key does not open them.
        """
        if self._held is None:
            self._held = self._find_or_make_own()
        return self._held

    def _find_or_make_own(self) -> PurposeKeys:
        wrapping = AESGCM(self._master_key.identity)
        purposes = list(PurposeKeys._fields)
        rows = self._run(_FIND)
        if len(rows) < len(purposes):
            boxes = [lock(wrapping, token_bytes(SIZE), join(_TABLE, purpose)) for purpose in purposes]
            self._run(_MAKE, purposes, boxes)
            rows = self._run(_FIND)
        try:
            return PurposeKeys(
                **{purpose: unlock(wrapping, box, join(_TABLE, purpose)) for purpose, box in rows}
            )
        except NotOurs:
            raise wrong_master_key() from None
