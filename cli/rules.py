"""`carechain rules`: every rule, measure, cause and finding, with its source and the agreement's values it uses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import typer

from cli.asking import JsonOption, OutputOption, form
from cli.output import Output, print_rows
from cli.page import print_table

app = typer.Typer(rich_markup_mode=None)
Line = Mapping[str, object]
COLUMNS = ("id", "kind", "title", "source", "severity", "word", "value_unit", "version", "values")
KINDS = {
    "rule": "Rules: what is owed, and when it is missed",
    "next-step": "Next steps: what is owed without a limit in law",
    "measure": "Measures: how long, how many, which share",
    "cause": "Causes of waits",
    "finding": "Findings: what does not fit",
}


@app.command()
def rules(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As the page infra/reference/rules.md.")
    ] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List every rule, measure, cause and finding, with the paragraph or publisher that it comes from.

    \b
    carechain rules
    carechain rules --json
    carechain rules --markdown
    """
    lines = list(everything())
    chosen = form(output, json=json)
    if markdown:
        typer.echo(as_markdown(lines), nl=False)
    elif chosen is Output.TABLE:
        print_table([{"id": one["id"], "source": one["source"], "what": one["title"]} for one in lines])
    else:
        print_rows(lines, COLUMNS, output=chosen)


def everything() -> Iterator[Line]:
    """All of them, in the order of ``KINDS`` and by id."""
    from domain.cause import causes
    from domain.conclude import rules as known
    from domain.findings import TEXTS
    from projections.summary import all_measures

    found = [rule for rule in known().values() if not rule.id.startswith("W-")]
    for kind in ("rule", "next-step"):
        for rule in found:
            if (rule.severity == "next-step") == (kind == "next-step"):
                yield _line(rule.id, kind, rule.title, rule.source, rule.severity, rule.version, rule.values)
    for rule in all_measures().values():
        line = _line(rule.id, "measure", rule.title, rule.source, None, rule.version, rule.values)
        yield {**line, "word": rule.word, "value_unit": rule.unit}
    for why in causes().values():
        yield _line(why.code, "cause", f"{why.text} ({why.measure})", why.source)
    for code, text in sorted(TEXTS.items()):
        yield _line(code, "finding", text, "what was recorded")


def _line(
    id: str,
    kind: str,
    title: str,
    source: str,
    severity: str | None = None,
    version: int = 1,
    values: Sequence[str] = (),
) -> dict[str, object]:
    return {
        "id": id,
        "kind": kind,
        "title": title,
        "source": source,
        "severity": severity,
        "word": None,
        "value_unit": None,
        "version": version,
        "values": list(values),
    }


def as_markdown(lines: Sequence[Line]) -> str:
    """The reference page."""
    parts = [
        "# Rules, measures, causes and findings\n",
        "Made by `carechain rules --markdown`; a test holds it against the code. Each rule and measure is one small file in",
        "`domain/rules`, `domain/waits` or `projections/measures`; each cause one in `domain/causes`; gaps, overlaps and",
        "contradictions are in `domain/mismatches`. A value of the agreement that is not set means: no limit, never late.\n",
    ]
    for kind, heading in KINDS.items():
        some = [line for line in lines if line["kind"] == kind]
        parts.append(f"## {heading}\n")
        parts += _table(kind, some)
        parts.append("")
    return "\n".join(parts)


def _table(kind: str, lines: Sequence[Line]) -> list[str]:
    match kind:
        case "rule":
            head, of = (
                ["id", "what", "source", "severity", "agreement"],
                ["id", "title", "source", "severity", "values"],
            )
        case "measure":
            head = ["id", "what", "source", "unit", "word", "agreement"]
            of = ["id", "title", "source", "value_unit", "word", "values"]
        case "finding":
            head, of = ["code", "what"], ["id", "title"]
        case _:
            head, of = ["id", "what", "source"], ["id", "title", "source"]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*rows, *(f"| {' | '.join(_cell(line[name]) for name in of)} |" for line in lines)]


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{one.rpartition('.')[2]}`" for one in value)
    return str(value or "")
