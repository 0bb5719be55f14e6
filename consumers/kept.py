"""What was known at a past time, of all patients: concluded in parallel into a schema of its own, and kept."""

import time
from datetime import UTC, datetime

from consumers.adoption import basis_of
from consumers.journal import Journal
from consumers.kept_making import CONCLUDING, Making
from consumers.kept_registry import MOST_KEPT, Registry, cancelled, hold, key_of, opened
from consumers.parallel import Tell
from domain.conclude import mark
from infra.keys import MasterKey
from infra.postgres import Connection
from infra.settings import Connections

KNOWN_AT = "known-at"
"""The only question there is so far."""
LOOK_S = 0.2
"""How often the one who waits looks how far the other has come."""


def kept_schema(
    connections: Connections,
    master_key: MasterKey,
    known_at: datetime,
    tell: Tell = lambda _what, _done, _of: None,
    *,
    reader: Connection | None = None,
    workers: int | None = None,
) -> str:
    """The schema that holds all rows as they follow from what was recorded, and adopted, by ``known_at`` (UTC).

    At once where it was asked before and still holds; else it is made, or whoever makes it is waited for. Every
    table of ``projections`` is in it, with its functions. ``reader`` is a connection that will read the answer: it
    is not dropped while that is open. A transaction there must begin after this returns.

    Raises ``Refused`` when it was cancelled from elsewhere, ``OperatingError`` where a server, or a worker, is lost.
    """
    known_at = known_at.astimezone(UTC)
    key = key_of(KNOWN_AT, known_at)
    with opened(connections) as registry:
        _wait_for_turn(registry, key, tell)
        kept = registry.get(key)
        basis = basis_of(Journal(registry.connection).reference(), known_at=known_at)
        if kept is not None and registry.holds(kept, mark(basis)):
            registry.used(key)
            schema = kept.shown_in
        else:
            registry.sweep(keep=MOST_KEPT - 1)
            schema = Making(connections, master_key, registry, key, KNOWN_AT, known_at, tell).run(workers)
        if reader is not None:
            hold(reader, schema)
        return schema


def drop_all(connections: Connections) -> int:
    """Drop every answer, and stop those being made: to be called once keys are destroyed, as rows show what was sealed.

    Raises ``OperatingError`` when one is still read after half a minute. How many there were.
    """
    with opened(connections) as registry:
        return registry.drop_all()


def _wait_for_turn(registry: Registry, key: str, tell: Tell) -> None:
    """Until nobody else makes this answer. Raises ``Refused`` when the one that was waited for was cancelled."""
    watched = None
    while not registry.take_turn(key):
        running = registry.get(key)
        if running is not None and running.state == "running":
            watched = running.shown_in
        if running is not None and running.facts:
            tell(CONCLUDING, running.facts_done, running.facts)
        time.sleep(LOOK_S)
    ended = registry.get(key)
    if ended is not None and ended.state == "cancelled" and ended.shown_in == watched:
        raise cancelled()
