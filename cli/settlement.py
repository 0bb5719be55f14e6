"""`carechain settlement freeze` and `list`: a municipality's month as it stood before it is settled."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.actor import staff_reference
from cli.asking import JsonOption, MunicipalityOption, OutputOption, form, understood
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from domain.settlement import Settlement

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Freeze a municipality's month, or list those frozen."
)

COLUMNS = (
    "municipality",
    "name",
    "month",
    "discharged",
    "days",
    "mean_stockholm",
    "stays_one_day",
    "mean_skr",
    "agreement",
    "as_of",
)


@app.command(short_help="Freeze a municipality's month.")
def freeze(
    municipality: Annotated[str, typer.Option("--municipality", metavar="NAME", help="Its name or code.")],
    month: Annotated[str, typer.Option("--month", metavar="MONTH", help="Of discharge, as 2026-03.")],
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

    The figures are of stays with a discharge-ready notice that ended by discharge in the month: how many, their
    days together, and the mean over all of them (Stockholm) and over those of a day or more (SKR). The agreement
    in force is named. A month that is not over, or that is frozen already, is refused.
    """
    from datetime import UTC, datetime

    from cli import field_values
    from consumers.settlements import freeze as put_on_record
    from domain.settlement import FreezeSettlement
    from infra.settings import connections, load_settings

    code = understood(field_values.municipality, municipality, "--municipality")
    asked = understood(field_values.month, month, "--month")
    settings = load_settings()
    reached = connections(settings)
    actor = "" if dry_run else staff_reference()
    command = FreezeSettlement(municipality=code, month=asked, actor=actor, now=datetime.now(UTC))
    settlement = put_on_record(settings, reached, command, dry_run=dry_run)
    say("Nothing was frozen." if dry_run else "Frozen. Corrections that come later change nothing in it.")
    print_rows([_row(settlement)], COLUMNS, output=form(output, json=json))


@app.command("list", short_help="List the months that are frozen.")
def list_frozen(
    municipality: MunicipalityOption = None, json: JsonOption = False, output: OutputOption = Output.TABLE
) -> None:
    """List the months that are frozen, in the order in which they were.

    \b
    carechain settlement list
    carechain settlement list --municipality Gävle --json
    """
    from cli import field_values
    from consumers.settlements import frozen
    from infra.settings import connections, load_settings

    code = None
    if municipality is not None:
        code = understood(field_values.municipality, municipality, "--municipality")
    found = frozen(connections(load_settings()).store_dsn)
    rows = [
        _row(one.settlement) | {"actor": one.actor}
        for one in found
        if code in (None, one.settlement.municipality)
    ]
    print_rows(rows, COLUMNS, output=form(output, json=json))


def _row(settlement: "Settlement") -> dict[str, object]:
    from domain import reference

    said = settlement.model_dump(exclude={"figures"}) | settlement.figures.model_dump()
    return said | {"name": reference.municipality(settlement.municipality).name}
