"""`carechain quality`: how good it is what the sources send, and which of them have fallen silent."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import words
from cli.asking import (
    Asked,
    AsOfOption,
    CheckOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    RegionOption,
    UnitOption,
    asking,
    form,
    meta,
)
from cli.field_values import MONTH
from cli.looking import Sees
from cli.output import Output, print_rows, say
from cli.page import print_line, print_table
from domain.errors import Refused

if TYPE_CHECKING:
    from infra.postgres import Connection
    from projections.quality import QualityLine

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


class By(StrEnum):
    """What scorecards are told by."""

    SOURCE = "source"
    MONTH = "month"
    UNIT = "unit"


@app.callback(invoke_without_command=True)
def quality(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SOURCE", help="One sending system, by its name.")
    ] = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-03", help="One calendar month, in Sweden.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="2026-03-01", help="From this day on, in Sweden.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="2026-03-31", help="To this day, the day included.")
    ] = None,
    by: Annotated[
        list[By] | None,
        typer.Option("--by", help="Only by this, all else together; several may be given (default: all)."),
    ] = None,
    late_after: Annotated[
        float, typer.Option("--late-after", metavar="HOURS", min=0, help="A fact recorded later is late.")
    ] = 24.0,
    missing: Annotated[
        bool, typer.Option("--missing", help="Also which mandatory items are lacking, and how often.")
    ] = False,
    unmapped: Annotated[
        bool, typer.Option("--unmapped", help="Also which messages told no fact, and why.")
    ] = False,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--above",
            metavar="NAME=LIMIT",
            help="Only what is above it: late, repeated, contradictory, corrected, unmapped or lacking in percent, "
            "or delay in hours (9 of 10). Several may be given, and one is enough.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show how good it is what the sources send, by source, month and unit.

    \b
    carechain quality --month 2026-03
    carechain quality --source hsa:SE2321000198-cosmic --missing --unmapped
    carechain quality --by source --above late=10 --above lacking=5 --check
    carechain quality --municipality Gävle --late-after 4 --output csv
    carechain quality sources

    \b
    facts    recorded of acts in the month, the voided ones too; the shares beside it are of these
    late     recorded more than --late-after hours after they happened
    contra   named by a finding that tells of a contradiction, as an end without a beginning
    mended   voided or amended since
    lack     without one or more mandatory items, of those that items are asked of
    median   hours from when it happened until it was recorded; 9 of 10 are within the next column
    repeat   of the messages received in the month: those that told nothing new
    unmap    of the messages received in the month: dead letters, and those of no use

    \b
    For example
      month    facts  late  contra  mended  lack  median  9 of 10  repeat  unmap  unit
      2026-03   1204   12%      1%      2%   31%     0.4     26.1      3%     5%  Avdelning 7
    says that of 1 204 facts about acts in March every eighth came more than a day late, that
    nine of ten came within 26.1 hours, and that of the messages received in March every
    twentieth told no fact.

    Figures that rest on fewer than 20 facts are marked ~: they say little, and may point at a person. Messages are
    counted as they are received; with --as-of, --known-at, --municipality or --region they are not told.
    """
    if context.invoked_subcommand is not None:
        return
    from projections.quality import COLUMNS, above
    from projections.quality import Asked as Wanted
    from projections.quality import quality as answer

    chosen = form(output, json=json)
    bounds = _limits(limits)
    if check and not bounds:
        raise typer.BadParameter("say what is too much, as --above late=10.", param_hint="--check")
    first, before = _days(month, since, until)
    keys: tuple[Any, ...] = tuple(one.value for one in By if not by or one in by)
    with asking(
        unit=unit, municipality=municipality, region=region, as_of=as_of, known_at=known_at, sees=Sees.FIGURES
    ) as asked:
        _refuse_old(asked)
        wanted = Wanted(asked.filters, asked.now, keys, source, first, before, late_after)
        told = as_of is None and known_at is None and municipality is None and region is None
        with _store() if told else nullcontext() as store:
            found = answer(asked.connection, asked.schema, wanted, store)
        more = meta(asked)
    found = above(found, bounds) if bounds else found
    if chosen is Output.TABLE:
        _print(found, keys, missing=missing, unmapped=unmapped)
    else:
        print_rows(found, COLUMNS, output=chosen, meta={**more, "late_after": late_after})
    if check and found:
        raise typer.Exit(1)


