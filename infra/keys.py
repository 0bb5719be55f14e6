"""The master key: from a file only its owner can read, or from a key service, and what is derived from it."""

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.errors import OperatingError
from infra.whole_files import make_once

if TYPE_CHECKING:
    from infra.settings import Settings

SIZE = 32
"""Bytes of the master key and of every key derived from it (AES-256)."""

_IDENTITY = b"carechain identity wrapping key v1"
_CONTENT = b"carechain content wrapping key v1"
_NAME = b"carechain master key name v1"
_CONFIGURATION = 2
"""Exit code of a mistake in the configuration."""


@dataclass(frozen=True, eq=False)
class MasterKey:
    """What the master key is used for; the master key itself is not kept. Its text form shows nothing."""

    identity: bytes = field(repr=False)
    """Wraps the vault's own keys: who a journey or a reference is."""
    content: bytes = field(repr=False)
    """Wraps the keys of sealed facts: one per journey, controller and regime."""
    name: str = field(default="", repr=False)
    """Which master key it is, fit for showing and storing: 16 hex digits that say nothing about the key."""
    previous: "MasterKey | None" = field(default=None, repr=False)
    """The one before it, which still opens what has not been wrapped anew."""

    @classmethod
    def derive(cls, secret: bytes) -> "MasterKey":
        """Both wrapping keys and the name by HKDF-SHA-256 (RFC 5869), without salt, told apart by ``info``.

        Raises ``ValueError`` unless ``secret`` has 32 bytes.
        """
        if len(secret) != SIZE:
            raise ValueError(f"a master key has {SIZE} bytes")
        name = _hkdf(secret, _NAME)[:8].hex()
        return cls(identity=_hkdf(secret, _IDENTITY), content=_hkdf(secret, _CONTENT), name=name)

    def after(self, previous: "MasterKey") -> "MasterKey":
        """This key with the one before it."""
        return self if previous.name == self.name else replace(self, previous=previous)

    def all(self) -> "tuple[MasterKey, ...]":
        """This key, and the one before it where there is one."""
        return (self,) if self.previous is None else (replace(self, previous=None), self.previous)


def master_key(settings: "Settings") -> MasterKey:
    """The master key of these settings, with the previous one where that is still given.

    From ``master_key_command`` where it is set, else from ``master_key_file``, which is made at first use; but not
    beside a previous key: two machines would make two.
    Raises ``OperatingError`` (exit code 2) when neither gives a key.
    """
    if settings.master_key_command is not None:
        from infra.key_service import ask

        first, *before = ask(settings.master_key_command)
        key = MasterKey.derive(first)
        return key.after(MasterKey.derive(before[0])) if before else key
    previous = settings.master_key_previous_file
    if previous is None:
        return load_or_create(settings.master_key_file)
    return load(settings.master_key_file).after(load(previous))


def has_master_key(settings: "Settings") -> bool:
    """Whether there is one to ask for, without asking for it, nor making one."""
    return settings.master_key_command is not None or settings.master_key_file.exists()


def load_or_create(path: Path) -> MasterKey:
    """The master key in ``path``, made there at first use (0600, base64 of 32 random bytes).

    Two processes that make it at once end up with one and the same key.

    Raises ``OperatingError`` (exit code 2) when the file cannot be read or made, is readable for others, or
    holds something else.
    """
    try:
        if not path.exists():
            _create(path)
        return MasterKey.derive(_read(path))
    except OSError as error:
        raise _unusable(path, error) from error


def create(path: Path) -> MasterKey:
    """A new master key in ``path``, where there is none yet. Raises ``OperatingError`` (exit code 2)."""
    if path.exists():
        raise OperatingError(
            f"There is a file {path} already.",
            hint="A master key is never written over: give the name of a new file.",
            exit_code=_CONFIGURATION,
        )
    return load_or_create(path)


def load(path: Path) -> MasterKey:
    """The master key in ``path``, which has to be there. Raises ``OperatingError`` (exit code 2)."""
    try:
        return MasterKey.derive(_read(path))
    except OSError as error:
        raise _unusable(path, error) from error


def decode(text: bytes) -> bytes | None:
    """The master key that a line of base64 stands for, if it is one."""
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return secret if len(secret) == SIZE else None


def _unusable(path: Path, error: OSError) -> OperatingError:
    return OperatingError(
        f"The master key file {path} cannot be used: {error.strerror or 'no access'}.",
        hint="CARECHAIN_MASTER_KEY_FILE names a file that the user running carechain owns.",
        exit_code=_CONFIGURATION,
    )


def _hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=info).derive(secret)


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_once(path, base64.b64encode(secrets.token_bytes(SIZE)) + b"\n")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise OperatingError(
                f"Others can read the master key file {path}.",
                hint=f"Run: chmod 600 {path}. If somebody may have read it, treat the key as known to them.",
                exit_code=_CONFIGURATION,
            )
        text = file.read(1024).strip()
    secret = decode(text)
    if secret is None:
        raise OperatingError(
            f"The file {path} does not hold a master key.",
            hint=f"Restore it from its backup: one line, the base64 of {SIZE} bytes.",
            exit_code=_CONFIGURATION,
        )
    return secret
