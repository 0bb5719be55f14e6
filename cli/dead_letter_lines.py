"""Dead letters as lines of a table, as documents for programs, and as the page of one."""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.output import say, shown
from cli.page import print_line, print_list, print_table
from cli.words import short_id

if TYPE_CHECKING:
    from consumers.intake.dead_letters_kept import Letter

SHORT = 8
"""Signs of a digest that a table shows: enough to name a letter by."""
COLUMNS = (
    *("digest", "state", "reason", "message", "field", "source", "unit", "kind", "content_type", "place"),
    *("size", "journey", "first_seen", "since", "last_seen", "seen_again", "bytes_kept", "resolved_at"),
    "resolved_by",
)
_WIDTH = {"source": 14, "kind": 14, "reason": 24}
"""So that a line fits in 100 signs."""
_BYTES = {
    "here": "sealed, in the letter",
    "postgresql": "sealed, in PostgreSQL only (over 512 KiB)",
    None: "not kept: larger than any message, or erased",
}


def document(letter: "Letter", raw: bytes | None = None) -> dict[str, Any]:
    """All of a letter, without its bytes but where they are given."""
    found: dict[str, Any] = {
        "digest": letter.digest,
        "state": letter.state,
        "reason": letter.reason,
        "message": letter.message,
        "field": letter.field,
        "source": letter.source,
        "unit": letter.unit,
        "kind": letter.kind,
        "content_type": letter.content_type or None,
        "place": letter.place or None,
        "size": letter.size,
        "journey": letter.journey,
        "first_seen": letter.first_seen,
        "since": letter.since,
        "last_seen": letter.last_seen,
        "seen_again": letter.seen_again,
        "bytes_kept": letter.kept,
        "resolved_at": letter.resolved_at,
        "resolved_by": letter.resolved_by,
    }
    return found if raw is None else found | {"bytes": base64.b64encode(raw).decode()}


def print_letters(letters: "Sequence[Letter]") -> None:
    """The table of several."""
    states = {letter.state for letter in letters}
    print_table([_line(letter, with_state=states != {"open"}) for letter in letters])


def _line(letter: "Letter", *, with_state: bool) -> dict[str, object]:
    second = {"state": letter.state} if with_state else {"kind": _cut(letter.kind or "", _WIDTH["kind"])}
    return {
        "digest": letter.digest[:SHORT],
        "since": letter.since,
        "source": _cut(letter.source, _WIDTH["source"]),
        **second,
        "came": 1 + letter.seen_again,
        "journey": "" if letter.journey is None else short_id(letter.journey),
        "reason": _cut(letter.reason, _WIDTH["reason"]),
    }


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def print_letter(letter: "Letter", why: str | None) -> None:
    """The page of one; ``why`` is what was written when it was discarded."""
    print_line((letter.digest, "bold"))
    print_line(letter.message)
    lines = [
        ("reason", letter.reason),
        ("suspected field", letter.field or "not known"),
        ("source", letter.source),
        ("unit", letter.unit or "not known"),
        ("kind", letter.kind or "not known"),
        ("content type", letter.content_type or "not known"),
        ("place", letter.place or "standard input, or sent alone"),
        ("size", f"{letter.size} bytes"),
        ("bytes", _BYTES[letter.kept]),
        ("journey", "not known" if letter.journey is None else str(letter.journey)),
        ("seen", _seen(letter)),
        ("state", _state(letter)),
    ]
    if letter.state == "discarded":
        lines.append(("why", why or "what was written is erased"))
    print_list("", lines)
    if letter.came_again_since:
        say(
            f"It came again after it was {letter.state}, last on {shown(letter.last_seen)}, and stays {letter.state}."
        )


def _seen(letter: "Letter") -> str:
    first = f"first {shown(letter.first_seen)}"
    if not letter.seen_again:
        return first
    times = "once more" if letter.seen_again == 1 else f"{letter.seen_again} times more"
    return f"{first}, {times}, last {shown(letter.last_seen)}"


def _state(letter: "Letter") -> str:
    if letter.state == "open":
        return f"open since {shown(letter.since)}"
    by = "sent again" if letter.resolved_by == "sent-again" else str(letter.resolved_by)
    return f"{letter.state} {shown(letter.resolved_at)}, by {by}"
