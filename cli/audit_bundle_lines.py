"""How proofs, bundles and what is wrong with them are told: sentences for people, rows for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.output import Output, print_rows, say, shown
from cli.page import print_table

if TYPE_CHECKING:
    from consumers.audit.bundle_faults import Fault, Verdict
    from consumers.audit.bundle_prove import ProvenJourney
    from domain.checkpoint import Checkpoint

FAULT_COLUMNS = ("kind", "where", "message", "expected", "found")
PROOF_COLUMNS = ("journey", "version", "position", "leaf", "hash", "recorded_at", "proven")
_HASH = 16
"""Signs of a hash on the page; the other forms have it whole."""


def print_proof(found: "ProvenJourney", output: Output) -> None:
    """Each fact and how it is proven; then what that comes to."""
    if output is not Output.TABLE:
        rows = [{"journey": found.journey, **asdict(fact)} for fact in found.facts]
        meta = {
            "holds": not found.faults,
            "whole": found.whole,
            "later": found.later,
            "checkpoint": {**_checkpoint(found.checkpoint), "digest": found.digest},
            "head": {"leaf": found.head_leaf, "proof": found.head_proof},
            "faults": [asdict(fault) for fault in found.faults],
        }
        print_rows(rows, PROOF_COLUMNS, output=output, meta=meta)
        return
    words = {True: "in the checkpoint", False: "NOT in the checkpoint", None: "after the checkpoint"}
    print_table(
        [
            {
                "version": fact.version,
                "position": fact.position,
                "leaf": "-" if fact.leaf is None else fact.leaf,
                "recorded (UTC)": fact.recorded_at[:19].replace("T", " "),
                "hash": fact.hash[:_HASH],
                "proven": words[fact.proven],
            }
            for fact in found.facts
        ]
    )
    typer.echo(f"Checkpoint: {_told(found.checkpoint)}, digest {found.digest[:_HASH]}.")
    if found.whole:
        typer.echo("Complete: the checkpoint counts no other fact of the journey.")
    if found.later:
        typer.echo(
            f"{_facts(found.later)} came after the checkpoint: proven only against the other copies"
            " (`carechain audit verify`)."
        )
    _print_faults(found.faults)


def print_exported(file: Path, verdict: "Verdict") -> None:
    """What was written, and where."""
    typer.echo(f"{file}: {_held(verdict)}. Checked: it holds.")


def print_verdict(verdict: "Verdict", output: Output) -> None:
    """Whether the bundle holds and what it shows; else the first fault of each kind."""
    if output is not Output.TABLE:
        rows = [asdict(fault) for fault in verdict.faults]
        print_rows(rows, FAULT_COLUMNS, output=output, meta=_meta(verdict))
        return
    if verdict.holds:
        typer.echo(f"The bundle holds: {_held(verdict)}.")
        if verdict.earlier:
            typer.echo(f"The log extends {verdict.earlier} earlier checkpoints of its own.")
        if verdict.since is not None:
            typer.echo(f"It extends the checkpoint you kept: {_told(verdict.since)}.")
    else:
        typer.echo("The bundle is rejected.")
        _print_faults(verdict.faults)
    if verdict.key == "bundle":
        say("The key was taken from the bundle itself: give the log's key as you know it with --key.")


def _meta(verdict: "Verdict") -> dict[str, Any]:
    manifest = verdict.manifest
    period = manifest.period if manifest else None
    return {
        "holds": verdict.holds,
        "key": verdict.key,
        "checkpoint": _checkpoint(verdict.checkpoint) if verdict.checkpoint else None,
        "kind": manifest.kind if manifest else None,
        "journeys": manifest.journeys if manifest else [],
        "period": {"from": period.begin, "to": period.end} if period else None,
        "facts": verdict.facts,
        "leaves": verdict.leaves if period else None,
        "earlier": verdict.earlier,
        "since": _checkpoint(verdict.since) if verdict.since else None,
    }


def _checkpoint(made: "Checkpoint") -> dict[str, Any]:
    return {
        "origin": made.origin,
        "size": made.size,
        "root": made.root.hex(),
        "position": made.position,
        "journeys": made.journeys,
        "heads": made.heads.hex(),
        "time": made.time,
    }


def _held(verdict: "Verdict") -> str:
    assert verdict.manifest is not None
    assert verdict.checkpoint is not None
    manifest = verdict.manifest
    if manifest.period is None:
        count = len(manifest.journeys)
        about = f"{_facts(verdict.facts)} of {count} {'journey' if count == 1 else 'journeys'}, complete"
    else:
        assert verdict.leaves is not None
        first, last = verdict.leaves
        about = (
            f"{_facts(verdict.facts)} in one run (leaves {first} to {last}), all that was recorded from"
            f" {manifest.period.begin} until before {manifest.period.end}"
        )
    return f"{about}, of {_told(verdict.checkpoint)}"


def _told(made: "Checkpoint") -> str:
    return f"{made.origin} with {_facts(made.size)}, signed {shown(made.time)}"


def _facts(count: int) -> str:
    return f"{count} fact" if count == 1 else f"{count} facts"


def _print_faults(faults: "Sequence[Fault]") -> None:
    if faults:
        print_table(
            [
                {
                    "fault": fault.kind,
                    "where": fault.where,
                    "what": fault.message,
                    "expected": fault.expected,
                    "found": fault.found,
                }
                for fault in faults
            ]
        )
