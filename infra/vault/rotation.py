"""Changing the master key while everything runs: each key is wrapped anew, none of them changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.vault.boxes import NotOurs
from infra.vault.cache import KeyCache, ScopeKey
from infra.vault.purposes import unwrap_purpose, wrap_purpose
from infra.vault.session import wrong_master_key

BATCH = 1_000
"""Keys wrapped anew in one transaction."""
_ALONE = 0x726F7461
"""Any number will do, as long as nobody else takes the same lock."""
_FIRST = UUID(int=0)

Tell = Callable[[int, int], None]
"""Is told how many keys are done, and of how many."""


@dataclass(frozen=True)
class Wrapped:
    """Under which master keys the vault's keys are; names say nothing about a key."""

    in_use: str | None
    """The one that wraps new keys; ``None`` in an empty vault, or one from before keys had names."""
    keys: dict[str | None, int]
    """How many content keys are wrapped by each."""
    destroyed: int


def wrapped(connection: Connection) -> Wrapped:
    """How the vault stands."""
    row = connection.execute("SELECT master FROM vault.wrapping").fetchone()
    counted = connection.execute(
        "SELECT master, count(*) FILTER (WHERE wrapped IS NOT NULL), count(*) FILTER (WHERE wrapped IS NULL)"
        " FROM vault.content_key GROUP BY master"
    ).fetchall()
    return Wrapped(
        None if row is None else row[0],
        {master: alive for master, alive, _ in counted if alive},
        sum(gone for _, _, gone in counted),
    )


def rotate(
    dsn: str, master_key: MasterKey, tell: Tell = lambda _done, _of: None, *, batch: int = BATCH
) -> int:
    """Wrap every key of the vault by ``master_key``, whose ``previous`` opens what is there. How many were wrapped.

    Whoever has both keys goes on meanwhile. Ended half-way, by whatever, it goes on where it was when called again.
    Raises ``OperatingError`` where another rotation runs, and ``VaultError`` for a key that neither opens.
    """
    with connect(dsn, application_name="carechain vault rotate") as connection:
        _alone(connection)
        with connection.transaction():
            _change(connection, master_key)
        # Committed: from here on nobody wraps by another.
        return _rewrap(connection, master_key, tell, batch)


def _alone(connection: Connection) -> None:
    taken = connection.execute("SELECT pg_try_advisory_lock(%s)", (_ALONE,)).fetchone()
    connection.commit()
    if taken != (True,):
        raise OperatingError("Another rotation is running.", hint="Wait until it is done.", exit_code=1)


def _change(connection: Connection, master_key: MasterKey) -> None:
    """The vault's own keys, all at once, and with them which master key is in use."""
    rows = connection.execute("SELECT purpose, wrapped FROM vault.purpose_key FOR UPDATE").fetchall()
    opened = {purpose: unwrap_purpose(master_key, purpose, bytes(box))[0] for purpose, box in rows}
    used = connection.execute("SELECT master FROM vault.wrapping FOR UPDATE").fetchone()
    if used == (master_key.name,):
        return
    for purpose, secret in opened.items():
        connection.execute(
            "UPDATE vault.purpose_key SET wrapped = %s, master = %s WHERE purpose = %s",
            (wrap_purpose(master_key, purpose, secret), master_key.name, purpose),
        )
    connection.execute(
        "INSERT INTO vault.wrapping (master) VALUES (%s) ON CONFLICT (single) DO UPDATE SET"
        " master = excluded.master, generation = wrapping.generation + 1",
        (master_key.name,),
    )


def _rewrap(connection: Connection, master_key: MasterKey, tell: Tell, batch: int) -> int:
    cache, done, last = KeyCache(master_key, capacity=1), 0, _FIRST
    with connection.transaction():
        total = _left(connection, master_key.name)
    tell(0, total)
    while total:
        with connection.transaction():
            rows = connection.execute(
                "SELECT id, journey, controller, regime, wrapped FROM vault.content_key"
                " WHERE id > %s AND wrapped IS NOT NULL AND master IS DISTINCT FROM %s ORDER BY id LIMIT %s FOR UPDATE",
                (last, master_key.name, batch),
            ).fetchall()
            _update(connection, cache, master_key.name, rows)
        done += len(rows)
        tell(done, max(done, total))
        if rows:
            last = rows[-1][0]
            continue
        with connection.transaction():
            if not _left(connection, master_key.name):
                break
        last = _FIRST
    return done


def _left(connection: Connection, name: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM vault.content_key WHERE wrapped IS NOT NULL AND master IS DISTINCT FROM %s",
        (name,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def _update(connection: Connection, cache: KeyCache, master: str, rows: list[tuple[Any, ...]]) -> None:
    ids, boxes = [], []
    for key_id, journey, controller, regime, box in rows:
        scope: ScopeKey = (journey, controller, regime)
        try:
            secret = cache.unwrap(str(key_id), scope, bytes(box))
        except NotOurs:
            raise wrong_master_key() from None
        ids.append(key_id)
        boxes.append(cache.wrap(str(key_id), scope, secret, master))
    connection.execute(
        "UPDATE vault.content_key k SET wrapped = new.wrapped, master = %s"
        " FROM unnest(%s::uuid[], %s::bytea[]) AS new (id, wrapped) WHERE k.id = new.id",
        (master, ids, boxes),
    )
