"""`carechain whatif`: what would have been missed, and what it would have cost, under other terms or with quicker steps."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import words
from cli.asking import (
    AsOfOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    RegionOption,
    form,
    read_clocks,
    understood,
)
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from consumers.whatif import Found, Question
    from domain.agreement import Agreement
    from domain.basis import Basis
    from domain.whatif import Scope
    from domain.whatif_figures import WhatIfCase, WhatIfFigure

app = typer.Typer(rich_markup_mode=None)

FIGURES = (
    "municipality",
    "name",
    "month",
    "what",
    "title",
    "unit",
    "before",
    "after",
    "difference",
    "missing",
)
CASES = (
    "municipality", "name", "month", "what", "title", "journey", "stay", "party", "role", "at_unit", "unit",
    "before", "after", "facts",
)  # fmt: skip
SETTLED = {
    "W-06": "Days ready for discharge",
    "W-11": "Days a municipality pays for, patient by patient",
    "settled-days": "Days to pay for, as the month is settled",
    "settled-sek": "To pay, as the month is settled",
}


@app.command()
def whatif(
    agreement: Annotated[
        str | None,
        typer.Option(
            "--agreement", metavar="FILE", help="As if this agreement had held all along: a file, or an id."
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="As if this had been agreed everywhere; several may be given."
        ),
    ] = None,
    late: Annotated[
        float | None,
        typer.Option(
            "--late", metavar="HOURS", min=0.0, help="As if the step of --rule had come so much sooner."
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="MH-09", help="The rule that --late is about.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day that counts, as 2026-01-01.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day that counts.")] = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    cases: Annotated[bool, typer.Option("--cases", help="The cases behind the figures, one a line.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg|png", help="Draw it into a file instead.")
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say what would have been missed, and paid, under another agreement or with a quicker step.

    \b
    carechain whatif --set limits.discharge_ready_notice_minutes=30 --region Gävleborg
    carechain whatif --agreement ours-next-year.toml --from 2026-01-01 --to 2026-06-30
    carechain whatif --set payment.free_days=1 --municipality Gävle --cases --output csv
    carechain whatif --late 2 --rule MH-09

    All that is on record is concluded a second time, otherwise. Nothing is written, and nobody else sees it. Missed
    duties count in the month they were due, days and money in the month they ended.
    """
    from consumers.whatif import ask
    from domain.whatif_figures import changed, telling

    chosen = form(output, json=json)
    _check_plot(plot)
    clocks = read_clocks(as_of, known_at)
    scope = _scope(clocks.now, start, end, municipality, region)
    connections, master_key = _reach()
    question = _question(connections, clocks.known_at, scope, agreement, values, late, rule)
    with _telling() as tell:
        found = ask(connections, master_key, question, tell)
    figures = _figures(connections, found, question)
    if found.not_concluded:
        say(f"warning: {found.not_concluded} journeys could not be concluded; no figure counts them.")
    if plot is not None:
        from cli.whatif_picture import draw

        draw(changed(figures), plot, _about(question))
        say(f"Drawn: {plot}")
    elif chosen is Output.TABLE:
        _tell_table(telling(figures), cases=cases)
        _tell_why_no_money(figures)
        _tell_haste(found, question)
    else:
        rows = (
            [line for one in figures for line in _case_lines(one)]
            if cases
            else [_line(one) for one in figures]
        )
        meta = {"as_of": clocks.now, "known_at": clocks.known_at, "journeys": found.journeys}
        print_rows(rows, CASES if cases else FIGURES, output=chosen, meta=meta)


# -- the question --------------------------------------------------------------------------------------------------


