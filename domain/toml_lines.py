"""On which line of a TOML file each key stands, and which stand twice: ``tomllib`` tells neither, nor does TOML Kit."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""``("payment", "amounts", 0, "sek")``: tables and keys by name, the tables of an array by number from 0."""

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADING = re.compile(rf"\s*(\[\[?)\s*({_NAME})\s*\]")
_KEY = re.compile(rf"\s*({_NAME})\s*=")
_STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|' + r"'''.*?'''|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|#[^\n]*", re.DOTALL
)


@dataclass(frozen=True)
class Again:
    """A key or a table that stands there a second time: from its first line to its last."""

    path: Path
    first: int
    last: int
    is_table: bool


@dataclass(frozen=True)
class Lines:
    """Where things stand, by line from 1."""

    of: Mapping[Path, int]
    """The first line of each key and each table."""
    again: tuple[Again, ...]

    def line(self, path: Path) -> int | None:
        """The line of the key, or of the nearest thing that it stands in."""
        while path:
            if path in self.of:
                return self.of[path]
            path = path[:-1]
        return None


def lines_of(text: str) -> Lines:
    """Where each key of the file stands. It is for files of tables with plain keys, and need not be valid TOML."""
    of: dict[Path, int] = {}
    again: list[Again] = []
    arrays: dict[Path, int] = {}
    table: Path = ()
    for first, last, line in _statements(text):
        heading = _HEADING.match(line)
        if heading and heading[1] == "[[":
            name = _parts(heading[2])
            arrays[name] = arrays.get(name, -1) + 1
            of.setdefault(name, first)
            found = table = (*name, arrays[name])
        elif heading:
            found = table = _parts(heading[2])
        elif key := _KEY.match(line):
            found = (*table, *_parts(key[1]))
        else:
            continue
        if found in of:
            again.append(Again(found, first, last, is_table=heading is not None))
        of.setdefault(found, first)
    return Lines(of, tuple(again))


def _parts(name: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_PART, name))


def _statements(text: str) -> Iterator[tuple[int, int, str]]:
    """First and last line of each statement, and its beginning; what stands inside a list begins none."""
    # What stands in strings and remarks could look like brackets or keys; a key in quotes is still one.
    lines = _STRINGS.sub(_hidden, text).split("\n")
    depth, begun = 0, 1
    for number, line in enumerate(lines, 1):
        if depth == 0:
            begun = number
        if depth or not _HEADING.match(line):
            depth = max(0, depth + sum(map(line.count, "[{")) - sum(map(line.count, "]}")))
        if depth == 0 or number == len(lines):
            yield begun, number, lines[begun - 1]


def _hidden(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith("#") or "\n" in text:
        return "\n" * text.count("\n")
    inner = text[1:-1]
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", inner) else text[0] + "x" * len(inner) + text[0]
