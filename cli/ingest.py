"""`carechain ingest PATH...`: reads messages from files, folders or standard input, and counts what became of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import VERSION, Output, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from consumers.intake.dead_letters import PutAside
    from consumers.intake.files import Input
    from consumers.intake.ingest import Counts

app = typer.Typer(rich_markup_mode=None)

_SHOWN = 20
"""How many of the messages put aside are named; the others are counted."""


@app.command()
def ingest(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files or folders; - is NDJSON on stdin.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what can be read, and write nothing; needs no server.")
    ] = False,
) -> None:
    """Read messages from files or folders, and record what they tell.

    \b
    carechain ingest month/facts.ndjson
    carechain ingest inbox --json
    zcat facts.ndjson.gz | carechain ingest -

    Read are our NDJSON (one command a line: `carechain schema ndjson`) and FHIR R4 message Bundles of the Danish
    HospitalNotification, as JSON or XML. A folder's files are read in order of their names, hidden ones left
    out. The same message a second time changes nothing.

    What cannot be read is put aside as a dead letter, the rest goes on. Exits 1 if any was put aside; 3 if a
    server was lost half-way, with the counts of what was saved. Files are named by their place in that order,
    because their names may hold an identity.
    """
    # Here, so that --help need not wait for them.
    from consumers.intake.files import find
    from consumers.intake.formats import count, messages
    from consumers.intake.ingest import examine

    inputs = find(paths)
    named = _Named()
    if dry_run:
        with progress("Reading messages", count(inputs)) as advance:
            counts = examine(messages(inputs), advance, named)
        _tell(counts, json=json)
        named.last()
        say("Nothing was written: accepted are those that could become facts.")
    else:
        counts = _record(inputs, named, json=json)
    if counts.put_aside:
        raise typer.Exit(1)


def _record(inputs: Sequence["Input"], named: "_Named", *, json: bool) -> "Counts":
    from datetime import UTC, datetime

    from consumers.intake.formats import count, messages
    from consumers.intake.ingest import Ingestion
    from consumers.intake.intake import Intake
    from infra.keys import load_or_create
    from infra.settings import connections, load_settings

    settings = load_settings()
    reached = connections(settings)
    with Intake(reached.store_dsn, reached.vault_dsn, load_or_create(settings.master_key_file)) as intake:
        run = Ingestion(intake, lambda: datetime.now(UTC), on_put_aside=named)
        try:
            with progress("Reading messages", count(inputs)) as run.advance:
                run.run(messages(inputs))
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


def _tell(counts: "Counts", *, json: bool) -> None:
    data = counted(counts)
    if json:
        print_json({"version": VERSION, "data": data})
        return
    print_rows([data], list(data)[:-1], output=Output.TABLE)
    if counts.known and not counts.accepted:
        say("Everything that could be recorded was already known.")
    if counts.reasons:
        reasons = [{"put aside because": name, "messages": n} for name, n in counts.reasons.most_common()]
        typer.echo()
        print_rows(reasons, list(reasons[0]), output=Output.TABLE)


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
    }
