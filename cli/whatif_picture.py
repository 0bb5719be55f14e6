"""A what-if drawn: before and after side by side, one small chart per figure. Matplotlib draws it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import words
from cli.picture import LONGEST, page, wrapped

if TYPE_CHECKING:
    from domain.whatif_figures import WhatIfFigure

BEFORE, AFTER = "#9aa5b1", "#2f5d9b"
"""Grey for how things are; told apart by lightness alone."""


def draw(figures: Sequence["WhatIfFigure"], file: Path, about: str) -> None:
    """Write the picture as SVG or PNG, by the file's ending; ``about`` says what would have been otherwise."""
    from cli.whatif_told import SETTLED

    of_what: defaultdict[str, list[WhatIfFigure]] = defaultdict(list)
    for one in figures:
        if one.before is not None and one.after is not None:
            of_what[one.what].append(one)
    with page(len(of_what), file, about, "Grey: as things are. Blue: as they would have been.") as axes:
        for axis, (what, some) in zip(axes, of_what.items(), strict=False):
            groups = _by_municipality(some)
            places = range(len(groups))
            axis.barh([place - 0.2 for place in places], [was for _, was, _ in groups], 0.38, color=BEFORE)
            axis.barh([place + 0.2 for place in places], [would for _, _, would in groups], 0.38, color=AFTER)
            for place, (_, was, would) in enumerate(groups):
                axis.annotate(f" {was:,.4g}", (was, place - 0.2), va="center", fontsize=7)
                axis.annotate(f" {would:,.4g}", (would, place + 0.2), va="center", fontsize=7)
            axis.set_yticks(list(places), [name for name, _, _ in groups])
            axis.invert_yaxis()
            axis.margins(x=0.18)
            axis.set_xlabel(some[0].unit.replace("dates", "days"))
            title = SETTLED.get(what) or f"{words.title(what)} ({what})"
            axis.set_title(wrapped(title), fontsize=9, loc="left")
            axis.spines[["top", "right"]].set_visible(False)


def _by_municipality(figures: Sequence["WhatIfFigure"]) -> list[tuple[str, float, float]]:
    """Name, before and after over all months; the largest differences where there are many."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in figures:
        total = sums[words.municipality(one.municipality) or "unknown"]
        total[0] += one.before or 0
        total[1] += one.after or 0
    ranked = sorted(sums.items(), key=lambda item: (-abs(item[1][1] - item[1][0]), item[0]))[:LONGEST]
    return [(name, was, would) for name, (was, would) in ranked]
