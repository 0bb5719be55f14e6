"""Dead letters and erasure: those about an erased journey, and those whose time is over, can be read by nobody again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from consumers.erasure_due import DuePart
from consumers.intake import dead_letter_rows as rows
from consumers.intake.dead_letter_events import scope
from domain.retention import letter_due
from infra.postgres import Connection


def letters_about(store: Connection, journeys: Sequence[UUID]) -> list[DuePart]:
    """The letters that are about these journeys: which part of one they concern nobody could read."""
    found = store.execute(
        "SELECT encode(digest, 'hex'), since FROM store.dead_letter WHERE journey = ANY(%s) ORDER BY digest",
        (list(journeys),),
    ).fetchall()
    return [DuePart(scope(digest), letter_due(since), digest=digest) for digest, since in found]


def destroy_letters(store: Connection, digests: Sequence[str], by: str, now: datetime) -> None:
    """Their bytes go from the store, and those that lie open are discarded (``by``: a staff reference). ``now`` is UTC.

    What stands in events is sealed by keys that are gone by now.
    """
    if not digests:
        return
    (store_row,) = store.execute("SELECT id FROM store.identity").fetchall()
    ordered = sorted(digests)
    known = rows.known(store, ordered)
    events = [
        rows.resolve(store, store_row[0], digest, now, how="discarded", by=by)
        for digest in ordered
        if digest in known and known[digest].state == "open"
    ]
    store.execute(
        "UPDATE store.dead_letter SET kept = NULL, sealed = NULL, sealed_key = NULL, resolved_reason = NULL"
        " WHERE digest = ANY(%s)",
        ([bytes.fromhex(digest) for digest in ordered],),
    )
    rows.publish(store, [event for event in events if event is not None], now)
