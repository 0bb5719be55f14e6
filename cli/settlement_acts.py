"""`carechain settlement dispute` and `freeze`: what is put on record about a municipality's month."""

from typing import Annotated

import typer

from cli import settlement_given as given
from cli.actor import staff_reference
from cli.asking import JsonOption, OutputOption, form
from cli.output import VERSION, Output, print_json, print_rows, say
from cli.settlement_given import MonthOption, OneMunicipalityOption
from cli.settlement_lines import FIGURE_COLUMNS, plain, row, settlement_lines
from domain.dispute import GROUNDS


def dispute(
    municipality: OneMunicipalityOption,
    month: MonthOption,
    ground: Annotated[str, typer.Option("--ground", metavar="CODE", help=f"One of {', '.join(GROUNDS)}.")],
    stay: Annotated[
        list[str] | None,
        typer.Option("--stay", metavar="ID", help="A case of the month, by its stay; several may be given."),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option("--unit", metavar="UNIT", help="The municipality's unit that disputes a case."),
    ] = None,
    controller: Annotated[
        str | None,
        typer.Option(
            "--controller",
            metavar="ORG",
            help="Who answers for the data, where the unit's HSA-id does not say.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put on record that a municipality disputes a month, or the cases named.

    \b
    carechain settlement dispute --municipality Gävle --month 2026-03 --ground other
    carechain settlement dispute --municipality Gävle --month 2026-03 --ground wrong-time \\
        --stay 3f0c6c1e --unit hsa:SE2120002338-1

    Without --stay it is the whole month. A case is disputed in its patient's journey, too. No figure changes by it:
    what is wrong is corrected where it was recorded. Asked for again, it is found on record, and what an interruption
    kept from being recorded is recorded then. After the agreed day, or the freeze, it is taken and marked late.
    """
    from datetime import UTC, datetime

    from cli import field_values
    from consumers.disputes import Author
    from consumers.disputes import dispute as put_on_record
    from domain.dispute import DisputeSettlement
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    code, of_month = given.required(municipality), given.month(month)
    if ground not in GROUNDS:
        raise typer.BadParameter(f"write one of {', '.join(GROUNDS)}.", param_hint="--ground")
    settings = load_settings()
    now = datetime.now(UTC)
    command = DisputeSettlement(
        municipality=code,
        month=of_month,
        stays=given.stays(stay or (), code, of_month, now),
        ground=ground,
        actor=staff_reference(),
        now=now,
    )
    author = Author(None if unit is None else field_values.organisation(unit), controller)
    key = master_key(settings)
    taken = put_on_record(connections(settings), key, command, author, lambda: datetime.now(UTC))
    said = taken.disputed.data
    if json:
        row = {
            "id": taken.disputed.id,
            "at": taken.disputed.time,
            "state": "recorded" if taken.is_new else "known",
        }
        print_json({"version": VERSION, "data": [{**row, **said.model_dump(mode="json")}]})
        return
    number = len(said.stays)
    what = f"{number} {'case' if number == 1 else 'cases'} of {of_month}" if number else of_month
    typer.echo(f"{'Recorded' if taken.is_new else 'Already known'}: {what} disputed, {said.ground}.")
    if not taken.is_new and taken.facts_new:
        say(f"{taken.facts_new} of the patients' journeys did not say so yet, and do now.")
    for late in said.late:
        say(f"It came {late.replace('-', ' ')}: it is on record as late.")


def freeze(
    municipality: OneMunicipalityOption,
    month: MonthOption,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be frozen, and freeze nothing.")
    ] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Freeze a municipality's month: its figures as they stand now are put on record, once and for all.

    \b
    carechain settlement freeze --municipality Gävle --month 2026-03 --dry-run
    carechain settlement freeze --municipality Gävle --month 2026-03

    One freeze covers all agreements of the month. What is on record are the mean, threshold and days to pay for of
    each agreement with a monthly mean, the days paid for singly, and how many stays were discharged, their days, and
    the mean over all of them (Stockholm) and over those of a day or more (SKR). A month that is not over, that is
    frozen already, or whose agreed day has not come, is refused; so is any while answers have not caught up.
    """
    from datetime import UTC, datetime

    from consumers.settlements import freeze as put_on_record
    from domain.settlement import FreezeSettlement
    from infra.settings import connections, load_settings

    code, asked = given.required(municipality), given.month(month)
    settings = load_settings()
    reached = connections(settings)
    actor = "" if dry_run else staff_reference()
    command = FreezeSettlement(municipality=code, month=asked, actor=actor, now=datetime.now(UTC))
    settlement = put_on_record(settings, reached, command, dry_run=dry_run)
    say("Nothing was frozen." if dry_run else "Frozen. Corrections that come later change nothing in it.")
    chosen = form(output, json=json)
    if chosen is Output.TABLE:
        from cli.settlement_page import print_figures

        print_figures(settlement_lines(settlement))
    elif chosen is Output.CSV:
        print_rows([plain(line) for line in settlement_lines(settlement)], FIGURE_COLUMNS, output=chosen)
    else:
        print_rows([row(settlement)], (), output=chosen)