@app.command()
def sources(
    as_of: AsOfOption = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when a source is silent.")] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the sources: when each was last heard, when it is to be heard again, and whether it is silent.

    \b
    carechain quality sources
    carechain quality sources --check --json

    A source's rhythm is learned from the last 8 weeks before its last message: how often each hour of the week had
    anything of it, a public holiday counting as a Sunday. It is silent when such a silence has a chance of less than
    1 in 1 000, and has lasted 3 hours or more. A source heard for less than 2 weeks, or without a rhythm, is not judged.
    """
    from consumers.silence import SourceLine, heard, received_by
    from consumers.silence import sources as answer

    chosen = form(output, json=json)
    with asking(as_of=as_of, sees=Sees.FIGURES) as asked, _store() as store:
        found = answer(heard(asked.connection, asked.now, received_by(store, asked.now)), asked.now)
        more = meta(asked)
    if chosen is not Output.TABLE:
        print_rows(found, list(SourceLine.__annotations__), output=chosen, meta=more)
    elif found:
        print_table([_source(line) for line in found])
    else:
        say("Nothing has been heard yet.")
    if check and any(line["state"] == "silent" for line in found):
        raise typer.Exit(1)


def _store() -> "Connection":
    """A connection to where messages are counted."""
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    return connect(connections(load_settings()).store_dsn, application_name="carechain read")


def _refuse_old(asked: Asked) -> None:
    """Raise ``Refused`` where what is shown was made by a version that did not keep what is asked for."""
    from projections.base import SCHEMA, stale

    if "timeline" in stale(asked.connection, SCHEMA):
        raise Refused(
            "What is shown was made by another version, which did not keep whom facts came from.",
            hint="Run `carechain projection rebuild`, then ask again.",
        )


# -- what was asked ------------------------------------------------------------------------------------------------


def _limits(given: Sequence[str] | None) -> dict[str, float]:
    """By name: shares as fractions, hours as they are. Raises usage errors."""
    from projections.quality import FIGURES

    found = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        name = name.strip().casefold()
        try:
            limit = float(value.strip().removesuffix("%").replace(",", "."))
        except ValueError:
            limit = -1.0
        if not equals or name not in (*FIGURES, "delay") or not 0 <= limit < float("inf"):
            raise typer.BadParameter(
                f"write it as late=10. Known: {', '.join((*FIGURES, 'delay'))}.", param_hint="--above"
            )
        found[name] = limit if name == "delay" else limit / 100
    return found


def _days(month: str | None, since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The first day, and the one after the last. Raises usage errors."""
    if month is not None:
        if since is not None or until is not None:
            raise typer.BadParameter(
                "give either --month, or --since and --until, not both.", param_hint="--month"
            )
        if not MONTH.fullmatch(month):
            raise typer.BadParameter("write the month as 2026-03.", param_hint="--month")
        first = date.fromisoformat(f"{month}-01")
        return first, (first + timedelta(days=31)).replace(day=1)
    last = _day(until, "--until")
    return _day(since, "--since"), None if last is None else last + timedelta(days=1)


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the day as 2026-03-01.", param_hint=option) from None


# -- for reading -----------------------------------------------------------------------------------------------------


def _print(found: "Sequence[QualityLine]", by: Sequence[str], *, missing: bool, unmapped: bool) -> None:
    """A table for each source, so that its lines fit; then what is lacking, and what told no fact."""
    if not found:
        say("Nothing found.")
        return
    for number, (source, lines) in enumerate(groupby(found, key=lambda line: line["source"])):
        of_source = list(lines)
        if "source" in by:
            if number:
                print_line("")
            print_line((source or "no source", "bold"))
        print_table([_score(line, by) for line in of_source])
        more = [_lacking(line, one, by) for line in of_source for one in line["missing"] if missing]
        if more:
            print_table(more)
        told = [_unmapped(line, one, by) for line in of_source for one in line["unmapped_by"] if unmapped]
        if told:
            print_table(told)
    if any(line["small"] for line in found):
        say("~ rests on fewer than 20 facts: such figures say little, and may point at a person.")


def _score(line: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    return {
        **_month(line, by),
        "facts": f"{'~' if line['small'] else ''}{line['facts']}",
        "late": _percent(line["late_share"]),
        "contra": _percent(line["contradictory_share"]),
        "mended": _percent(line["corrected_share"]),
        "lack": _percent(line["lacking_share"]),
        "median": _hours(line["delay_median"]),
        "9 of 10": _hours(line["delay_p90"]),
        "repeat": _percent(line["repeated_share"]),
        "unmap": _percent(line["unmapped_share"]),
        **_unit(line, by),
    }


def _lacking(line: Mapping[str, Any], one: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    return {
        **_month(line, by),
        "lacking": f"{one['lacking']} of {one['facts']}",
        "share": _percent(one["share"]),
        "item": one["item"],
        "fact": one["fact"],
        **_unit(line, by),
    }


def _unmapped(line: Mapping[str, Any], one: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    return {
        **_month(line, by),
        "messages": one["messages"],
        "what": "put aside" if one["verdict"] == "put_aside" else "not of use",
        "kind": one["kind"],
        "why": one["reason"],
        **_unit(line, by),
    }


def _month(line: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    return {"month": line["month"]} if "month" in by else {}


def _unit(line: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    """Last, where a line may fold."""
    return {"unit": words.unit(line["unit"]) or "no unit"} if "unit" in by else {}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:.1f}"


def _source(line: Mapping[str, Any]) -> dict[str, object]:
    return {
        "source": line["source"],
        "last heard": line["last_heard"],
        "expected": line["expected_next"],
        "silent from": line["silent_from"],
        "state": _state(line),
    }


def _state(line: Mapping[str, Any]) -> str:
    match line["state"]:
        case "silent":
            return f"silent: {line['expected']:.0f} messages expected since"
        case "not-judged":
            return f"not judged: {line['why']}"
        case _:
            return "regular"
