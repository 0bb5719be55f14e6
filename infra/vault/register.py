"""Who is who: journeys of patients, references of staff, and other systems' ids as they were received."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, LiteralString
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.errors import VaultError
from infra.vault.boxes import NotOurs, hmac_sha256, join, lock, unlock
from infra.vault.purposes import Purposes
from infra.vault.session import chunks

Kind = Literal["episode", "message"]

_JOURNEYS = "SELECT ref, journey FROM vault.person WHERE ref = ANY(%s)"
# In order of ref, so that two processes that make the same ones wait for each other and never both.
# A journey is made only for a person that this statement, and no other process, has made.
_MAKE_JOURNEYS = """
    WITH made AS (
        INSERT INTO vault.person (ref, journey, system, sealed)
        SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::text[], %s::bytea[])
            AS new (ref, journey, system, sealed)
        ORDER BY ref
        ON CONFLICT (ref) DO NOTHING
        RETURNING journey
    )
    INSERT INTO vault.journey (id) SELECT journey FROM made
"""
_PERSONS_OF = "SELECT ref, system, sealed FROM vault.person WHERE journey = %s ORDER BY system, ref"
_STAFF = "SELECT hmac, ref FROM vault.staff WHERE hmac = ANY(%s)"
_MAKE_STAFF = """
    INSERT INTO vault.staff (hmac, ref, sealed)
    SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::bytea[]) AS new (hmac, ref, sealed)
    ORDER BY hmac
    ON CONFLICT (hmac) DO NOTHING
"""
_STAFF_OF = "SELECT hmac, sealed FROM vault.staff WHERE ref = %s"
_REMEMBER = """
    INSERT INTO vault.foreign_id (kind, ref, journey, sealed)
    SELECT %s, * FROM unnest(%s::text[], %s::uuid[], %s::bytea[]) AS new (ref, journey, sealed)
    ORDER BY ref, journey
    ON CONFLICT DO NOTHING
"""
_JOURNEYS_OF_MESSAGES = """
    SELECT ref, min(journey::text)::uuid FROM vault.foreign_id WHERE kind = 'message' AND ref = ANY(%s)
    GROUP BY ref HAVING count(DISTINCT journey) = 1
