"""Who gives a command: the user of the operating system, whom the vault gives a reference."""

import getpass
import os


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
    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import Vault

    settings = load_settings()
    reached = connections(settings)
    commissioned = _commissioned(reached.read_dsn)
    if commissioned is not None:
        return commissioned
    with Vault(reached.vault_dsn, master_key(settings)) as vault:
        (reference,) = vault.staff_refs([f"os:{user()}"])
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
