"""Where messages begin and end in real files, and that any text in any character set is told as what it is."""

from collections.abc import Iterator
from io import BufferedReader, BytesIO, FileIO
from itertools import groupby
from pathlib import Path
from typing import cast

import pytest
from hl7v2_messages import INPATIENT, PERSON, adt, header
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.files import find
from consumers.intake.formats import hl7v2
from consumers.intake.formats._format import Received, Stream
from consumers.intake.hl7v2.adt import read_message
from consumers.intake.hl7v2.charset import codec_of, decoded
from consumers.intake.hl7v2.splitting import begins_like_hl7, pieces
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages, messages_of
from consumers.intake.site import Site
from domain.errors import Unreadable

ONE, TWO = adt("A01", control="1"), adt("A03", control="2")


def split(raw: bytes) -> list[Message]:
    return list(messages_of(raw, "application/hl7-v2"))


def ids(raw: bytes) -> list[str | None]:
    """Per message the id of its first fact, or the reason why it cannot be read."""
    found: list[str | None] = []
    for message in split(raw):
        try:
            found.append(message.read().submissions[0].message)
        except Unreadable as unreadable:
            found.append(unreadable.reason)
    return found


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_lines_may_end_in_any_way(end: bytes) -> None:
    assert ids((ONE + TWO).replace(b"\r", end)) == ["1", "2"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r",
        b"\xef\xbb\xbf" + ONE + b"\xef\xbb\xbf" + TWO,
        b"[SOM]" + ONE.rstrip() + b"[EOM]\r\n[SOM]" + TWO + b"[EOM]\r\n",
        b"[SOM]\n" + ONE + b"\n[EOM]\n\n[SOM]\n" + TWO + b"\n[EOM]",
        b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + ONE + TWO + b"BTS|2\rFTS|1\r",
        b"FHS|^~\\&\nBHS\n" + ONE + b"BTS\nFTS\n\n\n" + TWO,
        b"\r\n\r\n  " + ONE + b"\x1c\x0d\x0a\x00  " + TWO,
        ONE.rstrip() + b"\n" + TWO.rstrip(),
    ],
)
def test_framing_marks_and_batches_are_no_part_of_a_message(raw: bytes) -> None:
    assert ids(raw) == ["1", "2"]
    for message, alone in zip(split(raw), (ONE, TWO), strict=True):
        assert message.raw == alone.strip()


def test_msh_inside_a_field_begins_no_message() -> None:
    raw = adt("A01", "NTE|1||see MSH|^~\\&|other", "OBX|1|TX|||a MSH|b")
    assert ids(raw + TWO) == ["M1", "2"]


def test_a_vertical_tab_inside_a_text_ends_nothing() -> None:
    (message,) = split(adt("A01", "NTE|1||first\x0bsecond"))
    (told,) = message.read().submissions
    assert told.data["note"] == "NTE|1||first\nsecond"


def test_a_line_that_is_no_segment_goes_on_with_the_one_before() -> None:
    (message,) = split(adt("A08", "NTE|1||first\nsecond line\n\nthird|line"))
    (told,) = message.read().submissions
    assert told.data["text"] == "NTE|1||first\nsecond line\nthird|line"


def test_what_is_no_message_is_put_aside_once() -> None:
    raw = b"hello\nworld\n" + ONE + b"\x1c\rPID|1\rPV1|2\r\x0b" + TWO
    assert ids(raw) == ["no-header", "1", "no-header", "2"]
    assert [message.place for message in split(raw)][-1] == "message 4"


@pytest.mark.parametrize("raw", [b"", b"\r\n \x0b\x1c\r", b"FHS|^~\\&\rFTS|0\r", b"\xef\xbb\xbf"])
def test_nothing_is_no_message(raw: bytes) -> None:
    assert split(raw) == []


def test_a_message_too_large_is_passed_over_with_its_digest_and_the_next_is_read() -> None:
    big = adt("A08", f"NTE|1||{'x' * hl7v2.MESSAGE_MAX}", control="big")
    first, large, last = split(ONE + big + TWO)
    assert large.raw is None
    assert large.size == len(big)
    with pytest.raises(Unreadable) as unreadable:
        large.read()
    assert unreadable.value.reason == "too-large"
    assert [one.read().submissions[0].message for one in (first, last)] == ["1", "2"]
    assert ids(adt("A08", *["NTE|1||x"] * 200_000) + TWO) == ["too-large", "2"]


