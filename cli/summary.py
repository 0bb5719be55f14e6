"""`carechain summary`: the region's picture under the five words, as a table, as data, or drawn."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import typer

from cli import words
from cli.asking import (
    Asked,
    AsOfOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    PlotOption,
    RegionOption,
    UnitOption,
    asking,
    form,
    meta,
    require_picture,
)
from cli.field_values import MONTH
from cli.looking import Sees
from cli.output import Output, print_rows, say
from cli.page import print_line, print_table

app = typer.Typer(rich_markup_mode=None)


class By(StrEnum):
    """What figures are set side by side by."""

    REGION = "region"
    MUNICIPALITY = "municipality"
    PROVIDER = "provider"
    UNIT = "unit"
    MONTH = "month"


class FiveWord(StrEnum):
    """The five words of "God och nära vård"."""

    NEAR = "near"
    COORDINATED = "coordinated"
    RESOURCE_EFFICIENT = "resource-efficient"
    HEALTH_PROMOTING = "health-promoting"
    PERSON_CENTRED = "person-centred"


HEADINGS = {
    "near": "Near (nära)",
    "coordinated": "Coordinated (samordnat)",
    "resource-efficient": "Resource-efficient (resurseffektivt)",
    "health-promoting": "Health-promoting (hälsofrämjande)",
    "person-centred": "Person-centred (personcentrerat)",
}


@app.command()
def summary(
    municipality: MunicipalityOption = None,
    unit: UnitOption = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-03", help="One calendar month, in Sweden.")
    ] = None,
    region: RegionOption = None,
    by: Annotated[
        list[By] | None, typer.Option("--by", help="Side by side by this; several may be given.")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="W-06", help="Only this one; several may be given."),
    ] = None,
    word: Annotated[
        FiveWord | None, typer.Option("--word", help="Only the measures under this word.")
    ] = None,
    small_groups: Annotated[
        bool,
        typer.Option(
            "--small-groups",
            help="Groups of fewer than 20 patients, too. Their figures can point at a person.",
        ),
    ] = False,
    plot: PlotOption = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish figures now, for those who see no patients.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="The figures published last: all that leaders may read.")
    ] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the region's picture: counts, medians, nine of ten, shares and rates, under the five words.

    \b
    carechain summary --region Gävleborg --by municipality
    carechain summary --municipality Gävle --by month --measure W-06
    carechain summary --month 2026-03 --by provider --output csv
    carechain summary --by municipality --word coordinated --plot picture.svg
    carechain summary --published --by municipality

    Published are figures by region, municipality, unit, provider, month, and municipality and month together, without
    the places of protected identities. `carechain run` does it once an hour (setting figures_interval_s).
    """
    from projections.measures.question import SummaryLine
    from projections.summary import summary as answer

    chosen = form(output, json=json)
    keys: tuple[Any, ...] = tuple(one.value for one in By if one in (by or ()))
    _check_month(month)
    require_picture(plot)
    if publish or published:
        from cli import summary_published

        others = (municipality, unit, month, region, plot, as_of, known_at, small_groups or None)
        summary_published.alone(others, publish=publish, by=keys, narrowed=bool(measure or word))
        if publish:
            summary_published.publish()
            return
        summary_published.tell(
            keys, _measures(measure), None if word is None else word.value, chosen, _columns(SummaryLine)
        )
        return
    with asking(
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
        rules=_measures(measure),
        sees=Sees.FIGURES,
    ) as asked:
        found = answer(
            asked.connection,
            asked.schema,
            asked.filters,
            asked.now,
            by=keys,
            month=month,
            small_groups=small_groups,
        )
        more = meta(asked)
    if word is not None:
        found = [line for line in found if line["word"] == word.value]
    told = [{"title": title(line["measure"]), **line} for line in found]
    if plot is not None:
        from cli.picture import draw

        draw(told, keys, plot, _about(asked, month))
        say(f"Drawn: {plot}")
    elif chosen is Output.TABLE:
        print_summary(told, keys)
    else:
        print_rows(told, ["measure", "title", *_columns(SummaryLine)], output=chosen, meta=more)


