"""`carechain summary --publish` and `--published`: figures for those who see no patients."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from cli import words
from cli.output import Output, print_rows, say
from domain.errors import Refused


def alone(others: Sequence[object], *, publish: bool, by: Sequence[str], narrowed: bool) -> None:
    """A usage error for options that publish nothing else, or that published figures cannot be narrowed by."""
    option = "--publish" if publish else "--published"
    if any(other is not None for other in others):
        raise typer.BadParameter(
            "it goes with --by, --measure, --word and the form of output alone.", param_hint=option
        )
    if publish and (by or narrowed):
        raise typer.BadParameter("it publishes every figure, by every grouping.", param_hint=option)


def publish() -> None:
    """Publish now, as the service that counts."""
    from datetime import timedelta

    from consumers.figures import Figures
    from infra.settings import connections, load_settings

    made = Figures(connections(load_settings()).read_dsn, interval=timedelta(hours=1)).publish()
    say(f"Published: {made} figures. `carechain summary --published` shows them.")


def tell(
    by: Sequence[str],
    measures: Sequence[str] | None,
    word: str | None,
    output: Output,
    columns: Sequence[str],
) -> None:
    """Print what was published last by this grouping, and how old it is."""
    from cli.summary import print_summary, title
    from consumers.figures import GROUPINGS, name_of, published
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    if name_of(by) not in map(name_of, GROUPINGS):
        known = ", ".join(" and ".join(one) for one in GROUPINGS if one)
        raise typer.BadParameter(f"no figures are published so. They are by {known}.", param_hint="--by")
    with connect(connections(load_settings()).read_dsn, application_name="carechain read") as connection:
        found = published(connection, by)
    if found is None:
        raise Refused(
            "No figures are published yet.",
            hint="`carechain run` publishes them once an hour, `carechain summary --publish` at once.",
        )
    lines: list[dict[str, Any]] = [
        {"measure": line["measure"], "title": title(line["measure"]), **line}
        for line in found.lines
        if (measures is None or line["measure"] in measures) and (word is None or line["word"] == word)
    ]
    if output is Output.TABLE:
        print_summary([_named(line) for line in lines], by)
    else:
        told = {"as_of": found.as_of, "published_at": found.made_at}
        print_rows(lines, ["measure", "title", *columns], output=output, meta=told)
    age = datetime.now(UTC) - found.made_at
    say(f"Published {words.when(found.made_at)}, {words.length(age)} ago.")


def _named(line: dict[str, Any]) -> dict[str, Any]:
    """The line with names for units, as its readers do not see the register of organisations."""
    return line | {key: line.get(f"{key}_name") or line[key] for key in ("unit", "provider")}
