"""Watches the sources: raises an alarm, once, for each that has fallen silent, and resolves it when it is heard again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import psycopg

from consumers.silence import SILENT, Heard, finding_of, heard, received_by
from domain.calendar import format_instant
from domain.envelope import encode
from domain.rhythm import Silence
from domain.rows import named_id
from infra.errors import OperatingError
from infra.logs import get_logger
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.store import put

STREAM = "alarms"
RAISED, RESOLVED = "se.carechain.alarm-raised.v1", "se.carechain.alarm-resolved.v1"
TROUBLE = (psycopg.OperationalError, OperatingError)

_log = get_logger(__name__)


@dataclass(frozen=True)
class Looked:
    """What one look came to: how many alarms were raised, and how many resolved."""

    raised: int = 0
    resolved: int = 0


class Watch:
    """Looks at every source, again and again. Several may watch one store: each alarm is written once all the same."""

    def __init__(
        self,
        connections: Connections,
        *,
        interval: timedelta,
        alarms_from: datetime | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``alarms_from`` (UTC): what fell due before raises nothing; ``None``: from when a watch first ran here."""
        self._connections = connections
        self._interval = interval
        self._alarms_from = alarms_from
        self._clock = clock

    def run(self, stop: Event) -> None:
        """Look until ``stop`` is set, through every outage after the first look. Raises ``OperatingError`` before."""
        started = False
        while not stop.is_set():
            try:
                self.look()
                started = True
            except TROUBLE as error:
                if not started:
                    raise
                _log.warning("watch_trouble", error=type(error).__name__)
            stop.wait(self._interval.total_seconds())

    def look(self) -> Looked:
        """Raise and resolve what is to be by now; on disk when this returns. Raises ``OperatingError``."""
        now = self._clock()
        reached = self._connections
        with connect(reached.store_dsn, application_name="carechain watch") as store:
            received = received_by(store, now)
            with connect(reached.read_dsn, application_name="carechain watch") as read:
                sources = heard(read, now, received)
                again = {
                    (source, began): at
                    for source, began in _open(store)
                    if (at := _heard_again(read, source, began, received)) is not None
                }
            raised = self._raise(store, sources, now)
            resolved = _resolve(store, again)
            events = [*raised, *resolved]
            if events:
                put(store, STREAM, _letters(store, events, now))
        for event in events:
            _log.info("alarm_written", type=event.type, source=event.source)
        return Looked(len(raised), len(resolved))

    def _raise(self, store: Connection, sources: Sequence[Heard], now: datetime) -> "list[_Alarm]":
        since = self._since(store, now)
        found = [(one.source, silence) for one in sources if (silence := one.silence(now)) is not None]
        return [
            _Alarm(RAISED, source, silence.since, silence.due_at, {"expected": round(silence.expected, 1)})
            for source, silence in found
            if silence.due_at >= since and _is_new(store, source, silence, now)
        ]

    def _since(self, store: Connection, now: datetime) -> datetime:
        """From when on silences raise an alarm; that a watch runs here for the first time is remembered."""
        store.execute("INSERT INTO store.watch (first_ran_at) VALUES (%s) ON CONFLICT DO NOTHING", (now,))
        if self._alarms_from is not None:
            return self._alarms_from
        row = store.execute("SELECT first_ran_at FROM store.watch").fetchone()
        assert row is not None
        return _utc(row[0])


@dataclass(frozen=True)
class _Alarm:
    """One event to be written; times are UTC."""

    type: str
    source: str
    began_at: datetime
    due_at: datetime
    more: dict[str, Any]

    @property
    def id(self) -> UUID:
        """Follows from what it is about, so that a second instance makes the same."""
        return alarm_id(self.source, self.began_at, self.type)


def alarm_id(source: str, began_at: datetime, step: str) -> UUID:
    """The id of the event of this type about the silence of a source that was last heard at ``began_at`` (UTC)."""
    return named_id(f"alarm|{finding_of(source, began_at)}|{step}")


def _is_new(store: Connection, source: str, silence: Silence, now: datetime) -> bool:
    """Note the silence; whoever else is about to waits for us, and then finds it noted."""
    made = store.execute(
        "INSERT INTO store.silence (source, began_at, due_at, raised_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (source, silence.since, silence.due_at, now),
    )
    return made.rowcount == 1


def _open(store: Connection) -> list[tuple[str, datetime]]:
    rows = store.execute(
        "SELECT source, began_at FROM store.silence WHERE heard_at IS NULL ORDER BY source, began_at"
    )
    return [(source, _utc(began)) for source, began in rows]


def _heard_again(
    read: Connection, source: str, began: datetime, received: dict[str, datetime]
) -> datetime | None:
    """When the source was heard after a silence began: its first fact since, or its last message."""
    row = read.execute(
        "SELECT min(recorded_at) FROM journal.fact WHERE source_system = %s AND recorded_at > %s",
        (source, began),
    ).fetchone()
    first = _utc(row[0]) if row is not None and row[0] is not None else None
    last = received.get(source)
    after = [at for at in (first, last) if at is not None and at > began]
    return min(after, default=None)


def _resolve(store: Connection, again: dict[tuple[str, datetime], datetime]) -> list[_Alarm]:
    resolved = []
    for (source, began), heard_at in again.items():
        row = store.execute(
            "UPDATE store.silence SET heard_at = %s WHERE source = %s AND began_at = %s AND heard_at IS NULL"
            " RETURNING due_at",
            (heard_at, source, began),
        ).fetchone()
        if row is not None:
            said = {"heard_at": format_instant(heard_at)}
            resolved.append(_Alarm(RESOLVED, source, began, _utc(row[0]), said))
    return resolved


def _letters(store: Connection, events: Sequence[_Alarm], now: datetime) -> list[tuple[str, datetime, bytes]]:
    row = store.execute("SELECT id FROM store.identity").fetchone()
    assert row is not None
    return [(event.source, now, _body(event, UUID(str(row[0])), now)) for event in events]


def _body(event: _Alarm, store: UUID, now: datetime) -> bytes:
    return encode(
        {
            "specversion": "1.0",
            "id": str(event.id),
            "source": f"/carechain/{store}",
            "type": event.type,
            "subject": str(finding_of(event.source, event.began_at)),
            "time": format_instant(now),
            "datacontenttype": "application/json",
            "data": {
                "rule": SILENT,
                "about": event.source,
                "began_at": format_instant(event.began_at),
                "due_at": format_instant(event.due_at),
                **event.more,
            },
        }
    )


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