def _question(
    connections: Any,
    known_at: Any,
    scope: "Scope",
    agreement: str | None,
    values: Sequence[str] | None,
    late: float | None,
    rule: str | None,
) -> "Question":
    from consumers.whatif import Question
    from domain.whatif import Sooner

    asked = [
        name for name, given in (("--agreement", agreement), ("--set", values), ("--late", late)) if given
    ]
    if (rule is None) != (late is None):
        raise typer.BadParameter("--late and --rule belong together.", param_hint="--late")
    if not asked or (late is not None and len(asked) > 1):
        raise typer.BadParameter(
            "say what would have been otherwise: --agreement, --set or both; or --late with --rule.",
            param_hint="--agreement",
        )
    basis = _basis(connections, known_at)
    if late is not None and rule is not None:
        return Question(
            basis=basis, other=Sooner(rule=_rule(rule), hours=late), scope=scope, known_at=known_at
        )
    other = basis
    if agreement is not None:
        other = other.with_agreement(_agreement(agreement))
    if values:
        other = other.with_values(_values(values))
    for one in other.agreements:
        if not one.payment.usable:
            say(
                f"note: {one.name} has a mean without a confirmed threshold or cap; the statute's days hold there."
            )
    return Question(basis=basis, other=other, scope=scope, known_at=known_at)


def _rule(text: str) -> str:
    from domain.conclude import rules

    known = [one for one in rules() if not one.startswith("W-")]
    if text.strip().upper() in known:
        return text.strip().upper()
    names = {one.casefold(): one for one in known}
    if text.strip().casefold() in names:
        return names[text.strip().casefold()]
    raise typer.BadParameter(f"there is no such rule. Known: {', '.join(known)}.", param_hint="--rule")


def _agreement(text: str) -> "Agreement":
    """From a file, or one that comes with carechain, by its id: the last version of several."""
    from cli.agreement_reads import named

    return named(text)[-1]


def _values(given: Sequence[str]) -> "Agreement":
    """Values as ``payment.free_days=1``, checked as those of an agreement's file are."""
    from domain.agreement_file import read_agreement

    sections: dict[str, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot and name):
            raise typer.BadParameter(
                "write it as payment.free_days=1; `carechain agreement show statute` lists the keys.",
                param_hint="--set",
            )
        sections.setdefault(section, []).append(f"{name} = {_toml(value.strip())}")
    text = 'id = "what-if"\nversion = 1\ntitle = "What if"\n'
    for section, lines in sections.items():
        text += f"[{section}]\n" + "\n".join(lines) + "\n"
    return read_agreement(text, "--set", alone=False)


def _toml(value: str) -> str:
    """A word may come without its quotes."""
    import json

    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return json.dumps(value, ensure_ascii=False)
    return value


def _basis(connections: Any, known_at: Any) -> "Basis":
    from consumers.adoption import basis_of
    from consumers.journal import Journal
    from infra.postgres import connect

    with connect(connections.read_dsn, application_name="carechain read") as connection:
        return basis_of(Journal(connection).reference(), known_at=known_at)


def _scope(
    now: Any, start: str | None, end: str | None, municipality: str | None, region: str | None
) -> "Scope":
    from domain.reference import find_municipality, find_region
    from domain.whatif import Scope

    first, last = _day(start, "--from"), _day(end, "--to")
    if first and last and last < first:
        raise typer.BadParameter("it is before --from.", param_hint="--to")
    return Scope(
        now=now,
        first=first,
        last=last,
        municipality=understood(find_municipality, municipality, "--municipality").code
        if municipality
        else None,
        region=understood(find_region, region, "--region").code if region else None,
    )


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter("write the day as 2026-01-31.", param_hint=option) from None


def _check_plot(plot: Path | None) -> None:
    if plot is not None and plot.suffix.lower() not in (".svg", ".png"):
        raise typer.BadParameter("the file's name must end with .svg or .png.", param_hint="--plot")


def _reach() -> tuple[Any, Any]:
    from infra.keys import load_or_create
    from infra.settings import connections, load_settings

    settings = load_settings()
    return connections(settings), load_or_create(settings.master_key_file)


def _telling() -> Any:
    from cli.projection import telling

    return telling()


# -- the answer ----------------------------------------------------------------------------------------------------


