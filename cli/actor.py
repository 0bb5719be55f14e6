"""Who gives a command: the user of the operating system, whom the vault gives a reference."""

import getpass
import os
from functools import cache


def user() -> str:
    """The user's name, or number where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())


def staff_reference() -> str:
    """The reference that stands for the user in the log: of the commission of whoever is connected, if there is one.

    Else of the user of the operating system, who then runs the installation.
    """
    from infra.settings import connections, load_settings

    return _commissioned(connections(load_settings()).read_dsn) or user_reference()


def user_reference() -> str:
    """The reference of the user of the operating system."""
    from infra.settings import connections, load_settings

    return _reference(connections(load_settings()).vault_dsn, user())


@cache
def _reference(vault_dsn: str, name: str) -> str:
    """Asked for once: it never changes."""
    from infra.keys import master_key
    from infra.settings import load_settings
    from infra.vault import Vault

    with Vault(vault_dsn, master_key(load_settings())) as vault:
        (reference,) = vault.staff_refs([f"os:{name}"])
    return reference


def _commissioned(dsn: str) -> str | None:
    import psycopg

    from infra.postgres import connect

    with connect(dsn, application_name="carechain who") as connection:
        try:
            row = connection.execute("SELECT staff FROM access.commissioned()").fetchone()
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName):
            return None  # a service, which nobody is commissioned as
    return None if row is None else str(row[0])
