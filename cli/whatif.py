"""`carechain whatif`: what would have been missed, and what it would have cost, under other terms or with quicker steps."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import (
    AsOfOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    PlotOption,
    RegionOption,
    form,
    read_clocks,
    require_picture,
)
from cli.looking import log
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from consumers.whatif import Found, Question
    from domain.whatif_figures import WhatIfFigure

app = typer.Typer(rich_markup_mode=None)


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
    plot: PlotOption = None,
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
    from cli import whatif_asked, whatif_told
    from cli.projection import telling
    from consumers.whatif import ask
    from domain.whatif_figures import changed

    chosen = form(output, json=json)
    require_picture(plot)
    clocks = read_clocks(as_of, known_at)
    scope = whatif_asked.scope(clocks.now, start, end, municipality, region)
    connections, master_key = _reach()
    question = whatif_asked.question(connections, clocks.known_at, scope, agreement, values, late, rule)
    with telling() as tell:
        found = ask(connections, master_key, question, tell)
    figures = _figures(connections, found, question)
    if found.not_concluded:
        say(f"warning: {found.not_concluded} journeys could not be concluded; no figure counts them.")
    if plot is not None:
        from cli.whatif_picture import draw

        draw(changed(figures), plot, whatif_told.about(question))
        say(f"Drawn: {plot}")
        return
    if cases:
        log(sorted({case.journey for one in figures for case in one.cases}))
    if chosen is Output.TABLE:
        whatif_told.print_figures(figures, cases=cases)
        whatif_told.print_haste(found, question)
    else:
        rows = (
            [line for one in figures for line in whatif_told.case_lines(one)]
            if cases
            else [whatif_told.line(one) for one in figures]
        )
        meta = {"as_of": clocks.now, "known_at": clocks.known_at, "journeys": found.journeys}
        print_rows(rows, whatif_told.CASES if cases else whatif_told.FIGURES, output=chosen, meta=meta)


def _reach() -> tuple[Any, Any]:
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    settings = load_settings()
    return connections(settings), master_key(settings)


def _figures(connections: Any, found: "Found", question: "Question") -> list["WhatIfFigure"]:
    from domain.basis import Basis
    from domain.whatif_figures import figures
    from infra.postgres import connect
    from projections.population import population_in

    with connect(connections.read_dsn, application_name="carechain read") as connection:
        population = population_in(connection)
    other = question.other if isinstance(question.other, Basis) else question.basis
    return figures(found.difference, question.scope, question.basis, other, population)
