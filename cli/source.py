"""`carechain source list`, `show`, `fields` and `check`: what is known here of the systems that send to us."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JsonOption, OutputOption, form
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from consumers.intake.site import Site

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Show or check profiles of HL7 v2 senders and mappings of tables.",
)

COLUMNS = ("name", "format", "version", "source", "from", "title")


@app.command("list", short_help="List the profiles and mappings known here.")
def list_sources(json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """List the profiles of HL7 v2 senders and the mappings of tables that are known here, in the order they are tried.

    \b
    carechain source list
    CARECHAIN_SOURCES=./sources carechain source list --json

    One TOML file each in the folder of the setting `sources`, before those that come with the programs. A file that
    is wrong is told of, and exits 1.
    """
    wrong: list[str] = []
    print_rows([row for row, _ in _known(wrong)], COLUMNS, output=form(output, json=json))
    for one in wrong:
        say(f"error: {one}")
    if wrong:
        raise typer.Exit(1)


@app.command(short_help="Show a profile or mapping as its file.")
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="Which one: see `source list`.")]) -> None:
    """Print a profile or a mapping as the TOML file it is, to be copied and changed.

    \b
    carechain source show ward-periods > sources/our-wards.toml
    """
    from difflib import get_close_matches

    from domain.errors import Refused

    known = [(row["name"], text) for row, text in _known([])]
    for own, text in known:
        if own == name:
            typer.echo(text, nl=not text.endswith("\n"))
            return
    near = get_close_matches(name, [str(own) for own, _ in known], n=1)
    raise Refused(
        "There is no such profile or mapping.",
        hint=f"Did you mean {near[0]}?" if near else "`carechain source list` names those that there are.",
    )


@app.command(short_help="Print what becomes of an HL7 v2 message, and of which fields.")
def fields() -> None:
    """Print what becomes of each HL7 v2 event, which field gives which time and why, and what a profile can say.

    \b
    carechain source fields
    carechain source fields > infra/reference/hl7v2.md
    """
    from consumers.intake.hl7v2.page import as_markdown

    typer.echo(as_markdown(), nl=False)


@app.command(short_help="Say what is wrong in a profile's or mapping's file.")
def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True, help="TOML files."),
    ],
) -> None:
    """Say what is wrong in a profile's or a mapping's file, by line and key. Exits 1 if anything is.

    \b
    carechain source check our-wards.toml
    carechain ingest wards.csv --mapping our-wards.toml --dry-run
    """
    from consumers.intake.site import load_site
    from domain.errors import Refused

    found = False
    for file in files:
        try:
            row = _row(load_site(None, [file]), file.name)
        except Refused as refused:
            found = True
            typer.echo(refused.message)
            continue
        typer.echo(f"{file.name}: {row['name']} holds ({row['format']}).")
    if found:
        raise typer.Exit(1)


def _known(wrong: list[str]) -> Iterator[tuple[dict[str, object], str]]:
    """Each with its file's text: first those of the folder, then the shipped ones. What is wrong goes into ``wrong``."""
    from consumers.intake.site import load_site
    from consumers.intake.tables.shipped import shipped_files, shipped_mappings
    from domain.errors import Refused
    from infra.settings import load_settings

    folder = load_settings().sources
    for file in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            yield _row(load_site(None, [file]), file.name), file.read_text(encoding="utf-8-sig")
        except Refused as refused:
            wrong.append(refused.message)
    for mapping in shipped_mappings():
        yield _fields(mapping, "table", "the programs"), shipped_files()[f"{mapping.id}.toml"]


def _row(site: "Site", origin: str) -> dict[str, object]:
    """What a site of one file is made of."""
    if site.profiles:
        return _fields(site.profiles[0], "hl7v2", origin)
    return _fields(site.mappings[0], "table", origin)


def _fields(said: object, kind: str, origin: str) -> dict[str, object]:
    fields = {name: getattr(said, name, None) for name in ("version", "source", "title")}
    name = getattr(said, "id", None) or getattr(said, "name", None) or origin.removesuffix(".toml")
    return {"name": name, "format": kind, "from": origin, **fields}
