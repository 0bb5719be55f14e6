"""The account for the terminal: plain lines no wider than the screen, and never wider than a hundred signs."""

import textwrap
from collections.abc import Iterator

from cli.account.model import NO_BREAK, Account, Item, Section, together

WIDEST = 100
NARROWEST = 40


def as_text(account: Account, width: int = WIDEST) -> str:
    """The whole account; each line ends with a line feed."""
    width = min(max(width, NARROWEST), WIDEST)
    return "\n".join(line.rstrip() for line in _account(account, width)) + "\n"


def _account(account: Account, width: int) -> Iterator[str]:
    yield account.title.upper()
    yield "=" * min(len(account.title), width)
    for text in account.lead:
        yield from _wrapped(text, width)
    for notice in account.notices:
        yield ""
        yield from _wrapped(f"OBS! {notice}", width)
    for section in account.sections:
        yield ""
        yield section.heading.upper()
        yield "-" * min(len(section.heading), width)
        yield from _section(section, width)


def _section(section: Section, width: int) -> Iterator[str]:
    for text in section.intro:
        yield from _wrapped(text, width)
    if section.intro and (section.items or section.parts):
        yield ""
    for item in section.items:
        yield from _item(item, width)
    for place, part in enumerate(section.parts):
        if place:
            yield ""
        yield part.heading
        yield from _section(part, width)


def _item(item: Item, width: int) -> Iterator[str]:
    said = f"”{item.text}”" if item.quote else item.text
    yield from _wrapped(f"{item.lead} {said}".strip(), width, "- ", "  ")
    for text in item.more:
        yield from _wrapped(text, width, "  ", "  ")


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> Iterator[str]:
    """The text folded at spaces; its own line ends stay."""
    for place, line in enumerate(together(text).split("\n")):
        begin = rest if place else first
        folded = textwrap.wrap(line, width, initial_indent=begin, subsequent_indent=rest) or [begin]
        yield from (one.replace(NO_BREAK, " ") for one in folded)
