"""Content keys held in memory, ready for use and bounded in number."""

from collections import OrderedDict
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.keys import MasterKey
from infra.vault.boxes import hmac_sha256, join, lock, unlock_by_any

ScopeKey = tuple[UUID, str, str]
"""Journey, controller and regime."""

_FACT_ID = b"carechain fact id v1"
_PLACE = "content_key"


class ContentKey:
    """One unwrapped content key, or the mark that it is gone (no cipher)."""

    __slots__ = ("cipher", "fact_id_key", "id", "scope")

    def __init__(self, key_id: str, scope: ScopeKey | None, secret: bytes | None) -> None:
        self.id = key_id
        self.scope = scope
        self.cipher = None if secret is None else AESGCM(secret)
        self.fact_id_key = b"" if secret is None else hmac_sha256(secret, _FACT_ID)


class KeyCache:
    """The least lately used key goes when one more than ``capacity`` is held."""

    def __init__(self, master_key: MasterKey, capacity: int) -> None:
        self._wrapping = {key.name: AESGCM(key.content) for key in master_key.all()}
        self._capacity = capacity
        self._by_id: OrderedDict[str, ContentKey] = OrderedDict()
        self._by_scope: dict[ScopeKey, ContentKey] = {}

    def by_id(self, key_id: str) -> ContentKey | None:
        """The key, if held."""
        key = self._by_id.get(key_id)
        if key is not None:
            self._by_id.move_to_end(key_id)
        return key

    def by_scope(self, scope: ScopeKey) -> ContentKey | None:
        """The key of this journey, controller and regime, if held."""
        key = self._by_scope.get(scope)
        if key is not None:
            self._by_id.move_to_end(key.id)
        return key

    def hold(self, key_id: str, scope: ScopeKey, wrapped: bytes | None) -> None:
        """Unwrap and hold a row of the table. Raises ``NotOurs`` for one of another master key or place."""
        secret = None if wrapped is None else self.unwrap(key_id, scope, wrapped)
        self._put(ContentKey(key_id, scope, secret))

    def hold_gone(self, key_id: str) -> ContentKey:
        """Hold that no such key exists."""
        return self._put(ContentKey(key_id, None, None))

    def wrap(self, key_id: str, scope: ScopeKey, secret: bytes, master: str) -> bytes:
        """The form in which a key is stored, under the master key of that name: it opens under its own id and scope."""
        return lock(self._wrapping[master], secret, _place(key_id, scope))

    def unwrap(self, key_id: str, scope: ScopeKey, wrapped: bytes) -> bytes:
        """The key itself, whichever master key it is wrapped by. Raises ``NotOurs``."""
        return unlock_by_any(self._wrapping.values(), wrapped, _place(key_id, scope))

    def clear(self) -> None:
        """Hold nothing."""
        self._by_id.clear()
        self._by_scope.clear()

    def _put(self, key: ContentKey) -> ContentKey:
        self._by_id[key.id] = key
        self._by_id.move_to_end(key.id)
        if key.scope is not None:
            self._by_scope[key.scope] = key
        if len(self._by_id) > self._capacity:
            _, oldest = self._by_id.popitem(last=False)
            if oldest.scope is not None and self._by_scope.get(oldest.scope) is oldest:
                del self._by_scope[oldest.scope]
        return key


def _place(key_id: str, scope: ScopeKey) -> bytes:
    journey, controller, regime = scope
    return join(_PLACE, key_id, str(journey), controller, regime)
