"""What the writing side gets: who is who, and content keys made at first use."""

from collections.abc import Iterable, Sequence
from secrets import token_bytes
from uuid import uuid4

from infra.errors import KeyDestroyedError
from infra.keys import SIZE
from infra.vault.boxes import hmac_sha256, lock
from infra.vault.cache import ContentKey, ScopeKey
from infra.vault.reader import KeyReader, ScopeLike, SealedBytes
from infra.vault.register import Register
from infra.vault.session import chunks

_OF_SCOPES = """
    SELECT id, journey, controller, regime, wrapped FROM vault.content_key
    JOIN unnest(%s::uuid[], %s::text[], %s::text[]) AS asked (journey, controller, regime)
    USING (journey, controller, regime)
"""
# In one order, so that two processes that make the same ones wait for each other and never both.
# None is made under a master key that is not in use (any more): a rotation waits for those being made.
_MAKE = """
    INSERT INTO vault.content_key (id, journey, controller, regime, wrapped, master)
    SELECT new.*, used.master
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bytea[])
            AS new (id, journey, controller, regime, wrapped),
        (SELECT master FROM vault.wrapping WHERE master = %s FOR SHARE) AS used
    ORDER BY journey, controller, regime
    ON CONFLICT (journey, controller, regime) DO NOTHING
"""


class Vault(Register, KeyReader):
    """Fulfils the domain's ``Seal``; beyond it, bulk calls so that a batch costs a few round trips.

    Like its reader it holds keys until ``forget``. ``prepare``, which every batch begins with, forgets them all
    when the vault says that some may have been destroyed meanwhile.
    """

    def fact_id(self, scope: ScopeLike, canonical: bytes) -> str:
        """Hex HMAC-SHA-256 of the canonical content, under a subkey of the scope's key (64 characters).

        Raises ``KeyDestroyedError`` when the scope's key was destroyed.
        """
        return hmac_sha256(self._key_of(scope).fact_id_key, canonical).hex()

    def seal(self, scope: ScopeLike, plaintext: bytes, associated: bytes) -> SealedBytes:
        """Encrypt under the scope's key; it opens with the same ``associated`` only.

        Raises ``KeyDestroyedError`` when the scope's key was destroyed.
        """
        key = self._key_of(scope)
        assert key.cipher is not None
        return SealedBytes(lock(key.cipher, plaintext, associated), key.id)

    def prepare(self, scopes: Iterable[ScopeLike]) -> None:
        """Fetch the keys of these scopes, making those that do not exist.

        One round trip per 5 000, three where some are new. New keys are committed when this returns.
        It does not raise for a destroyed key; using that one does.
        More scopes than the capacity are allowed, and those let go are fetched again one by one.
        """
        wanted = {(scope.journey, scope.controller, scope.regime) for scope in scopes}
        if not wanted:
            return
        self._notice()
        missing = [scope for scope in sorted(wanted) if self._keys.by_scope(scope) is None]
        for part in chunks(missing):
            made = self._fetch_scopes(part)
            new = [scope for scope in part if scope not in made]
            while new:
                self._make(new)
                there = self._fetch_scopes(new)
                new = [scope for scope in new if scope not in there]

    def _notice(self) -> None:
        """Hold no key any more when some may have been destroyed, or replaced by a restore."""
        before = self._wraps
        if self._wrapping() != before and before is not None:
            self.forget()

    def _key_of(self, scope: ScopeLike) -> ContentKey:
        named = (scope.journey, scope.controller, scope.regime)
        key = self._keys.by_scope(named)
        if key is None:
            self.prepare([scope])
            key = self._keys.by_scope(named)
        if key is None or key.cipher is None:
            raise KeyDestroyedError(
                "What this organisation recorded about the patient under this law has been erased for good.",
                hint="Nothing can be added to an erased record; ask the data protection officer.",
                exit_code=1,
            )
        return key

    def _fetch_scopes(self, scopes: Iterable[ScopeKey]) -> set[ScopeKey]:
        journeys, controllers, regimes = map(list, zip(*scopes, strict=True))
        rows = self._run(_OF_SCOPES, journeys, controllers, regimes)
        self._hold(rows)
        return {(journey, controller, regime) for _, journey, controller, regime, _ in rows}

    def _make(self, scopes: Sequence[ScopeKey]) -> None:
        # Asking which master key is in use proves it: none is made under a wrong one.
        master, _ = self._wrapping()
        ids = [uuid4() for _ in scopes]
        boxes = [
            self._keys.wrap(str(key_id), scope, token_bytes(SIZE), master)
            for key_id, scope in zip(ids, scopes, strict=True)
        ]
        journeys, controllers, regimes = map(list, zip(*scopes, strict=True))
        self._run(_MAKE, ids, journeys, controllers, regimes, boxes, master)
