"""`carechain organisation import`, `list`, `unknown`: what units are called and where they are, and which nobody named."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import (
    AsOfOption,
    CheckOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    RegionOption,
    asking,
    meta,
)
from cli.looking import Sees
from cli.output import say

if TYPE_CHECKING:
    from cli.asking import Asked
    from domain.organisations import Organisations

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Name units and place them; list those nobody named."
)


class Form(StrEnum):
    """The forms of the lists; two of them are files that can be imported."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    TOML = "toml"


FormOption = Annotated[
    Form, typer.Option("--output", help="How to print the answer; csv and toml can be imported.")
]


@app.command("import", short_help="Adopt a register of organisations.")
def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The file.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, and adopt nothing; needs no server.")
    ] = False,
) -> None:
    """Adopt a register of organisations: it takes the place of the one before, whole.

    \b
    carechain organisation import organisations.csv --dry-run
    carechain organisation import organisations.toml

    A spreadsheet saved as CSV UTF-8 has a line for each, under a heading that names columns, in any order:

    \b
    id;name;part_of;region;municipality;same_as;phone
    hsa:SE2321000198-WARD1;Avdelning 3;hsa:SE2321000198-HOSP;21;2180;;08-465 004 00
    hsa:SE2321000198-HOSP;Gävle sjukhus;;21;2180;;
    local:2321000198/AVD3;;;;;hsa:SE2321000198-WARD1;

    The same as TOML:

    \b
    [[organisation]]
    id = "hsa:SE2321000198-WARD1"
    name = "Avdelning 3"
    kind = "unit"
    part_of = "hsa:SE2321000198-HOSP"
    municipality = "Gävle"
    roles = ["inpatient"]
    phone = "08-465 004 00"

    Further keys: care_form (as in agreements), valid_from and valid_to (the last day) where an id has several
    entries. Kinds are unit, provider and organisation. same_as says that a sender's own code (local:) is a unit
    with an HSA-id: its name is then shown, and rows keep the code. What was concluded of patients does not change.
    """
    from cli.adopting import on_record, text_of
    from cli.organisation_lines import described, differences
    from consumers.adoption import adopt_organisations
    from domain.organisation_file import read_organisations
    from domain.organisations import Organisations

    text = text_of(file)
    register = read_organisations(text, file.name)
    if dry_run:
        say(f"{described(register)} Nothing was adopted.")
        return
    before = on_record(lambda store, actor, now: adopt_organisations(store, register, text, actor, now))
    if before == register:
        say(f"Adopted already: {described(register)}")
        return
    say(f"Adopted {described(register)}")
    say(differences(before or Organisations(), register))
    say("Names are shown once `carechain run` has passed it on.")


@app.command("list", short_help="List the units that the register names.")
def list_organisations(
    region: RegionOption = None,
    municipality: MunicipalityOption = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="unit, provider or organisation.")
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: FormOption = Form.TABLE,
) -> None:
    """List the units that the register names: where they are, and when facts named them last, and how often.

    \b
    carechain organisation list
    carechain organisation list --municipality Gävle --kind unit
    carechain organisation list --output csv > organisations.csv
    """
    from cli.asking import municipality_code, region_code
    from cli.organisation_lines import listed, print_list
    from domain.organisations import KINDS

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"the kinds are {', '.join(KINDS)}.", param_hint="--kind")
    of_region, of_municipality = region_code(region), municipality_code(municipality)
    with asking(as_of=as_of, known_at=known_at, sees=Sees.FIGURES) as asked:
        register, seen = _register(asked), _seen(asked)
        more = meta(asked)
    found = [
        line
        for line in listed(register, seen, asked.now)
        if (of_region is None or line["region"] == of_region)
        and (of_municipality is None or line["municipality"] == of_municipality)
        and (kind is None or line["kind"] == kind)
    ]
    print_list(found, Form.JSON if json else output, more)
    if not register.entries:
        say("No register of organisations has been adopted: `carechain organisation import` does it.")


@app.command(short_help="List the units in facts that the register does not name.")
def unknown(
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: FormOption = Form.TABLE,
) -> None:
    """List the units that facts name and the register does not: how often, since when, and told by which sources.

    \b
    carechain organisation unknown
    carechain organisation unknown --check
    carechain organisation unknown --output csv > to-name.csv

    csv and toml are entries to fill in and to add to the file that is imported. A region is suggested where its
    organisation number stands in the id.
    """
    from cli.organisation_lines import print_list, unnamed

    with asking(as_of=as_of, known_at=known_at, sees=Sees.FIGURES) as asked:
        found = unnamed(_register(asked), _seen(asked))
        more = meta(asked)
    print_list(found, Form.JSON if json else output, more, to_fill_in=True)
    if check and found:
        raise typer.Exit(1)


def _register(asked: "Asked") -> "Organisations":
    from projections.organisations import organisations_in

    return organisations_in(asked.connection, known_at=asked.known_at)


def _seen(asked: "Asked") -> list[Any]:
    from projections.organisations import seen

    return list(seen(asked.connection, asked.schema, asked.now, known_at=asked.known_at))
