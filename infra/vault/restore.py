"""The vault from a backup: without what was erased since, which is applied before anybody can read."""

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

from infra.erasure_list import Line
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.vault.backup import TABLES, Backup, columns, copy, damaged, read_head
from infra.vault.destroying import destroy
from infra.vault.purposes import unwrap_purpose


def holds(connection: Connection) -> int:
    """How many keys and people there are in the vault; none in one that was never used."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM vault.content_key) + (SELECT count(*) FROM vault.person)"
    ).fetchone()
    return 0 if row is None else int(row[0])


def restore(dsn: str, path: Path, master_key: MasterKey, erased: Sequence[Line], *, replace: bool) -> Backup:
    """Put a backup in the place of an empty vault, or with ``replace`` of any, without what ``erased`` says is gone.

    All in one transaction: nobody ever reads what was erased after the backup was made. Raises ``OperatingError``
    for a vault that is not empty, a file that is no whole backup, a list that lacks an erasure which vault or backup
    know of, and ``VaultError`` where the master key does not open the backup. Then nothing has changed.
    """
    head = read_head(path)
    with connect(dsn, application_name="carechain vault restore") as connection:
        tables = sql.SQL(", ").join(sql.Identifier("vault", table) for table in TABLES)
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(tables))
        if holds(connection) and not replace:
            raise OperatingError(
                "The vault is not empty.",
                hint="`--replace NAME` puts the backup in its place; `carechain vault status` shows the NAME of its key.",
                exit_code=1,
            )
        known = _lines(connection)
        generation = _generation(connection)
        connection.execute(sql.SQL("TRUNCATE {}").format(tables))
        _load(connection, path, head)
        _check(connection, master_key, erased, known | _lines(connection))
        destroy(connection, erased)
        connection.execute(
            "UPDATE vault.wrapping SET generation = greatest(generation, %s) + 1", (generation,)
        )
    return head


def _load(connection: Connection, path: Path, head: Backup) -> None:
    with path.open("rb") as file:
        file.seek(head.begin)
        for table in TABLES:
            said = head.tables.get(table)
            if said is None:
                continue
            if not set(said["columns"]) <= set(columns(connection, table)):
                raise damaged(path, "was made by another version of carechain")
            with connection.cursor().copy(copy(table, said["columns"], "FROM STDIN")) as rows:
                for _ in range(int(said["rows"])):
                    rows.write(file.readline())


def _check(connection: Connection, master_key: MasterKey, erased: Sequence[Line], known: set[str]) -> None:
    for purpose, box in connection.execute("SELECT purpose, wrapped FROM vault.purpose_key").fetchall():
        unwrap_purpose(master_key, purpose, bytes(box))
    if not known <= {line.text for line in erased}:
        raise OperatingError(
            "The list of erasures lacks some that the vault, or the backup, knows of.",
            hint="CARECHAIN_ERASURES_FILE must name the whole list: restore it from its newest copy first.",
            exit_code=1,
        )


def _lines(connection: Connection) -> set[str]:
    return {
        line
        for (line,) in connection.execute("SELECT line FROM vault.erasure WHERE line IS NOT NULL").fetchall()
    }


def _generation(connection: Connection) -> int:
    row = connection.execute("SELECT generation FROM vault.wrapping").fetchone()
    return 0 if row is None else int(row[0])
