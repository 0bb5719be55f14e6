"""The vault as the domain's ``Seal``: the same acts, with the vault's troubles said in the domain's words."""

from domain.errors import Refused, Unreadable
from domain.seal import Scope, SealedBytes
from infra.errors import KeyDestroyedError, VaultError
from infra.vault import KeyReader, Vault


class OpeningSeal:
    """Opens what is sealed, and no more: what a projector may."""

    def __init__(self, keys: KeyReader) -> None:
        self.keys = keys

    def open(self, sealed: SealedBytes, associated: bytes) -> bytes | None:
        try:
            return self.keys.open(sealed, associated)
        except VaultError:
            raise Unreadable("broken-seal", "A sealed fact does not open with its own key.") from None

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        raise TypeError("this seal only opens")

    def seal(self, scope: Scope, plaintext: bytes, associated: bytes) -> SealedBytes:
        raise TypeError("this seal only opens")


class VaultSeal(OpeningSeal):
    """Opens, seals and names facts: what an intake may."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault)
        self.vault = vault

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        try:
            return self.vault.fact_id(scope, canonical)
        except KeyDestroyedError:
            raise Refused(
                "This part of the journey was erased, and nothing more can be recorded in it.",
                hint="Ask whoever answers for the personal data.",
            ) from None

    def seal(self, scope: Scope, plaintext: bytes, associated: bytes) -> SealedBytes:
        return SealedBytes(*self.vault.seal(scope, plaintext, associated))
