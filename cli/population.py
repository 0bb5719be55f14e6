"""`carechain population show` and `adopt`: the numbers of inhabitants that rates divide by."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.adopting import on_record
from cli.asking import (
    JsonOption,
    KnownAtOption,
    OutputOption,
    RegionOption,
    form,
)
from cli.clocks import knowledge, read_clocks
from cli.output import Output, print_rows, say
from cli.understood import understood

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.population import Population

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Show or adopt the numbers of inhabitants."
)

COLUMNS = ("code", "name", "total", "aged_65")


@app.command(short_help="Show the numbers of inhabitants that hold.")
def show(
    region: RegionOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the numbers of inhabitants that hold: each region and its municipalities, all ages and 65 or older.

    \b
    carechain population show --region Gävleborg
    carechain population show --json

    An empty number is not known; a rate that needs it says so. What was adopted holds once `carechain run` has
    passed it on; until anything is, SCB's count of 31 December 2024.
    """
    from domain import reference
    from infra.postgres import connect
    from infra.settings import connections, load_settings
    from projections.population import population_in

    wanted = (
        [understood(reference.find_region, region, "--region").code]
        if region is not None
        else [unit.code for unit in reference.regions()]
    )
    clocks = read_clocks(None, known_at)
    with connect(connections(load_settings()).read_dsn, application_name="carechain read") as connection:
        population = population_in(connection, known_at=clocks.known_at)
    chosen = form(output, json=json)
    if chosen is Output.TABLE:
        say(f"{population.id}: {population.title}. {population.source}.")
    lines = [line for code in wanted for line in _lines(population, code)]
    about = {
        "id": population.id,
        "title": population.title,
        "as_of": population.as_of,
        "source": population.source,
    }
    known = {} if clocks.known_at is None else knowledge(clocks)
    print_rows(lines, COLUMNS, output=chosen, meta={"population": about, **known})


def _lines(population: "Population", code: str) -> "Iterator[dict[str, object]]":
    """The region's line, then one for each of its municipalities."""
    from domain import reference

    yield {
        "code": code,
        "name": reference.region(code).name,
        "total": population.of_region(code),
        "aged_65": population.aged_65_of_region(code),
    }
    for unit in reference.municipalities():
        if unit.region_code == code:
            yield {
                "code": unit.code,
                "name": unit.name,
                "total": population.of_municipality(unit.code),
                "aged_65": population.aged_65_of_municipality(unit.code),
            }


@app.command(short_help="Adopt a population file.")
def adopt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The file.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, and adopt nothing; needs no server.")
    ] = False,
) -> None:
    """Adopt a population file: rates are computed from it as soon as `carechain run` has passed it on.

    \b
    carechain population adopt population-2025.csv --dry-run
    carechain population adopt population-2025.csv

    The file begins with what it is, and has a line for each municipality or region:

    \b
    # id: scb-2025
    # title: Folkmängd 31 december 2025
    # as_of: 2025-12-31
    # source: SCB
    code;total;aged_65
    2180;104108;

    The last column, those aged 65 or older, may be empty. A count older than the one adopted is refused, and
    the same file a second time changes nothing. What is shown of patients does not change with it.
    """
    from domain.errors import Refused
    from domain.population import read_population

    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("The population file is not UTF-8 text.", hint="Save it as CSV UTF-8.") from None
    population = read_population(text)
    if dry_run:
        say(f"{_described(population)} Nothing was adopted.")
        return
    new = _put(population, text)
    say(f"{'Adopted' if new else 'Adopted already:'} {_described(population)}")


def _put(population: "Population", text: str) -> bool:
    from consumers.adoption import adopt_population

    return on_record(lambda store, actor, now: adopt_population(store, population, text, actor, now))


def _described(population: "Population") -> str:
    from domain.reference import is_region

    places = len([code for code in population.total if not is_region(code)])
    return (
        f"{population.id}, the count of {population.as_of}. Lines: {places} of municipalities,"
        f" {len(population.total) - places} of regions; {len(population.aged_65)} with those aged 65 or older."
    )
