"""What cannot become a fact is put aside: reason, source and digest in clear, the bytes sealed, once per content.

A letter is written to the store, and to its outbox, from which a relay publishes it on the topic of dead letters. Its
key in the vault is its own, so that one letter can be made unreadable without the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from consumers.intake import dead_letter_rows as rows
from consumers.intake.content_types import known_part
from consumers.intake.dead_letter_events import (
    SENT_AGAIN,
    STREAM,
    TYPE,
    Kept,
    letter_event,
    open_letter,
    scope,
    seal_bytes,
)
from consumers.intake.dead_letter_rows import Event, Known
from consumers.intake.message import Message, Told
from domain.calendar import format_instant, local_date
from domain.errors import Refused, Unreadable
from domain.fact import Sealed
from domain.identifiers import OrganisationRef, PatientId
from domain.submission import Patient, SourceName
from infra.postgres import Connection, connect
from infra.vault import Vault

__all__ = ["STREAM", "TYPE", "DeadLetters", "PutAside", "open_letter", "scope"]

IN_EVENT_MAX = 512 * 1024
"""Bytes of the largest message that travels, sealed, in its letter's event; a larger one stays in PostgreSQL."""

_SOURCE: TypeAdapter[str] = TypeAdapter(SourceName)
_UNIT: TypeAdapter[str] = TypeAdapter(OrganisationRef)


@dataclass(frozen=True)
class PutAside:
    """One message that did not become a fact. Nothing here names a person but ``raw``."""

    reason: str
    message: str
    """The reason as a sentence."""
    source: str
    """The sending system as the message says; the kind of file where it could not be read."""
    place: str
    digest: str
    size: int
    raw: bytes | None
    content_type: str
    """What the bytes are, so that a retry can read them again."""
    kind: str | None = None
    """What sort of message it is, as far as that could be read: ``ADT^A01``."""
    unit: str | None = None
    field: str | None = None
    """Where the fault is thought to be, by the format's name for the place."""
    patient: Patient | None = None
    """Whom it is about, where that could be read: not part of the letter, but whose journey it stands on is."""

    @classmethod
    def because(cls, error: Refused | Unreadable, message: Message, told: Told | None) -> "PutAside":
        """A refusal (of an erased part of a journey, say) has the reason ``refused``."""
        unreadable = error if isinstance(error, Unreadable) else None
        first = told.submissions[0] if told is not None and told.submissions else None
        return cls(
            reason=unreadable.reason if unreadable else "refused",
            message=error.message,
            source=_proper(_SOURCE, told.source if told is not None else None) or message.format,
            place=message.place,
            digest=message.digest,
            size=message.size,
            raw=message.raw,
            content_type=known_part(message.content_type),
            kind=told.kind if told is not None else None,
            unit=_proper(_UNIT, told.unit if told is not None else None),
            field=unreadable.field if unreadable else None,
            patient=(told and told.patient) or (first and first.patient) or None,
        )


def _proper(kind: TypeAdapter[str], value: str | None) -> str | None:
    """What stands in clear must be a name as such are; a sender's word that is none might be anything."""
    try:
        return None if value is None else kind.validate_python(value)
    except ValidationError:
        return None


