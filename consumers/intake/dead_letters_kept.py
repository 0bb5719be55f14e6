"""Dead letters as they are kept in the store: which there are, one by how its digest begins, and its bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from consumers.intake.dead_letter_events import Kept, open_bytes, open_letter
from domain.errors import Refused
from domain.fact import Sealed
from domain.seal import SealedBytes
from infra.postgres import Connection, connect
from infra.vault import KeyReader

State = Literal["open", "retried", "discarded"]
STATES: tuple[State, ...] = ("open", "retried", "discarded")
PREFIX_MIN = 4
"""Signs of a digest that must be given at least."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message that was put aside, and what became of it. Nothing here names a person. Times are UTC."""

    digest: str
    state: State
    reason: str
    message: str
    field: str | None
    source: str
    unit: str | None
    kind: str | None
    content_type: str
    place: str
    size: int
    journey: UUID | None
    first_seen: datetime
    since: datetime
    """Since when it lies here; later than first seen where it could be read in between."""
    last_seen: datetime
    seen_again: int
    """How often the same bytes came after the first time."""
    kept: Kept | None
    """Where the bytes are; ``None`` where they were larger than any message, or are erased."""
    position: int
    resolved_at: datetime | None
    resolved_by: str | None
    """A staff reference, or ``sent-again``."""
    resolved_reason: Sealed | None

    def __post_init__(self) -> None:
        for name in ("first_seen", "since", "last_seen", "resolved_at"):
            time = getattr(self, name)
            object.__setattr__(self, name, time and time.astimezone(UTC))
        if isinstance(self.resolved_reason, dict):
            object.__setattr__(self, "resolved_reason", Sealed(**self.resolved_reason))

    @property
    def came_again_since(self) -> bool:
        """Whether it was put aside once more after it was resolved."""
        return self.resolved_at is not None and self.last_seen > self.resolved_at


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which letters are asked for; what is ``None`` does not matter."""

    states: Sequence[State] | None = ("open",)
    source: str | None = None
    reason: str | None = None
    since: datetime | None = None
    """Lying here since then or later (UTC)."""
    journeys: tuple[UUID, UUID] | None = None
    """The first and the last id."""


_COLUMNS = tuple("encode(digest, 'hex') AS digest" if f.name == "digest" else f.name for f in fields(Letter))
_CONDITIONS: dict[str, LiteralString] = {
    "states": "state = ANY(%(states)s)",
    "source": "source = %(source)s",
    "reason": "reason = %(reason)s",
    "since": "since >= %(since)s",
    "journeys": "journey BETWEEN %(first)s AND %(last)s",
}


def letters(connection: Connection, wanted: Wanted) -> list[Letter]:
    """Those asked for, the one that lies here longest first."""
    given = [name for name in _CONDITIONS if getattr(wanted, name) is not None]
    condition = (
        sql.SQL(" AND ").join(sql.SQL(_CONDITIONS[name]) for name in given) if given else sql.SQL("true")
    )
    first, last = wanted.journeys or (None, None)
    states = None if wanted.states is None else list(wanted.states)
    return _select(
        connection,
        sql.SQL("WHERE {} ORDER BY since, store.dead_letter.digest").format(condition),
        {**vars(wanted), "states": states, "first": first, "last": last},
    )


def find(connection: Connection, text: str) -> Letter:
    """The one letter whose digest is, or begins with, ``text``. Raises ``Refused``."""
    given = text.strip().lower()
    if not PREFIX_MIN <= len(given) <= 64 or any(sign not in "0123456789abcdef" for sign in given):
        raise Refused(
            "That is not a letter's digest, nor how one begins.",
            hint=f"Give {PREFIX_MIN} signs or more of 0-9 and a-f, as `carechain dead-letters list` shows them.",
        )
    bounds = {"first": bytes.fromhex(given.ljust(64, "0")), "last": bytes.fromhex(given.ljust(64, "f"))}
    found = _select(
        connection, sql.SQL("WHERE store.dead_letter.digest BETWEEN %(first)s AND %(last)s LIMIT 2"), bounds
    )
    if not found:
        raise Refused(
            "No dead letter with that digest is known.",
            hint="`carechain dead-letters list --state all` shows those that are.",
        )
    if len(found) > 1:
        raise Refused("Several letters begin like that.", hint="Give more of the digest.")
    return found[0]


def locked(connection: Connection, digest: str) -> Letter:
    """The letter, which nobody else can change until the transaction ends."""
    (found,) = _select(
        connection,
        sql.SQL("WHERE store.dead_letter.digest = %(digest)s FOR UPDATE"),
        {"digest": bytes.fromhex(digest)},
    )
    return found


def bytes_of(connection: Connection, letter: Letter, vault: KeyReader) -> bytes | None:
    """The bytes as they were received; ``None`` where they were never kept, or their key is destroyed."""
    if letter.kept == "here":
        row = connection.execute(
            "SELECT body FROM store.outbox WHERE stream = 'dead-letters' AND position = %s",
            (letter.position,),
        ).fetchone()
        return None if row is None else open_letter(bytes(row[0]), vault)
    row = connection.execute(
        "SELECT sealed, sealed_key FROM store.dead_letter WHERE digest = %s AND sealed IS NOT NULL",
        (bytes.fromhex(letter.digest),),
    ).fetchone()
    return None if row is None else open_bytes(vault, letter.digest, SealedBytes(bytes(row[0]), row[1]))


def count_open(store_dsn: str) -> int:
    """How many messages lie in the dead letters now."""
    with connect(store_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM store.dead_letter WHERE state = 'open'").fetchone()
    assert row is not None
    return int(row[0])


def _select(connection: Connection, rest: sql.Composable, given: Mapping[str, object]) -> list[Letter]:
    columns = sql.SQL(", ".join(_COLUMNS))
    statement = sql.SQL("SELECT {} FROM store.dead_letter {}").format(columns, rest)
    with connection.cursor(row_factory=class_row(Letter)) as cursor:
        return cursor.execute(statement, given).fetchall()
