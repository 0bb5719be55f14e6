"""The signed list of what was erased: a file apart from the vault's backups, each line bound to the one before."""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import signing
from infra.errors import OperatingError
from infra.signing import SigningKey

FIRST = "0" * 64
"""What the first line names as the one before it."""
_CONTEXT = b"carechain erasure v1\n"
"""Before what is signed, so that the signature of nothing else can stand here."""
_MARK = ',"signature":"'


@dataclass(frozen=True)
class Line:
    """One line, whose signature and place have been checked."""

    text: str
    said: dict[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 of the line without its end, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class ErasureList:
    """One file. Whoever appends sees to it that nobody else does."""

    def __init__(self, path: Path, signing_key_file: Path) -> None:
        self.path = path
        self._key_file = signing_key_file

    def exists(self) -> bool:
        """Whether there is a list: none is made before something is erased."""
        return self.path.exists()

    def read(self) -> list[Line]:
        """Every line in order. Raises ``OperatingError`` (exit code 1) where one was changed, taken out or put in.

        An end without a newline is what a crash left of a line that nobody acted on, and is passed over.
        """
        trusted = self._trusted()
        found: list[Line] = []
        for text in self._whole().decode("ascii", "replace").split("\n")[:-1]:
            line = _parse(text, trusted)
            before = found[-1].hash if found else FIRST
            if (
                line is None
                or line.said.get("number") != len(found) + 1
                or line.said.get("previous") != before
            ):
                raise self._broken(len(found) + 1)
            found.append(line)
        return found

    def append(self, entries: Sequence[Mapping[str, Any]]) -> list[Line]:
        """Write a line for each entry behind the others; they are on disk when this returns.

        Raises ``OperatingError`` where the list is broken, or cannot be written.
        """
        before = self.read()
        key = signing.load_or_create(self._key_file)
        made: list[Line] = []
        for entry in entries:
            last = (made or before)[-1:]
            made.append(_signed(key, len(before) + len(made) + 1, last[0].hash if last else FIRST, entry))
        try:
            self._write("".join(f"{line.text}\n" for line in made).encode())
        except OSError as error:
            raise OperatingError(
                f"The list of erasures {self.path} cannot be written: {error.strerror or 'no access'}.",
                hint="CARECHAIN_ERASURES_FILE names it. Nothing was erased.",
                exit_code=2,
            ) from error
        return made

    def _write(self, more: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with open(handle, "r+b") as file:
            file.truncate(len(self._whole()))
            file.seek(0, os.SEEK_END)
            file.write(more)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _whole(self) -> bytes:
        """The file up to the end of its last whole line."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise OperatingError(
                f"The list of erasures {self.path} cannot be read: {error.strerror or 'no access'}.",
                hint="CARECHAIN_ERASURES_FILE names it.",
                exit_code=2,
            ) from error
        return content[: content.rfind(b"\n") + 1]

    def _trusted(self) -> set[bytes]:
        """The public keys that may have signed: ours, and those told beside it."""
        found = {signing.load(self._key_file).public} if self._key_file.exists() else set()
        told = signing.public_file(self._key_file)
        for line in told.read_text(encoding="utf-8").splitlines() if told.exists() else []:
            parts = line.split("+", 2)
            public = _decoded(parts[2])[1:] if len(parts) == 3 else b""
            if public and signing.verifier_key(parts[0], public) == line:
                found.add(public)
        return found

    def _broken(self, number: int) -> OperatingError:
        return OperatingError(
            f"The list of erasures is not as it was written, from line {number} on.",
            hint=f"Restore {self.path} from its copy, with the public key beside the signing key that signed it.",
            exit_code=1,
        )


def _signed(key: SigningKey, number: int, previous: str, entry: Mapping[str, Any]) -> Line:
    said = {
        "number": number,
        "previous": previous,
        **{name: value for name, value in entry.items() if value is not None},
        "by": base64.b64encode(key.public).decode(),
    }
    body = json.dumps(said, separators=(",", ":"), ensure_ascii=True)
    signature = base64.b64encode(key.sign(_CONTEXT + body.encode())).decode()
    return Line(f'{body[:-1]}{_MARK}{signature}"}}', said)


def _parse(text: str, trusted: set[bytes]) -> Line | None:
    """The line, if one of these keys signed just that."""
    head, mark, tail = text.rpartition(_MARK)
    body = f"{head}}}"
    try:
        said = json.loads(body)
        public = _decoded(said["by"])
    except (ValueError, KeyError, TypeError):
        return None
    if not mark or not tail.endswith('"}') or public not in trusted:
        return None
    signature = _decoded(tail[:-2])
    exact = base64.b64encode(signature).decode() == tail[:-2]
    good = exact and signing.verify(_CONTEXT + body.encode(), signature, public)
    return Line(text, said) if good else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