def _figures(connections: Any, found: "Found", question: "Question") -> list["WhatIfFigure"]:
    from domain.basis import Basis
    from domain.whatif_figures import figures
    from infra.postgres import connect
    from projections.population import population_in

    with connect(connections.read_dsn, application_name="carechain read") as connection:
        population = population_in(connection)
    other = question.other if isinstance(question.other, Basis) else question.basis
    return figures(found.difference, question.scope, question.basis, other, population)


def _named(one: "WhatIfFigure") -> dict[str, object]:
    title = SETTLED.get(one.what) or words.title(one.what)
    return {
        "municipality": one.municipality,
        "name": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "what": one.what,
        "title": title,
    }


def _line(one: "WhatIfFigure") -> Mapping[str, object]:
    return {
        **_named(one),
        "unit": one.unit,
        "before": one.before,
        "after": one.after,
        "difference": one.difference,
        "missing": one.missing,
        "cases": [_case(case) for case in one.cases],
    }


def _case(case: "WhatIfCase") -> dict[str, object]:
    return {
        "id": case.id,
        "journey": case.journey,
        "stay": case.stay,
        "party": case.party,
        "role": case.role,
        "at_unit": case.unit,
        "before": case.before,
        "after": case.after,
        "facts": list(case.facts),
    }


def _case_lines(one: "WhatIfFigure") -> list[Mapping[str, object]]:
    return [{**_named(one), **_case(case), "unit": one.unit} for case in one.cases]


def _tell_table(figures: Sequence["WhatIfFigure"], *, cases: bool) -> None:
    from cli.page import print_table

    if not figures:
        say("Nothing would have been otherwise.")
        return
    if cases:
        print_table([_case_row(one, case) for one in figures for case in one.cases])
    else:
        print_table([_row(one) for one in figures])


def _tell_why_no_money(figures: Sequence["WhatIfFigure"]) -> None:
    for why in dict.fromkeys(one.missing for one in figures if one.missing):
        say(f"No sum in SEK: {why}")


def _row(one: "WhatIfFigure") -> dict[str, object]:
    return {
        "municipality": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "before": _number(one.before),
        "after": _number(one.after),
        "difference": _signed(one.difference),
        "unit": one.unit.replace("dates", "days"),
        "what": _what(one),
    }


def _case_row(one: "WhatIfFigure", case: "WhatIfCase") -> dict[str, object]:
    return {
        "journey": words.short_id(case.journey),
        "municipality": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "before": _said(case.before),
        "after": _said(case.after),
        "what": f"{_what(one)}, {words.owner(case.party, case.role)}",
    }


def _what(one: "WhatIfFigure") -> str:
    named = _named(one)["title"]
    return f"{named} ({one.what})" if one.what not in ("settled-days", "settled-sek") else str(named)


def _said(value: str | float | None) -> str:
    return value if isinstance(value, str) else "nothing" if value is None else _number(value)


def _number(value: float | None) -> str:
    return "not told" if value is None else f"{value:,.1f}".replace(",", " ").removesuffix(".0")


def _signed(value: float | None) -> str:
    return "" if value is None else ("+" if value > 0 else "") + _number(value)


def _tell_haste(found: "Found", question: "Question") -> None:
    from domain.whatif import Sooner
    from domain.whatif_figures import haste

    if not isinstance(question.other, Sooner):
        return
    told = haste(found.difference)
    say(
        f"{told.saved} of {told.misses} misses of {question.other.rule} would have been saved by {question.other.hours:g} h;"
        f" {told.still_late} would still have been late, {told.never_done} were never done."
    )


def _about(question: "Question") -> str:
    """Over whom, and under what: what stands over a picture."""
    from domain.whatif import Sooner

    scope = question.scope
    what = (
        f"{question.other.rule} sooner by {question.other.hours:g} h"
        if isinstance(question.other, Sooner)
        else "other terms"
    )
    where = words.municipality(scope.municipality) or (
        words.party(f"region:{scope.region}") if scope.region else "all"
    )
    span = f", {scope.first or 'the beginning'} to {scope.last or 'now'}" if scope.first or scope.last else ""
    return f"What if: {what}. {where}{span}"
