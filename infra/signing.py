"""Ed25519 signatures (RFC 8032), and signed notes: text that says who signed it, as c2sp.org/signed-note has it."""

import base64
import binascii
import hashlib
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from infra.errors import OperatingError
from infra.whole_files import make_once, write_whole

_ED25519 = b"\x01"
"""Says in a verifier key, and in its id, which kind of signature it checks."""
_PUBLIC_BYTES, _SIGNATURE_BYTES, _ID_BYTES = 32, 64, 4
_CONFIGURATION = 2
_MOST_SIGNATURES = 100
_KEY_FILE_BYTES = 16_384
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(OperatingError):
    """A signed text is not what its signer signed, or cannot be read as one."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, exit_code=1)


class UnknownSignerError(NoteError):
    """The text may be in order, but none of the given keys signed it."""


@dataclass(frozen=True, eq=False)
class SigningKey:
    """A private key. Its text form shows nothing."""

    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """From the 32 bytes that RFC 8032 calls the private key. Raises ``ValueError`` for any other number."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same data."""
        return self._private.sign(data)


def verify(data: bytes, signature: bytes, public: bytes) -> bool:
    """Whether `signature` is that of `data` by the key with these 32 public bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def load_or_create(path: Path) -> SigningKey:
    """The key in ``path`` (PEM, PKCS #8), made there at first use for its owner only (0600).

    Raises ``OperatingError`` (exit code 2) as `load` does, and where the file cannot be made.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = Ed25519PrivateKey.generate()
            make_once(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise _unusable(path, error) from error
    return load(path)


def load(path: Path) -> SigningKey:
    """The key in ``path``. Raises ``OperatingError`` (exit code 2): missing, readable for others, something else."""
    try:
        with path.open("rb") as file:
            others_can_read = stat.S_IMODE(path.stat().st_mode) & 0o077
            text = file.read(_KEY_FILE_BYTES)
    except OSError as error:
        raise _unusable(path, error) from error
    if others_can_read:
        raise OperatingError(
            f"Others can read the signing key file {path}.",
            hint=f"Run: chmod 600 {path}. If somebody may have read it, they can sign in your name: use a new key.",
            exit_code=_CONFIGURATION,
        )
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise OperatingError(
            f"The file {path} does not hold an Ed25519 signing key.",
            hint="Restore it from its backup: a PEM file that begins with BEGIN PRIVATE KEY.",
            exit_code=_CONFIGURATION,
        )
    return SigningKey(private)


def public_file(path: Path) -> Path:
    """Where the public key of the private key in ``path`` is told."""
    return path.with_suffix(".pub")


def tell_public(path: Path, line: str) -> Path:
    """Put a verifier key first into the public file beside the private key in ``path``; keys before it stay below.

    Raises ``OperatingError`` (exit code 2) where it cannot be written.
    """
    told = public_file(path)
    try:
        before = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        if before[:1] != [line]:
            lines = [line, *(one for one in before if one != line)]
            write_whole(told, "".join(f"{one}\n" for one in lines).encode())
    except (OSError, UnicodeDecodeError) as error:
        raise OperatingError(
            f"The public key cannot be written to {told}.",
            hint="CARECHAIN_SIGNING_KEY_FILE names a file in a folder that the user running carechain may write to.",
            exit_code=_CONFIGURATION,
        ) from error
    return told


def verifier_key(name: str, public: bytes) -> str:
    """The public key as one line, ``name+id+key``, in the form that the tools for signed notes read."""
    return f"{name}+{_key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def sign_note(text: str, name: str, key: SigningKey) -> bytes:
    """The text, an empty line, and the signature by ``key`` under ``name``.

    Raises ``ValueError`` where text or name cannot stand in a note: the text ends with a newline and has no other
    control characters, the name has no spaces and no plus.
    """
    if not text.endswith("\n") or _CONTROL.search(text) or not _NAME.fullmatch(name):
        raise ValueError("this text or name cannot stand in a signed note")
    signature = base64.b64encode(_key_id(name, key.public) + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n".encode()


def open_note(note: bytes, verifier_keys: str) -> str:
    """The text of a signed note, once a key has been found to have signed it.

    ``verifier_keys`` are one or more lines as `verifier_key` writes them. Signatures by others are passed over, as
    the specification has it; one that claims to be by a given key must be. Raises ``NoteError`` where the note is no
    note or a signature is wrong, ``UnknownSignerError`` where none is by a given key, and ``OperatingError`` (exit
    code 2) where a line is not a verifier key.
    """
    keys = {(key.name, key.id): key.public for key in map(_read_key, _lines(verifier_keys))}
    text, signatures = _parts(note)
    known = [(one, keys[one.name, one.id]) for one in signatures if (one.name, one.id) in keys]
    if not known:
        raise UnknownSignerError(
            "None of the given keys signed this text.",
            hint="Use the public key of the store that it is from, as its owner gave it to you.",
        )
    if not all(verify(text.encode(), one.signature, public) for one, public in known):
        raise NoteError(
            "The signature does not fit the text: one of them was changed.",
            hint="Get the file again from where it was kept, and ask who could write to it.",
        )
    return text


class _VerifierKey(NamedTuple):
    name: str
    id: bytes
    public: bytes


class _Signature(NamedTuple):
    name: str
    id: bytes
    signature: bytes


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def _lines(verifier_keys: str) -> list[str]:
    # Only the end of a line is forgiven: editors add it.
    found = [line for line in verifier_keys.replace("\r\n", "\n").split("\n") if line]
    if not found:
        raise _no_key()
    return found


def _read_key(line: str) -> _VerifierKey:
    name, _, rest = line.partition("+")
    key_id, _, encoded = rest.partition("+")
    public = (_decoded(encoded) or b"")[1:]
    # Written again it comes to the same: kind, id and key are what they should be.
    if len(public) != _PUBLIC_BYTES or not _NAME.fullmatch(name) or verifier_key(name, public) != line:
        raise _no_key()
    return _VerifierKey(name, bytes.fromhex(key_id), public)


def _parts(note: bytes) -> tuple[str, list[_Signature]]:
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        whole = ""
    text, gap, below = whole.rpartition("\n\n")
    lines = below.split("\n")
    if not gap or lines.pop() or not lines or len(lines) > _MOST_SIGNATURES or _CONTROL.search(whole):
        raise _no_note()
    return f"{text}\n", [_read_signature(line) for line in lines]


def _read_signature(line: str) -> _Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    decoded = _decoded(match["signature"]) if match else None
    if match is None or decoded is None or len(decoded) <= _ID_BYTES:
        raise _no_note()
    return _Signature(match["name"], decoded[:_ID_BYTES], decoded[_ID_BYTES:])


def _decoded(encoded: str) -> bytes | None:
    """The bytes, if this is the one way to write them in base64: unused bits may say nothing."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == encoded else None


def _unusable(path: Path, error: OSError) -> OperatingError:
    return OperatingError(
        f"The signing key file {path} cannot be used: {error.strerror or 'no access'}.",
        hint="CARECHAIN_SIGNING_KEY_FILE names a file that the user running carechain owns.",
        exit_code=_CONFIGURATION,
    )


def _no_key() -> OperatingError:
    return OperatingError(
        "This is not a verifier key.",
        hint="It is one line, as `carechain audit key` prints it.",
        exit_code=_CONFIGURATION,
    )


def _no_note() -> NoteError:
    return NoteError(
        "This is not a signed text.",
        hint="Give a file as carechain wrote it: some lines, an empty one, and a line with the signature.",
    )