"""
_REVEAL = "SELECT ref, journey, sealed FROM vault.foreign_id WHERE kind = %s AND ref = ANY(%s)"


class Register(Purposes):
    """Finds people by HMAC and keeps what it was given sealed; the tables hold neither in clear.

    Values are taken as they are: two ways of writing one personnummer are two persons, so write them one way.
    """

    def journeys_of(self, patients: Sequence[tuple[str, str]]) -> list[UUID]:
        """The journey of each (id system, value), made where there is none.

        One round trip per 5 000, three where there are new ones. Processes that ask at once get one answer.
        Raises ``VaultError``.
        """
        refs = [self._patient_ref(system, value) for system, value in patients]
        named = dict(zip(refs, patients, strict=True))

        def make(new: Sequence[bytes]) -> None:
            journeys = [uuid4() for _ in new]
            systems = [named[ref][0] for ref in new]
            boxes = [
                self._lock(named[ref][1], "person", ref.hex(), str(journey), system)
                for ref, journey, system in zip(new, journeys, systems, strict=True)
            ]
            self._run(_MAKE_JOURNEYS, new, journeys, systems, boxes)

        found = self._find_or_make(refs, _JOURNEYS, make)
        return [found[ref] for ref in refs]

    def find_journey(self, system: str, value: str) -> UUID | None:
        """The journey of this patient, if there is one."""
        rows = self._run(_JOURNEYS, [self._patient_ref(system, value)])
        return rows[0][1] if rows else None

    def has_journey(self, journey: UUID) -> bool:
        """Whether a journey with this id was ever made here."""
        return bool(self._run("SELECT 1 FROM vault.journey WHERE id = %s", journey))

    def journeys_of_messages(self, refs: Sequence[str]) -> dict[str, UUID]:
        """By reference of a message the journey it was about; left out where it is unknown, or was about several."""
        found: dict[str, UUID] = {}
        for part in chunks(list(dict.fromkeys(refs))):
            found.update((ref, journey) for ref, journey in self._run(_JOURNEYS_OF_MESSAGES, part))
        return found

    def identity_of(self, journey: UUID) -> list[tuple[str, str]]:
        """Every (id system, value) known for a journey; none where it was erased. Raises ``VaultError``."""
        return [
            (system, self._unlock(box, "person", ref.hex(), str(journey), system))
            for ref, system, box in self._run(_PERSONS_OF, journey)
        ]

    def staff_refs(self, ids: Sequence[str]) -> list[str]:
        """Each staff id's reference (UUID text), made where there is none. Raises ``VaultError``."""
        hmacs = [hmac_sha256(self._own.staff, join(staff)) for staff in ids]
        named = dict(zip(hmacs, ids, strict=True))

        def make(new: Sequence[bytes]) -> None:
            refs = [uuid4() for _ in new]
            boxes = [
                self._lock(named[hmac], "staff", str(ref), hmac.hex())
                for hmac, ref in zip(new, refs, strict=True)
            ]
            self._run(_MAKE_STAFF, new, refs, boxes)

        found = self._find_or_make(hmacs, _STAFF, make)
        return [str(found[hmac]) for hmac in hmacs]

    def staff_of(self, ref: str) -> str | None:
        """The staff id behind a reference; ``None`` where there is none (any more). Raises ``VaultError``."""
        try:
            uuid = UUID(ref)
        except ValueError:
            return None
        rows = self._run(_STAFF_OF, uuid)
        return self._unlock(rows[0][1], "staff", str(uuid), rows[0][0].hex()) if rows else None

    def message_ref(self, source: str, message: str) -> str:
        """What stands in the log for a source's message id: hex HMAC-SHA-256 (64 characters)."""
        return hmac_sha256(self._own.message, join(source, message)).hex()

    def episode_ref(self, source: str, episode: str) -> str:
        """What stands in the log for a source's episode id: hex HMAC-SHA-256 (64 characters)."""
        return hmac_sha256(self._own.episode, join(source, episode)).hex()

    def remember(self, kind: Kind, entries: Sequence[tuple[str, UUID, str]]) -> None:
        """Keep (reference, journey, id as received), sealed; a repeat changes nothing.

        One round trip per 5 000. The reference is a message's HMAC, or the stay's id as text for an episode.
        """
        for part in chunks(entries):
            boxes = [self._lock(value, kind, ref, str(journey)) for ref, journey, value in part]
            self._run(
                _REMEMBER, kind, [ref for ref, _, _ in part], [journey for _, journey, _ in part], boxes
            )

    def reveal(self, kind: Kind, refs: Sequence[str]) -> dict[str, str]:
        """The ids as received, by reference; unknown and erased ones are left out. Raises ``VaultError``."""
        return {
            ref: self._unlock(box, kind, ref, str(journey))
            for part in chunks(list(dict.fromkeys(refs)))
            for ref, journey, box in self._run(_REVEAL, kind, part)
        }

    def _patient_ref(self, system: str, value: str) -> bytes:
        return hmac_sha256(self._own.patient, join(system, value))

    def _find_or_make(
        self, refs: Iterable[bytes], find: LiteralString, make: Callable[[Sequence[bytes]], None]
    ) -> dict[bytes, UUID]:
        wanted = sorted(set(refs))
        found: dict[bytes, UUID] = {}
        for part in chunks(wanted):
            found.update((ref, target) for ref, target in self._run(find, part))
            missing = [ref for ref in part if ref not in found]
            if missing:
                make(missing)
                found.update((ref, target) for ref, target in self._run(find, missing))
        if len(found) < len(wanted):
            raise VaultError("Somebody was erased from the vault while being looked up.", hint="Try again.")
        return found

    def _lock(self, value: str, *place: str) -> bytes:
        return lock(AESGCM(self._own.sealing), value.encode(), join(*place))

    def _unlock(self, box: bytes, *place: str) -> str:
        """Raises ``VaultError`` where the row was changed, or belongs to another place."""
        try:
            return unlock(AESGCM(self._own.sealing), box, join(*place)).decode()
        except NotOurs:
            raise VaultError(
                "A row of the vault was changed by something other than carechain.",
                hint="Restore the vault from its backup before trusting who is who.",
                exit_code=1,
            ) from None
