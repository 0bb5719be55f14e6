"""What a message says beside its facts: kept as their note, or as noted messages where none is or the text is too long."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from domain.facts.messages import MessageNoted
from domain.submission import Submission

NOTE_MAX: Final = 20_000
"""Characters of one sealed text."""
_MESSAGE_MAX: Final = 512


def with_note(submissions: Sequence[Submission], text: str, *, bare: Submission) -> tuple[Submission, ...]:
    """The submissions of one message, with what else it says.

    The text becomes the ``note`` of the first submission, after the note that it may have. What does not fit
    there, and the text of a message without submissions, becomes ``message-noted`` facts, numbered like ``2/3``.
    Those are made from ``bare``, which says who, when, from where; its type and data are left out.

    The same text gives the same facts, so that a message that comes again is known. Each part beyond the first
    has a message id of its own, else one message would seem to have said several things.
    """
    text = _storable(text)
    if not text:
        return tuple(submissions)
    first = submissions[0] if submissions else None
    if first is None:
        return tuple(_noted(bare, parts(text), 0))
    told = first.data.get("note")
    told = f"{told}\n{text}" if isinstance(told, str) else text
    if told is text or len(told) <= NOTE_MAX:
        pieces = parts(told)
        noted = first.model_copy(update={"data": first.data | {"note": pieces[0]}})
        return noted, *submissions[1:], *_noted(bare, pieces, 1)
    return *submissions, *_noted(bare, parts(text), 0)


def parts(text: str) -> tuple[str, ...]:
    """The text in pieces of at most ``NOTE_MAX`` characters, cut at the end of a line where there is one."""
    found, begin = [], 0
    while len(text) - begin > NOTE_MAX:
        end = text.rfind("\n", begin, begin + NOTE_MAX + 1)
        cut = end if end > begin else begin + NOTE_MAX
        found.append(text[begin:cut])
        begin = cut + 1 if end > begin else cut
    return *found, *([text[begin:]] if begin < len(text) else [])


def _noted(bare: Submission, pieces: Sequence[str], begin: int) -> Iterator[Submission]:
    """The pieces from ``begin`` on, a fact each."""
    for number, piece in enumerate(pieces[begin:], begin + 1):
        data = {"text": piece} | ({"part": f"{number}/{len(pieces)}"} if len(pieces) > 1 else {})
        message = bare.message if number == 1 or bare.message is None else numbered(bare.message, number)
        yield bare.model_copy(update={"type": MessageNoted.TYPE, "data": data, "message": message})


def numbered(message: str, number: int) -> str:
    """The id of one of several things that one message says of the same kind."""
    own = f"{message}#{number}"
    return own if len(own) <= _MESSAGE_MAX else f"{sha256(message.encode()).hexdigest()}#{number}"


def _storable(text: str) -> str:
    """Without signs that no text in UTF-8 may hold, and without space around it."""
    return text.encode("utf-8", "replace").decode().strip()
