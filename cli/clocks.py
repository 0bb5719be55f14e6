"""The two clocks of a question: --as-of, the moment asked about, and --known-at, what had been recorded by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer

from cli.output import say
from cli.understood import understood

SETTLING = timedelta(seconds=5)
"""How long a fact may be on its way from being recorded until it is shown."""
PROVISIONAL = "Provisional: facts recorded in the last seconds may still be on their way."


@dataclass(frozen=True)
class Clocks:
    """The two clocks of a question, in UTC."""

    now: datetime
    """The moment asked about."""
    known_at: datetime | None = None
    """What was recorded later does not count; ``None``: everything known counts."""
    provisional: bool = False
    """``known_at`` is so recent that facts recorded by then may not be shown yet."""


def read_clocks(as_of: str | None, known_at: str | None) -> Clocks:
    """Understand --as-of (now where none is given, or as --known-at) and --known-at, and tell them back.

    The only place where reads look at the clock. Raises usage errors.
    """
    present = datetime.now(UTC)
    known, provisional = _known_at(known_at, present)
    now = _as_of(as_of, known or present)
    if known is not None:
        if as_of is None:
            _echo("As of", known)
        _echo("As known at", known)
    if provisional:
        say(PROVISIONAL)
    return Clocks(now, known, provisional)


def read_two(as_of: str | None, known_at: Sequence[str]) -> tuple[datetime, Clocks]:
    """Understand --known-at given twice, or once for from then until now: the earlier one, and the clocks at the later.

    Both are in UTC. Raises usage errors.
    """
    present = datetime.now(UTC)
    if not 1 <= len(known_at) <= 2:
        raise typer.BadParameter(
            "give it twice: from which state of knowledge, and to which.", param_hint="--known-at"
        )
    read = [_known_at(text, present) for text in known_at]
    if len(read) == 1:
        read.append((present, True))
    (first, _), (last, provisional) = read
    assert first is not None
    assert last is not None
    if first >= last:
        raise typer.BadParameter("give the earlier moment first.", param_hint="--known-at")
    now = _as_of(as_of, last)
    if as_of is None:
        _echo("As of", last)
    _echo("As known at", first)
    _echo("and as known at", last)
    if provisional:
        say(PROVISIONAL)
    return first, Clocks(now, last, provisional)


def _known_at(text: str | None, present: datetime) -> tuple[datetime | None, bool]:
    if text is None:
        return None, False
    from domain.calendar import parse_instant

    known = understood(parse_instant, text, "--known-at")
    if known > present:
        raise typer.BadParameter(
            "that is in the future, and nobody knows yet what will be recorded by then.",
            param_hint="--known-at",
        )
    return known, present - known <= SETTLING


def _as_of(text: str | None, otherwise: datetime) -> datetime:
    if text is None:
        return otherwise
    from domain.calendar import parse_instant

    instant = understood(parse_instant, text, "--as-of")
    _echo("As of", instant)
    return instant


def _echo(words: str, instant: datetime) -> None:
    from domain.calendar import for_people

    say(f"{words} {for_people(instant)} (Europe/Stockholm).")


def knowledge(clocks: Clocks) -> dict[str, object]:
    """As known when, and whether that may still change."""
    return {"known_at": clocks.known_at, "provisional": clocks.provisional}
