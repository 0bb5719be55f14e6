"""`carechain simulate`: a simulated month of one region, written as NDJSON beside the answers it should give."""

from datetime import datetime
from pathlib import Path

import typer

from cli.output import print_json, progress, say

app = typer.Typer(rich_markup_mode=None)


@app.command()
def simulate(
    region: str = typer.Option(
        ..., "--region", help="The region's name or two-digit code, as Gävleborg or 21."
    ),
    admissions: int = typer.Option(1000, "--admissions", min=1, max=1_000_000, help="How many admissions."),
    seed: int = typer.Option(1, "--seed", help="The same seed gives the same bytes."),
    output: Path = typer.Option(..., "--output", file_okay=False, help="Folder for the three files."),
    start: datetime = typer.Option(
        "2026-01-01", "--start", formats=["%Y-%m-%d"], help="First day; the month's end is the horizon."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print what was written as JSON."),
) -> None:
    """Write a simulated month of one region.

    \b
    carechain simulate --region Gävleborg --admissions 1000 --seed 1 --output month
    carechain ingest month/facts.ndjson

    Three files: facts.ndjson (one command a line, in order of arrival, with late, repeated and corrected
    messages), truth.ndjson (the stays, obligations, ended waits and responsibilities that follow, one a line)
    and about.json (the horizon the answers hold at, and the local limits they assume). No patient is real.
    """
    # Here, so that --help of other commands need not wait for it.
    from consumers.simulator.run import simulate as write

    with progress("Simulating", admissions) as advance:
        about = write(region, admissions, seed, output, start.date(), advance)
    if as_json:
        print_json({"version": 1, "data": about})
        return
    counts = about["counts"]
    lines = counts["facts"] + counts.get("repeats", 0)
    say(f"Wrote {lines} messages about {counts['journeys']} simulated patients to {output}.")
    say(f"Read them with `carechain ingest {output / 'facts.ndjson'}`.")