def _about(asked: Asked, month: str | None) -> str:
    """Over whom, in which month, as of when: what stands over a picture."""
    filters = asked.filters
    where = [
        words.municipality(filters.municipality),
        words.party(f"region:{filters.region}") if filters.region else "",
        words.unit(filters.unit),
        month or "",
    ]
    known = f", as known at {words.when(asked.known_at)}" if asked.known_at else ""
    return f"{', '.join(part for part in where if part) or 'Everybody'}, as of {words.when(asked.now)}{known}"


def title(measure: str) -> str:
    """What a measure says, also of those that only many patients have."""
    from projections.summary import all_measures

    known = all_measures().get(measure)
    return known.title if known else measure


def _columns(kind: type[Any]) -> list[str]:
    return [name for name in kind.__annotations__ if name != "measure"]


def _check_month(month: str | None) -> None:
    if month is not None and not MONTH.fullmatch(month):
        raise typer.BadParameter("write the month as 2026-03.", param_hint="--month")


def _measures(given: Sequence[str] | None) -> tuple[str, ...] | None:
    from projections.summary import all_measures

    if not given:
        return None
    known = all_measures()
    for one in given:
        if one.strip().upper() not in known:
            raise typer.BadParameter(
                f"there is no such one. Known: {', '.join(known)}.", param_hint="--measure"
            )
    return tuple(one.strip().upper() for one in given)


# -- for reading -----------------------------------------------------------------------------------------------------


def print_summary(lines: Sequence[Mapping[str, Any]], by: Sequence[str]) -> None:
    """A table per word; a figure that is not told is named, not left out."""
    if not lines:
        say("Nothing to count yet.")
        return
    for number, (word, some) in enumerate(groupby(lines, key=lambda line: line["word"])):
        if number:
            print_line("")
        print_line((HEADINGS.get(word, "Under none of the five words"), "bold"))
        print_table([_row(line, by) for line in some])
    hidden = sum(line["suppressed"] for line in lines)
    if hidden:
        say(f"{hidden} figures rest on fewer than 20 patients and are not told.")
    for why in dict.fromkeys(f"{line['measure']}: {line['missing']}" for line in lines if line["missing"]):
        say(f"No rate for {why}.")
    if any(line["rate"] is not None for line in lines):
        say(f"Rates per 1 000 by population file {next(n for n in (x['population'] for x in lines) if n)}.")


def _row(line: Mapping[str, Any], by: Sequence[str]) -> dict[str, object]:
    groups = {key: group(key, line[key]) for key in by}
    part = f" ({line['part']})" if line["part"] else ""
    what = f"{line['measure']} {line['title']}{part}, {unit_word(line['value_unit'])}"
    if line["suppressed"]:
        return {
            **groups,
            "cases": "<20",
            "median": "",
            "9 of 10": "",
            "mean": "",
            "share": "",
            "rate": "",
            "what": what,
        }
    return {
        **groups,
        "cases": line["count"],
        "median": _number(line["median"]),
        "9 of 10": _number(line["p90"]),
        "mean": _number(line["mean"]),
        "share": "" if line["share"] is None else f"{line['share']:.0%}",
        "rate": "" if line["rate"] is None else f"{line['rate']:.2f}",
        "what": what,
    }


def group(key: str, value: str | None) -> str:
    match key:
        case "municipality":
            return words.municipality(value) or "unknown"
        case "region":
            return words.party(f"region:{value}") if value else "unknown"
        case "provider":
            return words.unit(value) or "the huvudman"
        case "unit":
            return words.unit(value) or "unknown"
        case _:
            return value or "unknown"


def unit_word(unit: str) -> str:
    return {"dates": "days", "share": "share", "count": "number"}.get(unit, unit)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}".removesuffix(".0")
