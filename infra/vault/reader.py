"""Reading what is sealed: content keys of given journeys, held for a while, and nothing else of the vault."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from infra.errors import VaultError
from infra.keys import MasterKey
from infra.vault.boxes import NotOurs, unlock
from infra.vault.cache import ContentKey, KeyCache
from infra.vault.session import Session, chunks, wrong_master_key

# Functions, as a projector's role may read no table of the vault (migration 0011).
_OF_JOURNEYS = "SELECT id, journey, controller, regime, wrapped FROM vault.content_keys(%s)"
_BY_ID = "SELECT id, journey, controller, regime, wrapped FROM vault.content_key_named(%s)"


class ScopeLike(Protocol):
    """Whose data a key protects; the domain's ``Scope`` has this shape."""

    @property
    def journey(self) -> UUID: ...
    @property
    def controller(self) -> str: ...
    @property
    def regime(self) -> str: ...


class SealedLike(Protocol):
    """A box and the id of its key; the domain's ``SealedBytes`` has this shape."""

    @property
    def box(self) -> bytes: ...
    @property
    def key(self) -> str: ...


class SealedBytes(NamedTuple):
    """AES-256-GCM output (12 bytes of nonce, ciphertext, 16 of tag, joined) and the id of its content key."""

    box: bytes
    key: str


class KeyReader(Session):
    """All that a projector gets: it may ask for the content keys of given journeys, and open with them.

    Keys are held in memory, the least lately used ones let go. A key destroyed meanwhile goes on opening here
    until ``forget`` is called, or ``load_keys`` asks for its journey again: whoever lives long calls
    ``forget`` between batches or by time. Not shared between threads.
    """

    def __init__(self, dsn: str, master_key: MasterKey, *, capacity: int = 20_000) -> None:
        """``capacity`` is how many keys are held at most (about 3 kB each)."""
        super().__init__(dsn, master_key)
        self._keys = KeyCache(master_key, capacity)

    def load_keys(self, journeys: Sequence[UUID]) -> None:
        """Fetch every key of these journeys anew, destroyed ones as such: one round trip per 5 000.

        Raises ``VaultError`` when the master key does not open them.
        """
        for part in chunks(list(dict.fromkeys(journeys))):
            self._hold(self._run(_OF_JOURNEYS, part))

    def open(self, sealed: SealedLike, associated: bytes) -> bytes | None:
        """The plaintext, or ``None`` where the key is destroyed or not in this vault.

        Raises ``VaultError`` when the key is there and the box is not what it sealed at this place.
        """
        key = self._keys.by_id(sealed.key) or self._fetch(sealed.key)
        if key.cipher is None:
            return None
        try:
            return unlock(key.cipher, sealed.box, associated)
        except NotOurs:
            raise VaultError(
                "A sealed text is not what was sealed: it was changed, or stands in another place.",
                hint="Compare the fact's bytes in the store, on Kafka and in the journal.",
                exit_code=1,
            ) from None

    def forget(self) -> None:
        """Let go of every key held; the next use asks the vault again, and learns what was destroyed."""
        self._keys.clear()

    def _fetch(self, key_id: str) -> ContentKey:
        """The key with this id; one that is not there is held as gone, so as not to ask for it each time."""
        try:
            rows = self._run(_BY_ID, UUID(key_id))
        except ValueError:
            rows = []
        self._hold(rows)
        return self._keys.by_id(key_id) or self._keys.hold_gone(key_id)

    def _hold(self, rows: Iterable[tuple[Any, ...]]) -> None:
        try:
            for key_id, journey, controller, regime, wrapped in rows:
                self._keys.hold(str(key_id), (journey, controller, regime), wrapped)
        except NotOurs:
            raise wrong_master_key() from None