def test_a_message_of_the_greatest_size_is_read() -> None:
    room = hl7v2.MESSAGE_MAX - len(adt("A08", "NTE|1||")) + 1  # the last end of a line is no part of it
    (message,) = split(adt("A08", f"NTE|1||{'x' * (room - 1)}"))
    assert message.size == hl7v2.MESSAGE_MAX - 1
    assert len(message.read().submissions) == 53


@pytest.mark.parametrize("signs", [["^" * 30_000], ["^" * 300] * 100])
def test_a_message_of_more_parts_than_any_is_put_aside(signs: list[str]) -> None:
    (message,) = split(adt("A08", *(f"PID|||1^^^GH||{text}" for text in signs)))
    told = message.read()
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("too-many-parts", "PID")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_files(codec: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")
    text = (adt("A08", pid={**PERSON, 5: "ÅSTRÖM"}, control="1") + TWO).decode()
    raw = mark + text.encode(codec)
    assert begins_like_hl7(raw[:64])
    first, second = split(raw)
    assert first.read().submissions[0].data["text"] == "PID-5: ÅSTRÖM"
    # Alone, as a dead letter is read again.
    assert first.raw is not None
    (again,) = split(first.raw)
    assert again.read() == first.read()
    assert second.read().submissions[0].message == "2"


def test_files_are_told_by_how_they_begin(tmp_path: Path) -> None:
    for name, raw in [
        ("a.hl7", ONE),
        ("b.txt", b"\xef\xbb\xbf[SOM]" + ONE),
        ("c.dat", b"\x0b" + ONE),
        ("d.txt", b"BHS|^~\\&|\r" + ONE),
    ]:
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "e.txt").write_bytes(b"just a text")
    (tmp_path / "f.hl7").write_bytes(b"just a text")
    found = list(messages(find([str(file) for file in sorted(tmp_path.iterdir())])))
    assert [message.format for message in found] == ["hl7v2"] * 4 + ["unknown", "hl7v2"]
    assert found[0].place == "file 1 (.hl7), message 1"


@pytest.mark.parametrize(
    "content_type", ["application/hl7-v2", "application/hl7-v2+er7; charset=utf-8", "text/hl7v2"]
)
def test_content_types(content_type: str) -> None:
    (message,) = messages_of(ONE, content_type)
    assert (message.format, message.content_type) == ("hl7v2", "application/hl7-v2")


# -- character sets ----------------------------------------------------------------------------------------------

NAME = "Åsa Öberg"


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("8859/1", "latin-1"),
        ("8859/1", "utf-8"),
        ("8859/15", "iso8859-15"),
        ("ASCII", "utf-8"),
        ("ASCII", "latin-1"),
        ("UNICODE UTF-8", "cp1252"),
        ("UNICODE", "latin-1"),
        ("windows-1252", "cp1252"),
        ("nonsense", "latin-1"),
        ("8859/1~ISO IR87", "latin-1"),
        ("UNICODE UTF-16", "utf-8"),
    ],
)
def test_text_is_read_whatever_is_declared(declared: str, written: str) -> None:
    raw = adt("A08", pid={**PERSON, 5: NAME}, charset=declared).decode().encode(written)
    (told,) = read_message(raw).submissions
    assert told.data["text"] == f"PID-5: {NAME}"


def test_iso_8859_1_with_signs_that_only_windows_has() -> None:
    assert decoded("5 €".encode("cp1252"), "8859/1") == ("5 €", "cp1252")
    assert decoded(b"\x81\xe5", "8859/1") == ("\x81å", "iso8859-1")
    assert decoded("€".encode("iso8859-15"), "8859/15") == ("€", "iso8859-15")


