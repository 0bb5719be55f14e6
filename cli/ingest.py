"""`carechain ingest PATH...`: reads messages from files, folders or standard input, and counts what became of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.ingest_progress import reading_progress
from cli.output import VERSION, Output, print_json, print_rows, say

if TYPE_CHECKING:
    from consumers.intake.dead_letters import PutAside
    from consumers.intake.files import Input
    from consumers.intake.ingest import Counts
    from consumers.intake.site import Site

app = typer.Typer(rich_markup_mode=None)

_SHOWN = 20
"""How many of the messages put aside are named; the others are counted."""


@app.command()
def ingest(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files or folders; - is NDJSON on stdin.")
    ],
    mapping: Annotated[
        str | None,
        typer.Option(
            "--mapping",
            metavar="NAME|FILE",
            help="Read tables by this mapping: one of `carechain source list`, or a TOML file.",
        ),
    ] = None,
    profile: Annotated[
        list[Path] | None,
        typer.Option("--profile", metavar="FILE", help="Read HL7 v2 by this site profile, too."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Read this sheet of workbooks only.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show the first messages as facts, and write nothing; needs no server."
        ),
    ] = False,
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", min=0, help="How many messages a dry run shows.")
    ] = 10,
) -> None:
    """Read messages from files or folders, and record what they tell.

    \b
    carechain ingest month/facts.ndjson
    carechain ingest inbox --json
    carechain ingest wards.xlsx --mapping ward-periods --dry-run
    zcat facts.ndjson.gz | carechain ingest -

    Read are our NDJSON (one command a line: `carechain schema ndjson`), HL7 v2 ADT messages, FHIR R4 as JSON or XML,
    and tables by a mapping: text with separators, Excel and OpenDocument workbooks, event logs (XES). A mapping is
    found by the table's header, or named. Files may be packed with gzip. A folder's files are read in order of their
    names, hidden ones left out. The same message a second time changes nothing.

    What cannot be read is put aside as a dead letter, the rest goes on. Exits 1 if any was put aside; 3 if a
    server was lost half-way, with the counts of what was saved. Files are named by their place in that order,
    because their names may hold an identity.
    """
    # Here, so that --help need not wait for them.
    from consumers.intake.files import find

    inputs = find(paths)
    site = chosen_site(mapping, profile or (), sheet)
    named = _Named()
    counts = (
        _examine(inputs, site, named, rows, json=json) if dry_run else _record(inputs, site, named, json=json)
    )
    if counts.put_aside:
        if not dry_run and mapping is not None and mapping.endswith(".toml"):
            say("Put the mapping into the folder of the setting `sources`: a retry reads by what is there.")
        raise typer.Exit(1)


def chosen_site(mapping: str | None, profiles: Sequence[Path], sheet: str | None) -> "Site":
    """What this installation says of its senders, with what the command line adds. Raises ``Refused``."""
    from dataclasses import replace
    from difflib import get_close_matches

    from consumers.intake.site import load_site
    from domain.errors import Refused
    from infra.settings import load_settings

    file = Path(mapping) if mapping is not None and (mapping.endswith(".toml") or "/" in mapping) else None
    name = load_site(None, [file]).mappings[0].id if file is not None else mapping
    site = load_site(load_settings().sources, (*([file] if file is not None else []), *profiles))
    known = [one.id for one in site.mappings]
    if name is not None and name not in known:
        near = get_close_matches(name, known, n=1)
        raise Refused(
            "There is no such mapping.",
            hint=f"Did you mean {near[0]}?"
            if near
            else f"There are {', '.join(known)}; or name a .toml file.",
        )
    return replace(site, mapping=name, sheet=sheet)


def _examine(inputs: Sequence["Input"], site: "Site", named: "_Named", rows: int, *, json: bool) -> "Counts":
    from cli.ingest_preview import Preview
    from consumers.intake.ingest import examine
    from consumers.intake.reading import messages

    preview = Preview(rows)

    def put_aside(letter: "PutAside") -> None:
        named(letter)
        preview.put_aside(letter)

    with reading_progress(inputs) as (watched, advance):
        counts = examine(preview.watch(messages(watched, site)), advance, put_aside)
    if json:
        print_json({"version": VERSION, "data": {**counted(counts), **preview.as_json()}})
    else:
        preview.show()
        _tell(counts, json=False, reasons=False)
        preview.show_unmapped()
    named.last()
    say("Nothing was written: accepted are those that could become facts.")
    return counts


def _record(inputs: Sequence["Input"], site: "Site", named: "_Named", *, json: bool) -> "Counts":
    from datetime import UTC, datetime

    from consumers.intake.ingest import Ingestion
    from consumers.intake.intake import Intake
    from consumers.intake.reading import messages
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    settings = load_settings()
    reached = connections(settings)
    with Intake(reached.store_dsn, reached.vault_dsn, master_key(settings)) as intake:
        run = Ingestion(intake, lambda: datetime.now(UTC), on_put_aside=named)
        try:
            with reading_progress(inputs) as (watched, run.advance):
                run.run(messages(watched, site))
        finally:
            _tell(run.counts, json=json)
            named.last()
    return run.counts


class _Named:
    """Says of the first messages put aside where they stood and why."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._more = 0

    def __call__(self, letter: "PutAside") -> None:
        if len(self._lines) == _SHOWN:
            self._more += 1
        else:
            where = letter.place or "standard input"
            self._lines.append(f"put aside: {where}: {letter.message}")

    def last(self) -> None:
        """After the progress bar, which lines would break."""
        for line in self._lines:
            say(line)
        if self._more:
            say(f"... and {self._more} more; their letters tell the reason and the digest of each.")


def _tell(counts: "Counts", *, json: bool, reasons: bool = True) -> None:
    data = counted(counts)
    if json:
        print_json({"version": VERSION, "data": data})
        return
    print_rows([data], list(data)[:-2], output=Output.TABLE)
    if counts.known and not counts.accepted:
        say("Everything that could be recorded was already known.")
    if counts.reasons and reasons:
        told = [{"put aside because": name, "messages": n} for name, n in counts.reasons.most_common()]
        typer.echo()
        print_rows(told, list(told[0]), output=Output.TABLE)
    if counts.unused:
        unused = [
            {"not of use, from": source, "kind": kind, "messages": n}
            for (source, kind), n in counts.unused.most_common()
        ]
        typer.echo()
        print_rows(unused, list(unused[0]), output=Output.TABLE)


def counted(counts: "Counts") -> Mapping[str, object]:
    """The counts by their names, which programs read, and the reasons for what was put aside."""
    return {
        "read": counts.read,
        "accepted": counts.accepted,
        "known": counts.known,
        "not_of_use": counts.not_of_use,
        "put_aside": counts.put_aside,
        "dead_letters": counts.dead_letters,
        "reasons": dict(counts.reasons.most_common()),
        "unused": [
            {"source": source, "kind": kind, "messages": number}
            for (source, kind), number in sorted(counts.unused.items())
        ],
    }
