"""The vault's own keys: random, wrapped by the identity key, one a purpose, themselves never changed."""

from contextlib import suppress
from secrets import token_bytes
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.keys import SIZE, MasterKey
from infra.vault.boxes import NotOurs, join, lock, unlock
from infra.vault.session import Session, wrong_master_key

_FIND = "SELECT purpose, wrapped FROM vault.purpose_key"
_MAKE = """
    INSERT INTO vault.purpose_key (purpose, wrapped, master)
    SELECT purpose, wrapped, %s FROM unnest(%s::text[], %s::bytea[]) AS new (purpose, wrapped)
    ON CONFLICT DO NOTHING
"""
_WRAPPING = "SELECT master, generation FROM vault.wrapping"
# In a vault from before master keys had names, the first to open it says which one that is.
_NAME = "INSERT INTO vault.wrapping (master) VALUES (%s) ON CONFLICT DO NOTHING"
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
    """A session that knows the vault's own keys, and which master key wraps new ones."""

    _held: PurposeKeys | None = None
    _wraps: tuple[str, int] | None = None

    @property
    def _own(self) -> PurposeKeys:
        """Loaded at first use; made, in an empty vault, by whichever process comes first.

        Raises ``VaultError`` when the master key does not open them.
        """
        if self._held is None:
            self._held = self._find_or_make_own()
        return self._held

    def _find_or_make_own(self) -> PurposeKeys:
        purposes = list(PurposeKeys._fields)
        rows = self._run(_FIND)
        if len(rows) < len(purposes):
            first = self._master_key
            boxes = [wrap_purpose(first, purpose, token_bytes(SIZE)) for purpose in purposes]
            self._run(_MAKE, first.name, purposes, boxes)
            rows = self._run(_FIND)
        opened = {purpose: unwrap_purpose(self._master_key, purpose, box) for purpose, box in rows}
        names = {master.name for _, master in opened.values()}
        # In the middle of a rotation they are all under one or all under the other: it changes them at once.
        self._run(_NAME, names.pop())
        return PurposeKeys(**{purpose: secret for purpose, (secret, _) in opened.items()})

    def _wrapping(self) -> tuple[str, int]:
        """The name of the master key in use, and the vault's generation, as they are now.

        Raises ``VaultError`` where this process was not given that key.
        """
        _ = self._own
        rows = self._run(_WRAPPING)
        if not rows:  # the vault was emptied since
            self._held = None
            _ = self._own
            rows = self._run(_WRAPPING)
        ((master, generation),) = rows
        if master not in {key.name for key in self._master_key.all()}:
            raise wrong_master_key()
        self._wraps = (master, generation)
        return self._wraps


def wrap_purpose(master: MasterKey, purpose: str, secret: bytes) -> bytes:
    """The form in which one of the vault's own keys is stored."""
    return lock(AESGCM(master.identity), secret, join(_TABLE, purpose))


def unwrap_purpose(master: MasterKey, purpose: str, wrapped: bytes) -> tuple[bytes, MasterKey]:
    """One of the vault's own keys, and which master key opened it. Raises ``VaultError``."""
    for key in master.all():
        with suppress(NotOurs):
            return unlock(AESGCM(key.identity), wrapped, join(_TABLE, purpose)), key
    raise wrong_master_key()
