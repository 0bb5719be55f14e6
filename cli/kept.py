"""`carechain kept`: which answers about past times are kept, stopping one that is made, and dropping them."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JsonOption, OutputOption, form
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from consumers.kept_registry import Kept, Registry
    from infra.settings import Connections

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="List, stop or drop answers kept about past times."
)

COLUMNS = ("key", "known_at", "state", "done", "facts", "megabytes", "incomplete", "started_at", "used_at")
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="As `carechain kept list` shows it.")]


@app.command("list", short_help="List the answers that are kept or being made.")
def list_kept(json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """List the answers about a whole region at a past time that are kept or being made, the last used first.

    \b
    carechain kept list
    carechain kept list --json

    An answer is kept to be shown at once when the same moment is asked about again; it is made anew when a fact
    recorded by then came since, or when rules or agreements changed. Only a few are kept: the longest unused goes.
    """
    from consumers.kept_registry import opened

    with opened(_reach()) as registry:
        rows = [_row(kept, registry.size(kept)) for kept in registry.all()]
    print_rows(rows, COLUMNS, output=form(output, json=json))
    if not rows and form(output, json=json) is Output.TABLE:
        say("No answer about a past time is kept.")


@app.command(short_help="Stop an answer that is being made.")
def cancel(key: KeyArgument) -> None:
    """Stop an answer that is being made, in whatever terminal it was asked for.

    \b
    carechain kept cancel 5d1f0a7c33
    """
    from consumers.kept_registry import opened
    from domain.errors import Refused

    with opened(_reach()) as registry:
        if not registry.stop(key):
            raise Refused(
                "No answer with that key is being made.", hint="`carechain kept list` shows those that are."
            )
        registry.sweep()  # whoever made it may have been killed
    say("It stops within a second.")


@app.command(short_help="Drop one answer, or all.")
def drop(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="As `carechain kept list` shows it.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every answer; those being made are stopped.")] = False,
) -> None:
    """Drop an answer that is kept; it is made anew when it is asked for again.

    \b
    carechain kept drop 5d1f0a7c33
    carechain kept drop --all
    """
    from consumers.kept_registry import opened

    if (key is None) != every:
        raise typer.BadParameter("give the key of one answer, or --all.", param_hint="KEY")
    with opened(_reach()) as registry:
        if key is None:
            say(f"Dropped: {registry.drop_all()}.")
            return
        _drop(registry, key)
    say("Dropped.")


def _drop(registry: "Registry", key: str) -> None:
    from domain.errors import Refused

    registry.sweep()
    kept = registry.get(key)
    if kept is None:
        raise Refused("No answer with that key is kept.", hint="`carechain kept list` shows those that are.")
    if kept.state == "running":
        raise Refused("This answer is being made.", hint=f"Stop it with `carechain kept cancel {key}`.")
    if not registry.drop(kept):
        raise Refused("This answer is being read just now.", hint="Run the command again when it is not.")


def _row(kept: "Kept", size: int) -> dict[str, object]:
    return {
        "key": kept.key,
        "question": kept.question,
        "known_at": kept.known_at,
        "state": kept.state,
        "done": f"{kept.facts_done / kept.facts:.0%}" if kept.facts else "",
        "facts_done": kept.facts_done,
        "facts": kept.facts,
        "bytes": size,
        "megabytes": round(size / 1e6, 1),
        "incomplete": kept.incomplete,
        "started_at": kept.started_at,
        "finished_at": kept.finished_at,
        "used_at": kept.used_at,
        "positions": kept.positions,
    }


def _reach() -> "Connections":
    from infra.settings import connections, load_settings

    return connections(load_settings())
