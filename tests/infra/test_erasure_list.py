"""The signed list of erasures: each line bound to the one before, and signed; whatever is changed is noticed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import signing
from infra.erasure_list import FIRST, ErasureList
from infra.errors import OperatingError
from infra.signing import SigningKey


@pytest.fixture
def erasures(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path / "erasures.jsonl", tmp_path / "checkpoint.key")


def entry(number: int) -> dict[str, object]:
    return {"erasure": f"e-{number}", "journey": "j", "left_out": None}


def test_lines_are_read_as_they_were_written(erasures: ErasureList) -> None:
    assert not erasures.exists()
    assert erasures.read() == []
    one, two = erasures.append([entry(1), entry(2)])
    (three,) = erasures.append([entry(3)])
    assert erasures.read() == [one, two, three]
    assert [line.said["number"] for line in erasures.read()] == [1, 2, 3]
    assert [line.said["previous"] for line in erasures.read()] == [FIRST, one.hash, two.hash]
    assert "left_out" not in one.said
    assert erasures.path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_json_that_anyone_can_read_and_check(erasures: ErasureList, tmp_path: Path) -> None:
    erasures.append([entry(1)])
    text = erasures.path.read_text(encoding="ascii").rstrip("\n")
    document = json.loads(text)
    signature = document.pop("signature")
    body = json.dumps(document, separators=(",", ":"))
    import base64

    public = base64.b64decode(document["by"])
    assert public == signing.load(tmp_path / "checkpoint.key").public
    assert signing.verify(b"carechain erasure v1\n" + body.encode(), base64.b64decode(signature), public)


@given(data=st.data())
def test_any_changed_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("list")
    erasures = ErasureList(folder / "list", folder / "checkpoint.key")
    erasures.append([entry(1), entry(2), entry(3)])
    content = bytearray(erasures.path.read_bytes())
    # The last end of a line is left: what is behind it is what a crash leaves of a line that nobody acted on.
    place = data.draw(st.integers(0, len(content) - 2))
    content[place] ^= data.draw(st.integers(1, 255))
    erasures.path.write_bytes(content)
    with pytest.raises(OperatingError, match="not as it was written"):
        erasures.read()


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1, 1, 2), (1, 2), (0, 2, 1)])
def test_lines_taken_out_repeated_or_in_another_order_are_noticed(
    erasures: ErasureList, order: tuple[int, ...]
) -> None:
    erasures.append([entry(1), entry(2), entry(3)])
    lines = erasures.path.read_text(encoding="ascii").splitlines(keepends=True)
    erasures.path.write_text("".join(lines[place] for place in order), encoding="ascii")
    with pytest.raises(OperatingError, match="not as it was written"):
        erasures.read()
    with pytest.raises(OperatingError):
        erasures.append([entry(4)])


def test_a_line_that_a_crash_cut_off_is_no_line(erasures: ErasureList) -> None:
    erasures.append([entry(1)])
    whole = erasures.path.read_bytes()
    erasures.path.write_bytes(whole + b'{"number":2,"previous":"')
    assert len(erasures.read()) == 1
    (second,) = erasures.append([entry(2)])
    assert [line.said["erasure"] for line in erasures.read()] == ["e-1", "e-2"]
    assert second.said["number"] == 2


def test_a_line_signed_by_somebody_else_is_noticed(erasures: ErasureList, tmp_path: Path) -> None:
    other = ErasureList(erasures.path, tmp_path / "other.key")
    other.append([entry(1)])
    signing.load_or_create(tmp_path / "checkpoint.key")
    with pytest.raises(OperatingError, match="from line 1 on") as caught:
        erasures.read()
    assert caught.value.exit_code == 1


def test_a_key_that_was_replaced_is_trusted_while_it_is_told(erasures: ErasureList, tmp_path: Path) -> None:
    erasures.append([entry(1)])
    before = signing.load(tmp_path / "checkpoint.key").public
    (tmp_path / "checkpoint.key").unlink()
    signing.load_or_create(tmp_path / "checkpoint.key")
    with pytest.raises(OperatingError):
        erasures.read()
    signing.tell_public(tmp_path / "checkpoint.key", signing.verifier_key("carechain/x", before))
    erasures.append([entry(2)])
    assert len(erasures.read()) == 2


def test_a_signature_for_something_else_is_none_here(erasures: ErasureList, tmp_path: Path) -> None:
    erasures.append([entry(1)])
    key: SigningKey = signing.load(tmp_path / "checkpoint.key")
    text = erasures.path.read_text(encoding="ascii")
    document = json.loads(text)
    body = text[: text.rindex(',"signature"')] + "}"
    import base64

    # Over the same words, but not as a line of this list.
    document["signature"] = base64.b64encode(key.sign(body.encode())).decode()
    erasures.path.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="ascii")
    with pytest.raises(OperatingError):
        erasures.read()