def test_a_codec_that_a_profile_names_goes_first() -> None:
    assert decoded("Åå".encode(), "UNICODE UTF-8", "cp1252") == ("Ã…Ã¥", "cp1252")
    assert decoded(b"\x81", "", "cp1252") == ("\x81", "latin-1")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("8859/9", "iso8859-9"),
        ("ISO 8859-2", "iso8859-2"),
        ("8859/12", None),
        ("KS X 1001", "euc_kr"),
        ("", None),
    ],
)
def test_names_of_character_sets(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


def test_escapes_and_other_separators() -> None:
    raw = adt("A08", pid={**PERSON, 5: r"A\T\B\F\C\S\D\R\E\E\F"}, pv1={**INPATIENT, 19: r"E\F\1\X41\\.br\2"})
    (told,) = read_message(raw).submissions
    assert told.episode == "E|1A\n2"
    assert told.data["text"] == r"PID-5: A\T\B\F\C\S\D\R\E\E\F"  # as written, so that nothing is lost
    other = ONE.decode().translate(str.maketrans("|^&", "#*%")).encode()
    assert read_message(other) == read_message(ONE)


@pytest.mark.parametrize("signs", ["^~\\\\&", "^~\\&#", "^~", "", "^~\\", "aaaa"])
def test_odd_encoding_signs_are_read_as_the_usual_ones(signs: str) -> None:
    odd = ONE.replace(b"^~\\&|PAS", f"{signs}|PAS".encode())
    assert read_message(odd).submissions == read_message(ONE).submissions


# -- nothing but told or unreadable ------------------------------------------------------------------------------

_ALPHABET = st.sampled_from(
    [
        *'|^~\\&\r\n\x0b\x1c"aA1',
        "MSH|^~\\&|",
        "\rPID|",
        "\rPV1|",
        "ADT^A01",
        "|||||",
        "20260302",
        "\\X4\\",
        "\\.sp9999\\",
        "å",
        "[EOM]",
    ]
)


@given(st.lists(_ALPHABET, max_size=60).map("".join), st.sampled_from(sorted(hl7v2._TYPES)))
def test_whatever_is_sent_is_told_or_unreadable(text: str, content_type: str) -> None:
    for message in messages_of(f"MSH|^~\\&|A|B|||20260302||{text}".encode(), content_type):
        try:
            assert isinstance(message.read(), Told)
        except Unreadable:
            continue


@given(st.binary(max_size=300))
def test_any_bytes_are_told_or_unreadable(raw: bytes) -> None:
    for message in (*split(raw), *split(b"\xff\xfe" + raw), *split(adt("A01") + raw)):
        try:
            assert isinstance(message.read(), Told)
        except Unreadable:
            continue


@given(
    st.lists(st.sampled_from(["A01", "A02", "A03", "A08"]), min_size=1, max_size=6),
    st.sampled_from(["\r", "\n", "\r\n"]),
    st.sampled_from(["", "\x1c\r\x0b", "[EOM]\n[SOM]", "\r\n\r\n", "BTS|1\rBHS|^~\\&\r"]),
    st.integers(1, 400),
)
def test_joined_messages_are_the_same_messages(events: list[str], end: str, between: str, size: int) -> None:
    alone = [
        adt(event, control=str(number)).replace(b"\r", end.encode()) for number, event in enumerate(events)
    ]
    joined = between.encode().join(alone)
    received = Received(_slowly(joined, size), "", "application/hl7-v2", Site())
    found = list(hl7v2._messages(received))
    assert [message.raw for message in found] == [raw.strip() for raw in alone]
    assert [message.read() for message in found] == [read_message(raw) for raw in alone]


@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"[", b"|MSH|\r")), st.integers(1, 50))
def test_where_reading_is_cut_makes_no_difference(raw: bytes, size: int) -> None:
    def parts(stream: Stream) -> list[tuple[bool, bytes]]:
        found = groupby(pieces(stream.read), lambda piece: (piece.number, piece.is_message))
        return [(key[1], b"".join(piece.raw for piece in group)) for key, group in found]

    assert parts(_slowly(raw, size)) == parts(_slowly(raw, 10_000))


def _slowly(raw: bytes, size: int) -> Stream:
    """A stream that gives at most so many bytes at once."""

    class Slow:
        def __init__(self) -> None:
            self._parts: Iterator[bytes] = (raw[at : at + size] for at in range(0, len(raw), size))

        def read(self, _: int = -1, /) -> bytes:
            return next(self._parts, b"")

        def readline(self, _: int | None = -1, /) -> bytes:
            raise NotImplementedError

        def peek(self, _: int = 0, /) -> bytes:
            return raw[:8]

    return Slow()


def test_a_stream_of_a_file_is_such_a_stream() -> None:
    stream = BufferedReader(cast("FileIO", BytesIO(ONE + TWO)))
    assert len(list(hl7v2._messages(Received(stream, "", "", Site())))) == 2
    assert header("ADT^A01").startswith("MSH|")
