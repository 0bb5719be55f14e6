"""What an account holds, whatever form it is read in: headings, sentences, and nothing that is not for the patient."""

import re
import unicodedata
from dataclasses import dataclass, replace

_KEPT = frozenset("\n")
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
"""Controls, marks that turn the reading direction, halves of signs, private and unassigned ones (Unicode categories)."""


@dataclass(frozen=True)
class Item:
    """One thing that is said: who or when it is about, the sentence, and what else belongs to it, line by line."""

    text: str
    lead: str = ""
    more: tuple[str, ...] = ()
    quote: bool = False
    """Whether ``text`` is somebody's own words."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; ``key`` is for programs."""

    key: str
    heading: str
    intro: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    parts: tuple["Section", ...] = ()
    """Sections of its own, one level down: the days of what has happened."""


@dataclass(frozen=True)
class Account:
    """The whole, in the order it is read."""

    title: str
    lead: tuple[str, ...]
    """For whom it is, and as of when."""
    notices: tuple[str, ...]
    """What the reader must know before the rest."""
    sections: tuple[Section, ...]


def cleaned(account: Account) -> Account:
    """The account without signs that nobody can read, or that would make it read otherwise than it is written."""
    return Account(
        readable(account.title),
        tuple(map(readable, account.lead)),
        tuple(map(readable, account.notices)),
        tuple(map(_section, account.sections)),
    )


def readable(text: str) -> str:
    """``text`` without controls, direction marks and lone halves of signs; lines end as lines do here."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign in _KEPT or unicodedata.category(sign) not in _DROPPED)


_TOGETHER = re.compile(
    r"(?<=\bkl\.) (?=\d)|(?<=\d) (?=[a-zå]+ \d{4}\b)|(?<=[a-z]) (?=\d{4}\b)|(?<=\d) (?=\d)"
)
NO_BREAK = "\N{NO-BREAK SPACE}"


def together(text: str) -> str:
    """``text`` with what is one word to the eye kept on one line: a time of day, a date, a telephone number."""
    return _TOGETHER.sub(NO_BREAK, text)


def _section(section: Section) -> Section:
    return replace(
        section,
        heading=readable(section.heading),
        intro=tuple(map(readable, section.intro)),
        items=tuple(map(_item, section.items)),
        parts=tuple(map(_section, section.parts)),
    )


def _item(item: Item) -> Item:
    return replace(
        item, text=readable(item.text), lead=readable(item.lead), more=tuple(map(readable, item.more))
    )
