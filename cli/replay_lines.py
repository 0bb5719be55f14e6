"""A pane's lines, and how they are fitted to a width: columns lined up, the last one folding under itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

Tone = Literal["", "heading", "new", "alarm", "late", "gone"]
"""How loud a line is. It says nothing that its sign and words do not say, too."""

GAP = 2
NARROWEST = 12
"""Signs the last column needs to be a column of its own."""


@dataclass(frozen=True)
class Line:
    """One line of a pane, before it is fitted to a width: what the step did to it, and its columns."""

    sign: str
    columns: tuple[str, ...]
    tone: Tone = ""


@dataclass(frozen=True)
class Laid:
    """One line as it stands on the screen."""

    text: str
    tone: Tone
    changed: bool


def lay_out(lines: Sequence[Line], width: int) -> list[Laid]:
    """The lines with their columns lined up, the last one folding under itself; without columns where it is narrow."""
    rows = [line.columns[:-1] for line in lines if line.tone != "heading"]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    laid = []
    for line in lines:
        if line.tone == "heading":
            laid += [Laid(part, line.tone, False) for part in wrap(line.columns[0], max(width, NARROWEST))]
            continue
        columns = [cell.ljust(size + GAP) for cell, size in zip(line.columns[:-1], widths, strict=True)]
        start = f"{line.sign or ' '} {''.join(columns)}"
        if width - len(start) < NARROWEST:
            start = f"{line.sign or ' '} "
            last = "  ".join(filter(None, line.columns))
        else:
            last = line.columns[-1]
        folded = wrap(last, max(width - len(start), NARROWEST)) or [""]
        laid.append(Laid(f"{start}{folded[0]}".rstrip(), line.tone, bool(line.sign)))
        laid += [Laid(" " * len(start) + part, line.tone, bool(line.sign)) for part in folded[1:]]
    return laid
