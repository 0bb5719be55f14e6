"""`carechain schema`: the JSON Schemas of what goes in and of what stands on the topics."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import Row, print_json, print_rows, say

app = typer.Typer(rich_markup_mode=None)


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[FACT|ndjson|envelope|dead-letter|agreement]", help="Of what; nothing lists them all."
        ),
    ] = None,
    message: Annotated[
        bool, typer.Option("--message", help="The whole message on the topic, not its data alone.")
    ] = False,
    everything: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", file_okay=False, help="Write them all into this folder."),
    ] = None,
) -> None:
    """Print the JSON Schema (2020-12) of what goes in and comes out.

    \b
    carechain schema
    carechain schema ndjson
    carechain schema patient-admitted
    carechain schema patient-admitted --message
    carechain schema --all schemas

    Of a fact it is the schema of its data, which `dataschema` in its messages names; with --message that of the
    whole message. `envelope` is what all messages have in common, `ndjson` one line of `carechain ingest`,
    `agreement` a file of `carechain agreement adopt`.
    """
    from cli import schemas

    if everything is not None:
        _write(everything)
    elif name is None:
        rows: list[Row] = [{"name": key, "title": value} for key, value in schemas.titles().items()]
        print_rows(rows, ("name", "title"))
    else:
        print_json(_find(name, message=message))


def _find(name: str, *, message: bool) -> dict[str, object]:
    from difflib import get_close_matches

    from cli import schemas
    from domain.fact import by_name

    if message and by_name(name) is None:
        raise typer.BadParameter("only a fact has a message of its own.", param_hint="--message")
    found = schemas.one(name, message=message)
    if found is not None:
        return found
    near = get_close_matches(name, schemas.titles())
    close = f" Did you mean {', '.join(near)}?" if near else ""
    raise typer.BadParameter(
        f"there is no schema of that name.{close} `carechain schema` lists them.", param_hint="FACT"
    )


def _write(folder: Path) -> None:
    from cli import schemas

    written = schemas.files()
    for place, text in written.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    say(f"Wrote {len(written)} schemas.")
