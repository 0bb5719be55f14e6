"""The vault in a file: keys wrapped and identities sealed as they stand, of one moment, whole or not at all."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, LiteralString

from psycopg import IsolationLevel, sql

from infra.errors import OperatingError
from infra.postgres import Connection, connect

FORMAT, VERSION = "carechain vault backup", 1
TABLES = (
    "purpose_key",
    "wrapping",
    "journey",
    "person",
    "staff",
    "foreign_id",
    "content_key",
    "proposal",
    "erasure",
    "hold",
)
"""In the order in which they can be filled."""
_TAIL = 512
"""The last line is shorter."""
_NAME = "carechain vault backup"


@dataclass(frozen=True)
class Backup:
    """What the first line of a backup says, and where its rows begin."""

    made_at: str
    tables: dict[str, dict[str, Any]]
    """By table its columns and the number of its rows."""
    begin: int

    @property
    def rows(self) -> int:
        return sum(int(table["rows"]) for table in self.tables.values())


def backup(dsn: str, path: Path, now: datetime) -> Backup:
    """Write the vault, as it is at one moment, to a new file for its owner only (0600), whole or not at all.

    Keys stand in it wrapped, identities sealed; the master key is not in it. ``now`` is aware.
    Raises ``OperatingError`` where there is such a file, or it cannot be written.
    """
    if path.exists():
        raise OperatingError(
            f"There is a file {path} already.",
            hint="A backup is never written over: give the name of a new file.",
            exit_code=2,
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            made = _write(dsn, file, now)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise no_file(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return made


def _write(dsn: str, file: IO[bytes], now: datetime) -> Backup:
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        file.write(data)

    with connect(dsn, application_name=_NAME) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        tables: dict[str, dict[str, Any]] = {
            table: {"columns": columns(connection, table), "rows": _count(connection, table)}
            for table in TABLES
        }
        made_at = now.isoformat()
        head = {"format": FORMAT, "version": VERSION, "made_at": made_at, "tables": tables}
        put(json.dumps(head).encode() + b"\n")
        begin = file.tell()
        for table, said in tables.items():
            with connection.cursor().copy(copy(table, said["columns"], "TO STDOUT")) as rows:
                for data in rows:
                    put(bytes(data))
    file.write(json.dumps({"sha256": digest.hexdigest()}).encode() + b"\n")
    return Backup(made_at, tables, begin)


def read_head(path: Path) -> Backup:
    """What a backup says of itself, once all of it has been found to be as it was written.

    Raises ``OperatingError`` (exit code 1) for a file that is none, was changed or cut off.
    """
    try:
        with path.open("rb") as file:
            first = file.readline(65_536)
            head = _json(first)
            if head.get("format") != FORMAT:
                raise damaged(path, "is no backup of a vault")
            if head.get("version") != VERSION:
                raise damaged(path, "was made by another version of carechain")
            if not _is_whole(file):
                raise damaged(path, "is damaged, or was cut off")
    except OSError as error:
        raise no_file(path, error) from error
    return Backup(head["made_at"], head["tables"], len(first))


def _is_whole(file: IO[bytes]) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    last = tail.rstrip(b"\n").rpartition(b"\n")[2]
    left = size - len(last) - 1
    digest = hashlib.sha256()
    file.seek(0)
    while left > 0 and (data := file.read(min(left, 1 << 20))):
        digest.update(data)
        left -= len(data)
    return tail.endswith(b"\n") and _json(last).get("sha256") == digest.hexdigest()


def _json(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def columns(connection: Connection, table: str) -> list[str]:
    """The names of a table's columns, in order."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        (f"vault.{table}",),
    ).fetchall()
    return [name for (name,) in rows]


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("vault", table))
    ).fetchone()
    return 0 if row is None else int(row[0])


def copy(table: str, names: Sequence[str], how: LiteralString) -> sql.Composed:
    """The statement that copies these columns of a table out, or in."""
    return sql.SQL("COPY {} ({}) {}").format(
        sql.Identifier("vault", table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(how),
    )


def damaged(path: Path, how: str) -> OperatingError:
    """What is wrong with a file that was to be read."""
    return OperatingError(
        f"The file {path} {how}.", hint="Take another backup; nothing was changed.", exit_code=1
    )


def no_file(path: Path, error: OSError) -> OperatingError:
    """What the operating system says about it."""
    return OperatingError(
        f"The file {path} cannot be used: {error.strerror or 'no access'}.",
        hint="Check its path, its rights and the room on the disk.",
        exit_code=2,
    )
