"""`carechain settlement`: municipalities' months settled, disputed, frozen, and written out as an invoice's basis."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli import settlement_acts
from cli import settlement_given as given
from cli.asking import (
    AsOfOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    RegionOption,
    asking,
    form,
    meta,
    municipality_code,
    region_code,
)
from cli.looking import Sees, log
from cli.output import Output, print_rows, say
from cli.page import print_table
from cli.reading import reading
from cli.settlement_given import MonthOption, OneMunicipalityOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consumers.settlement_view import Looking, MonthView

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Show, dispute or freeze municipalities' months, and write the basis of an invoice.",
)

LIST_COLUMNS = (
    "municipality",
    "name",
    "month",
    "state",
    "discharged",
    "days",
    "mean_stockholm",
    "stays_one_day",
    "mean_skr",
    "agreement",
    "as_of",
    "disputes",
    "freeze_from",
)


@app.command(short_help="Show a month: frozen, provisional, and what has changed.")
def show(
    month: MonthOption,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    cases: Annotated[bool, typer.Option("--cases", help="List the cases behind the figures, too.")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show a municipality's month, or those of all municipalities of a region in one table.

    \b
    carechain settlement show --municipality Gävle --month 2026-03
    carechain settlement show --municipality Gävle --month 2026-03 --cases
    carechain settlement show --region Gävleborg --month 2026-03 --output csv

    For each agreement with a monthly mean: how many stays were discharged in the month, their days, the mean and the
    threshold, the days to pay for and what they cost by the amount of the month's last day; then the days paid for
    singly, and the mean of all stays whatever is agreed on. A frozen month shows its figures as they were frozen, and
    beside them what the month would come to now and which cases differ.
    """
    from consumers.settlement_view import months_shown

    chosen = form(output, json=json)
    if (municipality is None) == (region is None):
        raise typer.BadParameter("give either --municipality or --region.", param_hint="--municipality")
    code, of_month = municipality_code(municipality), given.month(month)
    with _looking(as_of, known_at) as (looking, more):
        views = months_shown(looking, given.codes(code, region_code(region)), of_month)
    if cases and chosen is not Output.CSV:
        _log(views)
    _print_views(views, chosen, more, cases=cases, whole_region=code is None)


def _print_views(
    views: "list[MonthView]", chosen: Output, more: dict[str, object], *, cases: bool, whole_region: bool
) -> None:
    from cli.settlement_lines import FIGURE_COLUMNS, document, figure_lines, plain
    from cli.settlement_page import print_cases, print_month, print_region

    if chosen is Output.CSV:
        lines = [plain(line) for view in views for line in figure_lines(view)]
        print_rows(lines, FIGURE_COLUMNS, output=chosen)
    elif chosen is not Output.TABLE:
        print_rows([document(view, cases=cases) for view in views], (), output=chosen, meta=more)
    elif whole_region:
        print_region(views)
        if cases:
            print_cases([case for view in views for case in view.settled.cases])
    else:
        print_month(views[0], cases=cases)


@app.command(short_help="Write the basis of an invoice.")
def invoice(
    municipality: OneMunicipalityOption,
    month: MonthOption,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.CSV,
) -> None:
    """Write the basis of an invoice for a municipality's month: its cases, then what they come to.

    \b
    carechain settlement invoice --municipality Gävle --month 2026-03 > 2026-03.csv
    carechain settlement invoice --municipality Gävle --month 2026-03 --json

    A frozen month is written as it was frozen; any other says provisional. The columns:

    \b
    line            case, total-mean (one for each agreement), total-singly, or total
    municipality    its code
    month           of discharge, or of what else ended the days that are paid for
    state           frozen, provisional, or running where the month is not over
    journey, stay   ids without any identity in them
    agreement       by whose terms it is reckoned
    notified        the day of the discharge-ready notice
    started         the first date paid for, where the case is paid for singly
    ended           the day of the discharge, or of what else ended it; not paid for itself
    outcome         how it ended: discharged, deceased, withdrawn, moved
    counted         in-mean, in-mean-up-to-cap, out-of-mean-over-cap, left-out-day-zero, paid-singly
    stays           how many; 1 on a case
    days            days counted, of the kind agreed on
    mean            of the total's stays, four decimals
    threshold       the mean above which is paid
    days_to_pay     days above the threshold, rounded as agreed; days paid for singly
    sek_per_day     of the month's last day; for days paid for singly of each, where all are the same
    amount          SEK; a case in a mean has none of its own
    amount_missing  why there is no amount where something is to be paid
    """
    from cli.settlement_lines import INVOICE_COLUMNS, invoice_lines, plain
    from consumers.settlement_view import months_shown

    chosen = form(output, json=json)
    code, of_month = given.required(municipality), given.month(month)
    with _looking(as_of, known_at) as (looking, more):
        (view,) = months_shown(looking, [code], of_month)
    if view.since is not None and not view.since.traced:
        say("The cases do not come to the frozen totals any more: rules or keys are not what they were.")
    if view.frozen is not None and view.frozen.settlement.means is None:
        say("That month was frozen with no figures by agreement, so there are no totals.")
    _log([view])
    lines = invoice_lines(view)
    if chosen is Output.CSV:
        lines = [plain(line) for line in lines]
    print_rows(lines, INVOICE_COLUMNS, output=chosen, meta=more)


