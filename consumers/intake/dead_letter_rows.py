"""The statements that change dead letters in the store: each row is locked first, and the outbox comes last."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from consumers.intake.dead_letter_events import STREAM, How, Kept, resolved_event
from domain.fact import Sealed
from infra.postgres import Connection
from infra.store import put

if TYPE_CHECKING:
    from consumers.intake.dead_letters import PutAside


class Known(NamedTuple):
    """A letter that is there already."""

    number: int
    state: str
    reason: str
    journey: UUID | None
    since: datetime
    kept: Kept | None

    def is_told_by(self, reason: str, journey: UUID | None) -> bool:
        """Whether its last event still says how it stands. What was discarded stays so, whatever is sent again."""
        return self.state == "discarded" or (
            self.state == "open" and (self.reason, self.journey) == (reason, journey)
        )


class Event(NamedTuple):
    """What is to be published about a letter."""

    digest: str
    source: str
    body: bytes
    opens: bool
    """Whether it tells of the letter as open, and not of its end."""


def known(connection: Connection, digests: Sequence[str]) -> dict[str, Known]:
    """Those of these digests that are there, locked until the transaction ends."""
    rows = connection.execute(
        "SELECT encode(digest, 'hex'), number, state, reason, journey, since, kept FROM store.dead_letter"
        " WHERE digest = ANY(%s) ORDER BY digest FOR UPDATE",
        ([bytes.fromhex(digest) for digest in digests],),
    ).fetchall()
    return {
        digest: Known(number, state, reason, journey, since.astimezone(UTC), kept)
        for digest, number, state, reason, journey, since, kept in rows
    }


def insert(connection: Connection, letter: "PutAside", journey: UUID | None, now: datetime) -> bool:
    """Whether it was new; false where somebody else was quicker."""
    made = connection.execute(
        "INSERT INTO store.dead_letter (digest, first_seen, since, last_seen, source, kind, unit, place, reason,"
        " message, field, content_type, size, journey)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            *(bytes.fromhex(letter.digest), now, now, now),
            *(letter.source, letter.kind, letter.unit, letter.place),
            *(letter.reason, letter.message, letter.field, letter.content_type, letter.size, journey),
        ),
    )
    return made.rowcount == 1


def came_again(connection: Connection, digest: str, now: datetime) -> None:
    """Count that the same bytes were put aside once more."""
    connection.execute(
        "UPDATE store.dead_letter SET seen_again = seen_again + 1, last_seen = greatest(last_seen, %s)"
        " WHERE digest = %s",
        (now, bytes.fromhex(digest)),
    )


def open_anew(connection: Connection, letter: "PutAside", journey: UUID | None, since: datetime) -> None:
    """It lies there as it is now read: for another reason, in another journey, or again."""
    connection.execute(
        "UPDATE store.dead_letter SET number = number + 1, state = 'open', since = %s, resolved_at = NULL,"
        " resolved_by = NULL, resolved_reason = NULL, reason = %s, message = %s, field = %s, source = %s,"
        " kind = %s, unit = %s, journey = %s, content_type = %s WHERE digest = %s",
        (
            *(since, letter.reason, letter.message, letter.field, letter.source),
            *(letter.kind, letter.unit, journey, letter.content_type, bytes.fromhex(letter.digest)),
        ),
    )


def keep(connection: Connection, digest: str, kept: Kept | None, box: tuple[bytes, str] | None) -> None:
    """Note where the bytes are; a ``box`` and the id of its key where that is here."""
    sealed, key = box if box is not None else (None, None)
    connection.execute(
        "UPDATE store.dead_letter SET kept = %s, sealed = %s, sealed_key = %s WHERE digest = %s",
        (kept, sealed, key, bytes.fromhex(digest)),
    )


def resolve(
    connection: Connection,
    store: UUID,
    digest: str,
    now: datetime,
    *,
    how: How,
    by: str,
    reason: Sealed | None = None,
    facts: Sequence[str] = (),
) -> Event | None:
    """End an open letter; the event that says so. ``None`` where it is not open (any more)."""
    row = connection.execute(
        "UPDATE store.dead_letter SET state = %s, resolved_at = %s, resolved_by = %s, resolved_reason = %s"
        " WHERE digest = %s AND state = 'open' RETURNING number, source",
        (how, now, by, reason and reason.model_dump_json(), bytes.fromhex(digest)),
    ).fetchone()
    if row is None:
        return None
    number, source = row
    body = resolved_event(
        store, number, now, digest=digest, how=how, by=by, reason=reason, facts=tuple(facts)
    )
    return Event(digest, source, body, opens=False)


def publish(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    """Put the events in the outbox, and note where those of open letters stand: their bytes are read from there."""
    if not events:
        return
    put(connection, STREAM, [(event.source, now, event.body) for event in events])
    # The outbox is locked until the transaction ends: its last lines are these.
    rows = connection.execute(
        "SELECT position FROM store.outbox WHERE stream = %s ORDER BY position DESC LIMIT %s",
        (STREAM, len(events)),
    ).fetchall()
    places = reversed([position for (position,) in rows])
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE store.dead_letter SET position = %s WHERE digest = %s",
            [
                (position, bytes.fromhex(event.digest))
                for position, event in zip(places, events, strict=True)
                if event.opens
            ],
        )
