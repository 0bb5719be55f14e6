"""What on the disk is open: keys, passwords and settings that others may read, folders they may write in."""

import os
import stat
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.doctor import Finding
from infra.settings import PROJECT_FILE, Connections, Settings, user_file

CHECK = "files"
OTHERS_READ = 0o044
OTHERS_WRITE = 0o022


def files(settings: Settings, reached: Connections | None) -> Iterator[Finding]:
    """Home, keys, passwords and settings files, and where the master key lies."""
    found = [*_home(settings.home), *_secrets(settings, reached), *_settings_files()]
    yield from found
    if not found:
        yield Finding(CHECK, "well", "Only we may read the keys and passwords that are here.")
    yield from _same_disk(settings, reached)


def _home(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    mode = stat.S_IMODE(home.stat().st_mode)
    # As root the database runs as an account of its own, which walks through.
    right = f"Run `chmod {'711' if os.geteuid() == 0 else '700'} {home}`."
    if mode & OTHERS_WRITE:
        yield Finding(CHECK, "wrong", f"Others may write in the folder {home}.", right)
    elif mode & OTHERS_READ:
        yield Finding(CHECK, "wrong", f"Others may look into the folder {home}.", right)


def _secrets(settings: Settings, reached: Connections | None) -> Iterator[Finding]:
    named = [
        settings.master_key_file,
        settings.master_key_previous_file,
        settings.signing_key_file,
        settings.home / "servers.json",
        settings.kafka_password_file,
        settings.kafka_key_file,
        *(_files_of_addresses(reached) if reached else ()),
    ]
    for file in dict.fromkeys(file for file in named if file is not None and file.exists()):
        yield from _only_ours(file)
        folder = file.parent.stat().st_mode
        if folder & OTHERS_WRITE and not folder & stat.S_ISVTX:
            said = f"Others may put another file in the place of {file}."
            yield Finding(CHECK, "wrong", said, f"Run `chmod go-w {file.parent}`.")


def _only_ours(file: Path) -> Iterator[Finding]:
    found = file.stat()
    if stat.S_IMODE(found.st_mode) & 0o077:
        yield Finding(CHECK, "wrong", f"Others may read {file}.", f"Run `chmod 600 {file}`.")
    if found.st_uid not in (os.geteuid(), 0):
        yield Finding(CHECK, "wrong", f"The file {file} belongs to another user.", f"Run `chown` on {file}.")


def _files_of_addresses(reached: Connections) -> Iterable[Path]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    for dsn in {reached.store_dsn, reached.read_dsn, reached.vault_dsn}:
        try:
            parts = conninfo_to_dict(dsn)
        except ProgrammingError:
            continue
        for name in ("sslkey", "passfile"):
            if value := parts.get(name):
                yield Path(str(value))


def _settings_files() -> Iterator[Finding]:
    for file in (PROJECT_FILE, user_file()):
        if file.exists() and file.stat().st_mode & 0o077 and _has_password(file):
            said = f"Others may read {file}, which holds a password."
            yield Finding(CHECK, "wrong", said, f"Run `chmod 600 {file}`.")


def _has_password(file: Path) -> bool:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    addresses = [
        value for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items() if "dsn" in key
    ]
    for address in addresses:
        try:
            parts = conninfo_to_dict(str(address))
        except ProgrammingError:
            return True
        if parts.get("password") or parts.get("sslpassword"):
            return True
    return False


def _same_disk(settings: Settings, reached: Connections | None) -> Iterator[Finding]:
    """Who has a copy of such a disk has the sealed and its key."""
    key, data = settings.master_key_file, settings.home / "postgres" / "data"
    if reached is None or not reached.kafka.embedded or not key.exists() or not data.exists():
        return
    if key.stat().st_dev == data.stat().st_dev:
        yield Finding(
            CHECK,
            "note",
            "The master key lies on the same disk as the database: a copy of the disk opens everything.",
            "Set CARECHAIN_MASTER_KEY_FILE to another disk, and keep its backup apart from the database's.",
        )