class DeadLetters:
    """Writes letters of one store. Shares the intake's vault: not shared between threads."""

    def __init__(self, store_dsn: str, store: UUID, vault: Vault) -> None:
        self._dsn = store_dsn
        self._store = store
        self._vault = vault

    def write(self, aside: Sequence[PutAside], now: datetime) -> int:
        """Write a letter for each content that has none yet; how many there were. ``now`` is UTC.

        Those that have one came again, which is counted. What was discarded stays so; what could be read once, and
        now cannot, lies there again; another reason, or another journey, is told by another event.
        Raises ``OperatingError`` where a server is gone; then none is written.
        """
        letters = {letter.digest: letter for letter in sorted(aside, key=lambda letter: letter.digest)}
        if not letters:
            return 0
        journeys = {digest: self._journey(letter, now) for digest, letter in letters.items()}
        with self._transaction() as connection:
            known = rows.known(connection, list(letters))
            new = [letter for digest, letter in letters.items() if digest not in known]
            self._vault.prepare([scope(letter.digest) for letter in new if letter.raw is not None])
            events: list[Event] = []
            made = 0
            # In order of digest, and the outbox last: two writers wait for each other, and never both.
            for digest, letter in letters.items():
                before, journey = known.get(digest), journeys[digest]
                if before is None and rows.insert(connection, letter, journey, now):
                    events.append(self._told(connection, letter, journey, now, None))
                    made += 1
                    continue
                # Where there was none at first, another writer was quicker.
                rows.came_again(connection, digest, now)
                if before is not None and not before.is_told_by(letter.reason, journey):
                    events.append(self._anew(connection, letter, journey, now, before))
            arrived = [letter.digest for letter in aside]
            rows.publish(connection, sorted(events, key=lambda event: arrived.index(event.digest)), now)
            return made

    def tried(self, connection: Connection, letter: PutAside, now: datetime) -> None:
        """It could not be read this time, either: what is wrong now is what is said of it."""
        journey = self._journey(letter, now)
        before = rows.known(connection, [letter.digest])[letter.digest]
        if not before.is_told_by(letter.reason, journey):
            rows.publish(connection, [self._anew(connection, letter, journey, now, before)], now)

    def sent_again(self, facts: Mapping[str, Sequence[str]], now: datetime) -> int:
        """Resolve open letters of messages (by digest) that could be read when sent again, and told these facts."""
        with self._transaction() as connection:
            found = [
                rows.resolve(
                    connection, self._store, digest, now, how="retried", by=SENT_AGAIN, facts=facts[digest]
                )
                for digest in sorted(facts)
            ]
            events = [event for event in found if event is not None]
            rows.publish(connection, events, now)
            return len(events)

    def _transaction(self) -> Connection:
        return connect(self._dsn, application_name="carechain dead letters")

    def _anew(
        self, connection: Connection, letter: PutAside, journey: UUID | None, now: datetime, before: Known
    ) -> Event:
        before = before if before.state == "open" else before._replace(since=now)
        rows.open_anew(connection, letter, journey, before.since)
        return self._told(connection, letter, journey, now, before)

    def _told(
        self,
        connection: Connection,
        letter: PutAside,
        journey: UUID | None,
        now: datetime,
        before: Known | None,
    ) -> Event:
        """Keep the bytes, and make the event."""
        kept, box = self._keep(connection, letter, before)
        since = before.since if before is not None else now
        data = {
            "reason": letter.reason,
            "message": letter.message,
            "source": letter.source,
            "place": letter.place or None,
            "digest": letter.digest,
            "size": letter.size,
            "content_type": letter.content_type or None,
            "kind": letter.kind,
            "unit": letter.unit,
            "field": letter.field,
            "journey": None if journey is None else str(journey),
            "since": format_instant(since) if since != now else None,
            "kept": kept,
            "sealed": None if box is None else box.model_dump(),
        }
        number = before.number + 1 if before is not None else 1
        body = letter_event(self._store, number, now, data)
        return Event(letter.digest, letter.source, body, opens=True)

    def _keep(
        self, connection: Connection, letter: PutAside, before: Known | None
    ) -> tuple[Kept | None, Sealed | None]:
        """Where the bytes are kept, and sealed those that travel."""
        if before is not None and before.kept == "postgresql":
            return "postgresql", None
        box = None if letter.raw is None else seal_bytes(self._vault, letter.digest, letter.raw)
        if box is None:
            kept: Kept | None = None
        else:
            kept = "here" if letter.size <= IN_EVENT_MAX else "postgresql"
        stays = kept == "postgresql"
        rows.keep(connection, letter.digest, kept, (box.box, box.key) if box is not None and stays else None)
        return kept, None if box is None or stays else Sealed.wrap(box)

    def _journey(self, letter: PutAside, now: datetime) -> UUID | None:
        """Whose it is, as far as that patient is known here: none is made for a letter."""
        if letter.patient is None:
            return None
        try:
            patient = PatientId.parse(letter.patient.system, letter.patient.value, local_date(now))
        except (Refused, Unreadable):
            return None
        return self._vault.find_journey(patient.system, patient.value)