app.command(short_help="Put on record that a month, or cases of it, are disputed.")(settlement_acts.dispute)
app.command(short_help="Freeze a municipality's month.")(settlement_acts.freeze)


@app.command("list", short_help="List months frozen, disputed, or that can be frozen.")
def list_months(
    municipality: MunicipalityOption = None, json: JsonOption = False, output: OutputOption = Output.TABLE
) -> None:
    """List the months that are frozen, in the order in which they were, then those that are over and are not.

    \b
    carechain settlement list
    carechain settlement list --municipality Gävle --json
    """
    from datetime import UTC, datetime

    from cli.settlement_lines import row
    from consumers.settlement_view import not_frozen
    from consumers.settlements import on_record
    from domain.calendar import local_date
    from infra.settings import connections, load_settings
    from projections.base import SCHEMA

    code, now = municipality_code(municipality), datetime.now(UTC)
    record = on_record(connections(load_settings()).store_dsn)
    with reading(Sees.EVERYTHING) as connection:
        codes = None if code is None else [code]
        waiting = not_frozen(connection, SCHEMA, record, codes, now)
    rows: list[dict[str, object]] = [
        {
            **row(one.settlement),
            "state": "frozen",
            "actor": one.actor,
            "disputes": len(record.disputes(one.settlement.municipality, one.settlement.month)),
        }
        for one in record.frozen
        if code in (None, one.settlement.municipality)
    ]
    rows += [
        {
            "municipality": one.municipality,
            "name": given.name(one.municipality),
            "month": one.month,
            "state": "can be frozen" if one.freeze_from <= local_date(now) else "not yet",
            "disputes": len(record.disputes(one.municipality, one.month)),
            "freeze_from": one.freeze_from,
            "dispute_until": one.dispute_until,
        }
        for one in waiting
    ]
    _print_list(rows, form(output, json=json))


def _print_list(rows: list[dict[str, object]], chosen: Output) -> None:
    if chosen is not Output.TABLE:
        print_rows(rows, LIST_COLUMNS, output=chosen)
        return
    from cli.settlement_page import number

    if not rows:
        say("No month is frozen, and none can be.")
    else:
        print_table(
            [
                {
                    "municipality": row["name"],
                    "month": row["month"],
                    "state": row["state"],
                    "frozen, or from": row.get("as_of") or row.get("freeze_from"),
                    "discharged": row.get("discharged"),
                    "days": number(row.get("days")),
                    "mean": number(row.get("mean_stockholm")),
                    "disputes": row["disputes"] or "",
                    "agreement": row.get("agreement"),
                }
                for row in rows
            ]
        )


def _log(views: "list[MonthView]") -> None:
    """Whose cases are shown goes into the access log."""
    log(sorted({case.journey for view in views for case in view.settled.cases}))


@contextmanager
def _looking(as_of: str | None, known_at: str | None) -> "Iterator[tuple[Looking, dict[str, object]]]":
    from consumers.settlement_view import Looking
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    settings = load_settings()
    with asking(as_of=as_of, known_at=known_at, sees=Sees.EVERYTHING) as asked:
        looking = Looking(
            connection=asked.connection,
            connections=connections(settings),
            master_key=master_key(settings),
            schema=asked.schema,
            now=asked.now,
            known_at=asked.known_at,
        )
        yield looking, meta(asked)
