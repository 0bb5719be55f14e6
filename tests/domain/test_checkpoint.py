"""A checkpoint's text: how it is written, to the letter, and that nothing else is read."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkpoint import NO_PREVIOUS, Checkpoint, fact_leaf, head_leaf, note_digest, origin_of
from domain.errors import Refused

STORE = UUID("00112233-4455-6677-8899-aabbccddeeff")
MADE = Checkpoint(
    origin=origin_of(STORE),
    size=3,
    root=bytes(range(32)),
    position=7,
    journeys=2,
    heads=bytes(32),
    time=datetime(2026, 3, 1, 7, 0, tzinfo=UTC),
    previous="ab" * 32,
)
TEXT = """\
carechain/00112233-4455-6677-8899-aabbccddeeff
3
AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
position 7
journeys 2
heads AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
time 2026-03-01T07:00:00.000000Z
previous abababababababababababababababababababababababababababababababab
"""


def test_the_text_to_the_letter() -> None:
    assert MADE.text() == TEXT
    assert Checkpoint.parse(TEXT) == MADE


def test_the_leaves_to_the_byte() -> None:
    journey = UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
    assert fact_leaf(258, journey, 3, b'{"id":1}') == (
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x03"
        b'{"id":1}'
    )
    assert head_leaf(journey, 3, b"\xee" * 32) == (
        b"\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x03" + b"\xee" * 32
    )


def test_a_time_elsewhere_is_written_in_utc() -> None:
    elsewhere = MADE.time.astimezone(timezone(timedelta(hours=1)))
    assert Checkpoint(**{**vars(MADE), "time": elsewhere}).text() == TEXT


def test_the_next_one_names_the_digest_of_the_whole_note() -> None:
    # The SHA-256 of "abc", from FIPS 180-2.
    assert note_digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert NO_PREVIOUS == 64 * "0"


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("carechain/0011", "carechain 0011"),
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n٣\n"),
        ("\n3\n", "\n3 \n"),
        ("\n3\n", "\n8\n"),
        ("\n3\n", "\n1\n"),
        ("\n3\n", "\n99999999999999999999\n"),
        ("AAECAwQ", "AAECAw-"),
        ("Hh8=", "Hh9="),
        ("Hh8=", "Hh8"),
        ("Hh8=\n", "Hg==\n"),
        ("position 7", "position  7"),
        ("position 7", "Position 7"),
        ("position 7", "position 0"),
        ("journeys 2\nheads", "heads"),
        ("journeys 2", "journeys 0"),
        ("07:00:00.000000Z", "07:00:00Z"),
        ("07:00:00.000000Z", "08:00:00.000000+01:00"),
        ("07:00:00.000000Z", "07:00:00.000000"),
        ("2026-03-01T", "2026-03-32T"),
        ("previous ab", "previous AB"),
        ("previous ab", "previous "),
        ("abab\n", "abab\n\n"),
        ("abab\n", "abab"),
        ("abab\n", "abab\nmore 1\n"),
        ("\n", "\r\n"),
    ],
)
def test_anything_else_is_refused(part: str, other: str) -> None:
    assert part in TEXT
    with pytest.raises(Refused, match="not the text of a checkpoint"):
        Checkpoint.parse(TEXT.replace(part, other))


@given(st.data())
def test_any_character_changed_is_refused_or_says_something_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT) - 1))
    other = data.draw(st.characters().filter(lambda one: one != TEXT[at]))
    text = TEXT[:at] + other + TEXT[at + 1 :]
    try:
        read = Checkpoint.parse(text)
    except Refused:
        return
    assert read != MADE
    assert read.text() == text


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(Refused):
        Checkpoint.parse(text)


def test_an_empty_store_can_be_told_of() -> None:
    empty = sha256(b"").digest()
    made = Checkpoint(origin_of(STORE), 0, empty, 0, 0, empty, MADE.time, NO_PREVIOUS)
    assert Checkpoint.parse(made.text()) == made
