"""Counts what became of messages, by source, unit, kind and month: what the quality of a source is read from."""

import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString, NamedTuple

import psycopg

from domain.calendar import local_date
from domain.errors import Unreadable
from infra.errors import OperatingError
from infra.logs import get_logger
from infra.postgres import Connection, connect

if TYPE_CHECKING:
    from consumers.intake.ingest import Outcome

REFUSED = "refused"
"""Why a message was put aside that could be read, and that a journey would not take."""
_WORD_MAX = 200
# In order of the key, so that two who count at once wait for each other and not in a circle.
_ADD: LiteralString = """
    INSERT INTO store.received (source, unit, kind, month, verdict, reason, messages, last_at)
    SELECT *, %s::timestamptz FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
    ON CONFLICT (source, unit, kind, month, verdict, reason) DO UPDATE
    SET messages = received.messages + excluded.messages, last_at = greatest(received.last_at, excluded.last_at)
"""

_log = get_logger(__name__)


class Key(NamedTuple):
    """What messages are counted by; nothing here is a sender's free word or names a person."""

    source: str
    unit: str
    kind: str
    month: str
    verdict: str
    reason: str


class Tally:
    """Adds to the counts of one store. Not shared between threads.

    A count is worth less than a message: where it cannot be written it is lost, with a line in the log, and the
    messages stay saved. So it is where the program is killed between saving a batch and counting it.
    """

    def __init__(self, store_dsn: str) -> None:
        self._dsn = store_dsn
        self._connection: Connection | None = None

    def add(self, outcomes: "Sequence[Outcome]", now: datetime) -> None:
        """Count these messages as received at ``now`` (UTC), in one statement. Never raises for a lost server."""
        counts = counted(outcomes, now)
        if not counts:
            return
        keys = sorted(counts)
        try:
            self._open().execute(_ADD, (now, *map(list, zip(*keys, strict=True)), [counts[k] for k in keys]))
        except (psycopg.Error, OperatingError) as error:
            if self._connection is not None:
                self._connection.close()
            _log.warning("not_counted", messages=len(outcomes), error=type(error).__name__)

    def _open(self) -> Connection:
        """The connection, kept, as one message at a time may come in."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, autocommit=True, application_name="carechain tally")
            weakref.finalize(self, self._connection.close)
        return self._connection


def counted(outcomes: "Iterable[Outcome]", now: datetime) -> Counter[Key]:
    """How many messages there were of each sort, received at ``now`` (UTC)."""
    month = f"{local_date(now):%Y-%m}"
    return Counter(_key(outcome, month) for outcome in outcomes)


def _key(outcome: "Outcome", month: str) -> Key:
    told = outcome.told
    first = told.submissions[0] if told is not None and told.submissions else None
    source = (told and told.source) or (first and first.source) or outcome.message.format
    unit = (told and told.unit) or (first and first.unit) or ""
    kind = told.kind if told is not None else outcome.message.format
    return Key(_word(source), _word(unit), _word(kind), month, outcome.verdict, _reason(outcome))


def _reason(outcome: "Outcome") -> str:
    if outcome.trouble is None:
        return ""
    return outcome.trouble.reason if isinstance(outcome.trouble, Unreadable) else REFUSED


def _word(text: str) -> str:
    """PostgreSQL takes no NUL, and a key has its limits."""
    return text.replace("\0", "")[:_WORD_MAX]
