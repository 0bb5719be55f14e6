"""The master key file: made once, for its owner only, and what is derived from it."""

import base64
import hashlib
import hmac
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.errors import OperatingError
from infra.keys import MasterKey, load_or_create

SECRET = bytes(range(32))


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block of output and no salt, written out."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def put(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_wrapping_keys_are_hkdf_sha256_of_the_master_key() -> None:
    key = MasterKey.derive(SECRET)
    assert key.identity == hkdf(SECRET, b"carechain identity wrapping key v1")
    assert key.content == hkdf(SECRET, b"carechain content wrapping key v1")
    assert key.identity != key.content


def test_a_file_is_read_as_base64(tmp_path: Path) -> None:
    path = put(tmp_path / "master.key", base64.b64encode(SECRET) + b"\n")
    assert load_or_create(path).identity == MasterKey.derive(SECRET).identity


def test_the_file_is_made_at_first_use_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "master.key"
    made = load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(base64.b64decode(path.read_bytes())) == 32
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]
    again = load_or_create(path)
    assert (again.identity, again.content) == (made.identity, made.content)


def test_two_files_hold_different_keys(tmp_path: Path) -> None:
    assert load_or_create(tmp_path / "one").identity != load_or_create(tmp_path / "two").identity


def test_many_that_make_it_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: load_or_create(path), range(64)))
    assert len({key.identity for key in keys}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "master.key", base64.b64encode(SECRET), mode)
    with pytest.raises(OperatingError, match="Others can read the master key file") as caught:
        load_or_create(path)
    assert caught.value.exit_code == 2
    assert caught.value.hint is not None
    assert f"chmod 600 {path}" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"not a key", base64.b64encode(SECRET[:31]), b"\xff\xfe" * 16])
def test_a_file_with_something_else_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path / "master.key", content)
    with pytest.raises(OperatingError, match="does not hold a master key") as caught:
        load_or_create(path)
    assert caught.value.exit_code == 2
    assert path.read_bytes() == content


def test_a_path_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OperatingError, match="cannot be used: Is a directory") as caught:
        load_or_create(tmp_path)
    assert caught.value.exit_code == 2


def test_its_text_form_shows_no_secret_and_it_can_go_to_another_process() -> None:
    key = MasterKey.derive(SECRET)
    assert repr(key) == str(key) == "MasterKey()"
    assert pickle.loads(pickle.dumps(key)).content == key.content


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey.derive(b"short")
