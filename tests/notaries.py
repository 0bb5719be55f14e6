"""Facts as plain rows of a store, checkpoints of it made here, and the roots reckoned slowly from the rows alone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import naive_tree as naive
from conftest import Place

from consumers.audit.notary import Made, Notary
from infra import signing
from infra.postgres import connect
from infra.signing import SigningKey

RECORDED = "2026-03-01T12:00:00.250+00:00"
FIRST = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def journey(number: int) -> UUID:
    """One of the journeys; the ids are in another order than the numbers."""
    return UUID(bytes=sha256(f"journey {number}".encode()).digest()[:16])


def body(number: int) -> bytes:
    """A fact's bytes: some JSON that says when it was recorded."""
    return f'{{"id":"fact {number}","recordedtime":"{RECORDED}","data":{{"ward":"Å{number}"}}}}'.encode()


def add(dsn: str, numbers: Iterable[int], journeys: int = 7) -> None:
    """Commit facts of these numbers in one transaction, in turn about so many journeys."""
    rows = [(journey(number % journeys), number // journeys + 1, body(number)) for number in numbers]
    with connect(dsn) as connection:
        connection.execute("LOCK TABLE store.journeys_events IN EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO store.journeys_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, 'test', %s)",
                rows,
            )
        connection.execute("NOTIFY journeys_events")


def leave_gap(dsn: str) -> None:
    """A position that no fact has, as a transaction leaves it that was taken back."""
    with connect(dsn) as connection:
        connection.execute("SELECT nextval('store.journeys_events_notification_id_seq')")


def fact_entries(dsn: str, size: int | None = None) -> list[bytes]:
    """The leaves of the tree over the first facts, as the format has them, byte by byte."""
    with connect(dsn) as connection:
        rows = connection.execute(
            "SELECT notification_id, originator_id, originator_version, state FROM store.journeys_events"
            " ORDER BY notification_id LIMIT %s",
            (size,),
        ).fetchall()
    return [
        at.to_bytes(8, "big") + UUID(str(whose)).bytes + version.to_bytes(8, "big") + bytes(raw)
        for at, whose, version, raw in rows
    ]


def head_entries(dsn: str, size: int | None = None) -> list[bytes]:
    """The leaves of the tree over the journeys' last facts."""
    last: dict[bytes, tuple[bytes, bytes]] = {}
    for entry in fact_entries(dsn, size):
        last[entry[8:24]] = entry[24:32], entry[32:]
    return [whose + version + sha256(raw).digest() for whose, (version, raw) in sorted(last.items())]


def roots(dsn: str, size: int | None = None) -> tuple[bytes, bytes]:
    """Both roots over the first facts, or all."""
    return naive.mth(fact_entries(dsn, size)), naive.mth(head_entries(dsn, size))


def notary(place: Place, hour: int = 0) -> Notary:
    """A notary of the place, some hours after the first."""
    return Notary(
        place.connections.store_dsn,
        key_file=place.settings.signing_key_file,
        folder=place.settings.checkpoints,
        clock=lambda: FIRST + timedelta(hours=hour),
    )


def sign(place: Place, hour: int = 0) -> Made:
    """A checkpoint of the place."""
    made = notary(place, hour).checkpoint()
    assert made is not None
    return made


def key_of(place: Place) -> SigningKey:
    """The place's own signing key."""
    return signing.load(place.settings.signing_key_file)
