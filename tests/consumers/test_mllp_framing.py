"""MLLP's blocks out of bytes: which are messages, which are answered as wrongly framed, which are nothing."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.mllp.framing import HEAD_MAX, Frame, Framer

ONE, TWO = b"MSH|^~\\&|A|B\rPID|1", b"MSH|^~\\&|C|D\rPID|2"
NO_BEGIN = "The message does not begin with the byte 0B."
NO_END = "The message does not end with the bytes 1C 0D."
EMPTY = "The block holds no message."
LIMIT = 100
TOO_LARGE = "The message is larger than 100 bytes."


def block(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\x0d"


def fed(*pieces: bytes, ends: bool = False) -> list[tuple[bytes, str | None]]:
    """What comes out: the message, or its beginning, and what is wrong with it."""
    framer = Framer(LIMIT)
    frames: list[Frame] = []
    for piece in pieces:
        frames += framer.feed(piece)
    if ends:
        frames += framer.end()
    return [(frame.head, frame.wrong) for frame in frames]


@pytest.mark.parametrize(
    ("received", "frames"),
    [
        (block(ONE), [(ONE, None)]),
        (block(ONE) + block(TWO), [(ONE, None), (TWO, None)]),
        # Some end a block without the carriage return, some add a line feed.
        (b"\x0b" + ONE + b"\x1c" + b"\x0b" + TWO + b"\x1c\r\n", [(ONE, None), (TWO, None)]),
        (b"\r\n\r" + block(ONE), [(ONE, None)]),
        # What stands between blocks and is no message gets no answer: its sender waits for none.
        (b"ping" + block(ONE), [(ONE, None)]),
        # What its sender takes for a message gets one.
        (ONE + b"\x1c\x0d" + block(TWO), [(ONE, NO_BEGIN), (TWO, None)]),
        (ONE + b"\r" + block(TWO), [(ONE + b"\r", NO_BEGIN), (TWO, None)]),
        (b"hello\x1c\x0d" + block(TWO), [(b"hello", NO_BEGIN), (TWO, None)]),
        (b"\x0b" + ONE + b"\r" + block(TWO), [(ONE + b"\r", NO_END), (TWO, None)]),
        (
            b"\x0b" + ONE + b"\x0b\xef\xbb\xbf" + TWO + b"\x1c\r",
            [(ONE, NO_END), (b"\xef\xbb\xbf" + TWO, None)],
        ),
        # The byte that begins a block is a line's end in the text of some word processors.
        (block(b"MSH|^~\\&|A\rNTE|1||first\x0bsecond"), [(b"MSH|^~\\&|A\rNTE|1||first\x0bsecond", None)]),
        (block(b"hello"), [(b"hello", None)]),
        (block(b"") + block(b" \r\n"), [(b"", EMPTY), (b" \r\n", EMPTY)]),
        (b"\x1c\x0d\x1c\x0d", []),
        (b"  \x1c\x0d", []),
        (block(b"x" * LIMIT), [(b"x" * LIMIT, None)]),
        (block(b"x" * (LIMIT + 1)) + block(ONE), [(b"x" * (LIMIT + 1), TOO_LARGE), (ONE, None)]),
        (b"\x0b" + ONE, []),
    ],
)
def test_what_is_a_message(received: bytes, frames: list[tuple[bytes, str | None]]) -> None:
    assert fed(received) == frames
    assert fed(*(received[at : at + 1] for at in range(len(received)))) == frames


@pytest.mark.parametrize(
    ("received", "frames"),
    [
        (b"", []),
        (b"\r\n", []),
        (block(ONE), [(ONE, None)]),
        (b"\x0b" + ONE, [(ONE, NO_END)]),
        (b"\x0b", [(b"", NO_END)]),
        (ONE, [(ONE, NO_BEGIN)]),
        (b"GET / HTTP/1.1\r\n\r\n", [(b"GET / HTTP/1.1\r\n\r\n", NO_BEGIN)]),
        (b"\x0b" + b"x" * (LIMIT + 1), [(b"x" * (LIMIT + 1), TOO_LARGE)]),
    ],
)
def test_what_is_left_at_the_end(received: bytes, frames: list[tuple[bytes, str | None]]) -> None:
    assert fed(received, ends=True) == frames


def test_a_message_that_is_too_large_is_passed_over() -> None:
    framer = Framer(LIMIT)
    piece = b"MSH|" + b"x" * 9_996
    frames = list(framer.feed(b"\x0b" + piece))
    for _ in range(9):
        frames += framer.feed(piece)
    assert framer.begun
    assert frames == []
    (frame,) = framer.feed(b"\x1c\x0d")
    assert frame == Frame(piece[:HEAD_MAX], TOO_LARGE, sha256(piece * 10).hexdigest(), 100_000)
    assert not framer.begun


def test_what_is_ignored_is_counted() -> None:
    framer = Framer(LIMIT)
    assert [frame.head for frame in framer.feed(b"ping" + block(ONE) + b"pong" + block(TWO))] == [ONE, TWO]
    assert framer.ignored == 8


@given(
    st.lists(st.binary(max_size=60).filter(lambda m: m.strip() and not {0x0B, 0x1C} & set(m)), max_size=5),
    st.integers(1, 7),
)
def test_every_message_comes_out_once_however_the_bytes_come(messages: list[bytes], step: int) -> None:
    stream = b"".join(map(block, messages))
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    assert fed(*pieces, ends=True) == [(message, None) for message in messages]


@given(
    st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"MSH|", b"x", ONE, b"y" * 120]), max_size=30),
    st.integers(1, 50),
)
def test_how_the_bytes_come_changes_nothing(parts: list[bytes], step: int) -> None:
    stream = b"".join(parts)
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    whole = fed(stream, ends=True)
    cut = fed(*pieces, ends=True)
    assert [(head[:1], wrong) for head, wrong in cut] == [(head[:1], wrong) for head, wrong in whole]
