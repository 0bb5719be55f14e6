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
    """The reference that stands for the user in the log."""
    from infra.keys import load_or_create
    from infra.settings import connections, load_settings
    from infra.vault import Vault

    settings = load_settings()
    with Vault(connections(settings).vault_dsn, load_or_create(settings.master_key_file)) as vault:
        (reference,) = vault.staff_refs([f"os:{user()}"])
    return reference
