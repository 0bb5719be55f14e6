"""A process's own connection to the vault's tables, opened when first needed."""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString, Self, TypeVar

import psycopg

from infra.errors import OperatingError, VaultError
from infra.keys import MasterKey
from infra.postgres import Connection, connect

CHUNK = 5_000
"""How many rows one round trip carries."""
_CONFIGURATION = 2
_NAME = "carechain vault"
"""What PostgreSQL's administrator sees in pg_stat_activity."""
_Item = TypeVar("_Item")


class Session:
    """Every statement is a transaction of its own: what a call made is committed when it returns.

    Not shared between threads or processes. After the server went away, the next call opens it again.
    """

    def __init__(self, dsn: str, master_key: MasterKey) -> None:
        self._dsn = dsn
        self._master_key = master_key
        self._connection: Connection | None = None

    def close(self) -> None:
        """Close the connection; the next call would open another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, statement: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of one statement, none for a statement that returns none.

        Raises ``OperatingError`` (exit code 3) for a server out of reach or lost, else ``psycopg.Error``.
        """
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, autocommit=True, application_name=_NAME)
        try:
            cursor = self._connection.execute(statement, parameters, binary=True)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            if not self._connection.closed:
                raise
            raise OperatingError(
                "The connection to the vault's PostgreSQL was lost.",
                hint="Try again; carechain status shows whether the server runs.",
            ) from error


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """``items`` in pieces that one round trip carries."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def wrong_master_key() -> VaultError:
    """The error for keys that the master key does not open."""
    return VaultError(
        "The master key is not the one this vault was made with.",
        hint="CARECHAIN_MASTER_KEY_FILE must name the key file that belongs to this database. Where it is being"
        " changed, both keys are needed: see `carechain vault new-key --help`.",
        exit_code=_CONFIGURATION,
    )
