"""Signatures: the vectors of RFC 8032, a note that other programs signed, and what must not be taken for signed."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from infra import signing
from infra.errors import OperatingError
from infra.signing import (
    NoteError,
    SigningKey,
    UnknownSignerError,
    open_note,
    sign_note,
    verifier_key,
    verify,
)

# RFC 8032 section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        "454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]

# The example of Go's own package for signed notes (golang.org/x/mod/sumdb/note).
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
NOTE = f"{TEXT}\n{PETER}".encode()


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    key, said = SigningKey.from_seed(bytes.fromhex(secret)), bytes.fromhex(message)
    assert key.public.hex() == public
    assert key.sign(said).hex() == signature
    assert verify(said, bytes.fromhex(signature), key.public)
    assert not verify(said + b"!", bytes.fromhex(signature), key.public)
    assert not verify(said, bytes.fromhex(signature)[:-1], key.public)
    assert not verify(said, b"", key.public)
    assert not verify(said, bytes.fromhex(signature), key.public[:-1])
    for bit in range(0, 512, 7):
        other = bytearray.fromhex(signature)
        other[bit // 8] ^= 1 << bit % 8
        assert not verify(said, bytes(other), key.public)


def test_a_note_as_go_signs_it() -> None:
    key = SigningKey.from_seed(PETER_SEED)
    assert verifier_key("PeterNeumann", key.public) == PETER_KEY
    assert sign_note(TEXT, "PeterNeumann", key) == NOTE
    assert open_note(NOTE, PETER_KEY) == TEXT
    assert open_note(f"{TEXT}\n{ENOCH}".encode(), ENOCH_KEY) == TEXT


def test_signatures_by_others_are_passed_over() -> None:
    both = f"{TEXT}\n{PETER}{ENOCH}".encode()
    assert open_note(both, PETER_KEY) == open_note(both, ENOCH_KEY) == TEXT
    assert open_note(both, f"{ENOCH_KEY}\n{PETER_KEY}\n") == TEXT
    with pytest.raises(UnknownSignerError) as caught:
        open_note(NOTE, ENOCH_KEY)
    assert caught.value.exit_code == 1


def test_a_wrong_signature_by_a_given_key_is_never_passed_over() -> None:
    # Enoch's is in order, and Peter's stands under another text.
    other = TEXT.replace("answer", "problem")
    enochs = SigningKey.from_seed(bytes(32))
    line = sign_note(other, "me", enochs).decode().rpartition("\n\n")[2]
    note = f"{other}\n{PETER}{line}".encode()
    mine = verifier_key("me", enochs.public)
    assert open_note(note, mine) == other
    for keys in (PETER_KEY, f"{mine}\n{PETER_KEY}"):
        with pytest.raises(NoteError, match="does not fit"):
            open_note(note, keys)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}\n{PETER[:-1]}".encode(),
        f"\x01{TEXT}\n{PETER}".encode(),
        b"\xff" + NOTE,
        NOTE.replace(b"\n", b"\r\n"),
        f"{TEXT}\n— Bad Name {PETER.split()[2]}\n".encode(),
        f"{TEXT}\n{PETER}Unexpected line.\n".encode(),
        f"{TEXT}\n{PETER}\n".encode(),
        f"{TEXT}\n{PETER.replace('—', '-')}".encode(),
        f"{TEXT}\n{PETER.replace('AM=', 'AN=')}".encode(),
        f"{TEXT}\n— PeterNeumann x08gow==\n".encode(),
        (f"{TEXT}\n" + 101 * PETER).encode(),
    ],
)
def test_what_is_no_note_is_not_opened(note: bytes) -> None:
    with pytest.raises(NoteError, match="not a signed text"):
        open_note(note, PETER_KEY)


def test_no_byte_of_a_note_can_be_changed() -> None:
    for at in range(len(NOTE)):
        for bit in (1, 0x20, 0x80):
            other = bytearray(NOTE)
            other[at] ^= bit
            with pytest.raises(NoteError):
                open_note(bytes(other), PETER_KEY)
    for at in range(len(NOTE)):
        with pytest.raises(NoteError):
            open_note(NOTE[:at] + NOTE[at + 1 :], PETER_KEY)
        with pytest.raises(NoteError):
            open_note(NOTE[:at], PETER_KEY)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(note: bytes) -> None:
    with pytest.raises(NoteError):
        open_note(note, PETER_KEY)


def test_a_line_that_is_not_a_verifier_key_is_refused() -> None:
    wrong = [
        PETER_KEY[:at] + chr(ord(PETER_KEY[at]) ^ 1) + PETER_KEY[at + 1 :] for at in range(len(PETER_KEY))
    ]
    wrong += [PETER_KEY[:end] for end in range(len(PETER_KEY))]
    wrong += [PETER_KEY[begin:] for begin in range(1, len(PETER_KEY))]
    wrong += [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # of another kind
        PETER_KEY.replace("c74f20a3", "C74F20A3"),
        f" {PETER_KEY}",
        f"{PETER_KEY}\nnonsense",
    ]
    for line in wrong:
        with pytest.raises(OperatingError, match="not a verifier key") as caught:
            open_note(NOTE, line)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [("no end", "me"), ("tab\there\n", "me"), ("x\r\n", "me"), (TEXT, ""), (TEXT, "a b"), (TEXT, "a+b")],
)
def test_what_cannot_stand_in_a_note_is_not_signed(text: str, name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        sign_note(text, name, SigningKey.from_seed(bytes(32)))


def test_the_key_is_made_at_first_use_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "checkpoint.key"
    made = signing.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint.key"]
    assert signing.load(path).public == signing.load_or_create(path).public == made.public
    assert made.public.hex() not in repr(made)
    assert repr(made) == "SigningKey()"


def test_many_that_make_it_at_once_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: signing.load_or_create(tmp_path / "one.key").public, range(64)))
    assert len(set(keys)) == 1


def test_a_key_that_is_looked_for_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OperatingError, match="cannot be used: No such file") as caught:
        signing.load(tmp_path / "checkpoint.key")
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "checkpoint.key"
    signing.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(OperatingError, match="Others can read the signing key file") as caught:
        signing.load_or_create(path)
    assert caught.value.exit_code == 2


def test_another_kind_of_key_or_none_at_all_is_refused(tmp_path: Path) -> None:
    rsa = generate_private_key(65_537, 2048)
    for content in (b"", b"a key", rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())):
        path = tmp_path / "checkpoint.key"
        path.touch(mode=0o600)
        path.write_bytes(content)
        with pytest.raises(OperatingError, match="does not hold an Ed25519 signing key"):
            signing.load_or_create(path)
        assert path.read_bytes() == content


def test_the_public_key_is_told_beside_it_and_earlier_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.key"
    told = signing.tell_public(path, ENOCH_KEY)
    assert told == tmp_path / "checkpoint.pub"
    assert told.read_text() == f"{ENOCH_KEY}\n"
    signing.tell_public(path, PETER_KEY)
    signing.tell_public(path, PETER_KEY)
    assert told.read_text() == f"{PETER_KEY}\n{ENOCH_KEY}\n"
    assert open_note(NOTE, told.read_text()) == TEXT
    signing.tell_public(path, ENOCH_KEY)
    assert told.read_text() == f"{ENOCH_KEY}\n{PETER_KEY}\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["checkpoint.pub"]
