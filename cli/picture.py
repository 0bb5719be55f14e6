"""The summary drawn: one small chart per measure, the five words in colour and in writing. Matplotlib draws it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.summary import HEADINGS, group, unit_word

COLOURS = {
    "near": "#1b7f79",
    "coordinated": "#2f5d9b",
    "resource-efficient": "#8a5a00",
    "health-promoting": "#4c7a1f",
    "person-centred": "#8b2f6b",
}
"""Told apart also without colour vision by the heading over each chart."""
COLUMNS = 3
LONGEST = 12
"""Bars in one chart; with more groups the largest are drawn, and the chart says so."""
TELLING = (
    ("rate", "per 1 000"),
    ("share", "%"),
    ("median", "median"),
    ("mean", "mean"),
    ("count", "cases"),
)
"""What says most of a measure, first."""
PLAIN = ("%", "per 1 000", "cases")
"""What needs no unit after it."""
Line = Mapping[str, Any]
Chart = tuple[str, str, str, list[tuple[str, float]], int]


def draw(lines: Sequence[Line], by: Sequence[str], file: Path, about: str) -> None:
    """Write the picture as SVG or PNG, by the file's ending; ``about`` says over whom, and as of when."""
    charts = _charts(lines, by)
    hidden = sum(line["suppressed"] for line in lines)
    notes = f"{hidden} figures rest on fewer than 20 patients and are not drawn. " if hidden else ""
    with page(len(charts), file, about, f"{notes}God och nära vård, five words.") as axes:
        for axis, chart in zip(axes, charts, strict=False):
            _draw_chart(axis, chart, over_time=tuple(by) == ("month",))
        if not charts:
            axes[0].text(0, 0.5, "No group is large enough to be shown.")


@contextmanager
def page(charts: int, file: Path, about: str, notes: str) -> Iterator[list[Any]]:
    """A page of so many charts, to be drawn into while inside and written at the end: as SVG or PNG, by ``file``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    # Text stays text in SVG: it can be searched, and read aloud. Without a date the same figures give the same file.
    pyplot.rcParams.update({"svg.fonttype": "none", "font.size": 9, "svg.hashsalt": "carechain"})
    rows = max(1, -(-charts // COLUMNS))
    figure, axes = pyplot.subplots(
        rows, COLUMNS, figsize=(4.6 * COLUMNS, 2.7 * rows), layout="constrained", squeeze=False
    )
    yield list(axes.flat)
    for axis in list(axes.flat)[charts:]:
        axis.set_axis_off()
    figure.suptitle(about, x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.supxlabel(notes, x=0.01, ha="left", fontsize=8)
    metadata = (
        {"Date": None, "Creator": "carechain"} if file.suffix.lower() == ".svg" else {"Software": "carechain"}
    )
    figure.savefig(file, dpi=120, metadata=metadata)
    pyplot.close(figure)


def _charts(lines: Sequence[Line], by: Sequence[str]) -> list[Chart]:
    """Heading, title, unit, bars and how many were left out, of each measure and part that has a figure."""
    charts: dict[tuple[str, str], Chart] = {}
    for line in lines:
        figure = _figure(line)
        if figure is None:
            continue
        name, value = figure
        title = f"{line['measure']} {line['title']}" + (f" ({line['part']})" if line["part"] else "")
        key = (line["measure"], line["part"] or "")
        unit = name if name in PLAIN else f"{name}, {unit_word(line['value_unit'])}"
        empty: Chart = (line["word"] or "", title, unit, [], 0)
        chart = charts.setdefault(key, empty)
        chart[3].append((", ".join(group(each, line[each]) for each in by) or "all", value))
    return [_longest(chart, ordered="month" in by) for chart in charts.values()]


def _longest(chart: Chart, *, ordered: bool) -> Chart:
    word, title, unit, bars, _ = chart
    if ordered or len(bars) <= LONGEST:
        return chart
    kept = sorted(bars, key=lambda bar: -bar[1])[:LONGEST]
    return word, title, unit, kept, len(bars) - len(kept)


def _figure(line: Line) -> tuple[str, float] | None:
    """What says most of a measure: its rate, its share, its median, or its mean."""
    if line["suppressed"]:
        return None
    for name, label in TELLING:
        if line[name] is not None:
            return label, line[name] * 100.0 if label == "%" else float(line[name])
    return None


def _draw_chart(axis: Any, chart: Chart, *, over_time: bool) -> None:
    word, title, unit, bars, left_out = chart
    colour = COLOURS.get(word, "#444444")
    names = [name for name, _ in bars]
    values = [value for _, value in bars]
    if over_time:
        axis.plot(names, values, marker="o", color=colour)
        axis.set_ylim(bottom=0)
        axis.set_ylabel(unit)
    else:
        places = list(range(len(bars)))
        axis.barh(places, values, color=colour)
        axis.set_yticks(places, names)
        axis.invert_yaxis()
        axis.set_xlabel(unit)
        for place, value in zip(places, values, strict=True):
            axis.annotate(f" {value:.3g}", (value, place), va="center", fontsize=8)
        axis.margins(x=0.15)
    if left_out:
        axis.set_xlabel(f"{unit} ({left_out} smaller not drawn)")
    heading = HEADINGS.get(word, "")
    axis.set_title(f"{heading}\n{wrapped(title)}", fontsize=9, loc="left", color=colour)
    axis.spines[["top", "right"]].set_visible(False)


def wrapped(title: str) -> str:
    """A heading over a chart, on as many lines as it needs."""
    import textwrap

    return "\n".join(textwrap.wrap(title.replace("1 000", "1\u00a0000"), 52))
