"""The vault: who is who, and the keys that open what is sealed; it has the shape of the domain's ``Seal``."""

from infra.vault.reader import KeyReader, ScopeLike, SealedBytes, SealedLike
from infra.vault.vault import Vault

__all__ = ["KeyReader", "ScopeLike", "SealedBytes", "SealedLike", "Vault"]
