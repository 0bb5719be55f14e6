"""`carechain audit verify`: the three copies of every fact, each journey's chain and the checkpoints, checked whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from cli.asking import JsonOption
from cli.output import VERSION, print_json

if TYPE_CHECKING:
    from consumers.audit.verify_check import Verdict
    from consumers.audit.verify_faults import Fault
    from infra.settings import Settings

_NAMES = {"store": "the event store", "kafka": "Kafka", "journal": "the journal", "files": "the files"}


class FaultLine(TypedDict):
    """The first fault of one kind, and how many of that kind were met."""

    kind: str
    """What is wrong, in one word that stays the same."""
    says: str
    """The same as a sentence."""
    odd: list[str]
    """The copies that are wrong: `store`, `kafka`, `journal`, `files`; empty where that cannot be told."""
    position: int | None
    """The fact's place in the store."""
    journey: str | None
    version: int | None
    """The fact's place in its journey."""
    place: str | None
    """Where on Kafka, or which checkpoint."""
    expected: str
    found: str
    why: str
    """What shows which copy is the odd one out."""
    count: int
    """How many of this kind; more may lie where nothing was looked into any more (`blocks_not_looked_into`)."""


def verify(
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", help="File with the public key that you trust (default: beside the signing key)."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check every fact in store, Kafka and journal, byte for byte, and all that was signed; exits 1 at any fault.

    \b
    carechain audit verify
    carechain audit verify --key checkpoint.pub --json

    Each journey's chain and versions, the three copies against each other, what stands beside the facts, the
    checkpoints' signatures, and their roots, reckoned from the facts. Of each kind of fault it tells the first, what
    was expected, and which copy is the odd one out. It may run while facts are recorded: those that came meanwhile
    are left for the next time, and those on their way are counted.

    What came after the last checkpoint only the other copies speak for; the report says how much that is.
    """
    from cli.projection import telling
    from consumers.audit.verify import Asked
    from consumers.audit.verify import verify as check
    from infra.settings import connections, load_settings
    from infra.topics import topic_name

    settings = load_settings()
    asked = Asked(
        connections(settings),
        topic_name(settings, "facts"),
        topic_name(settings, "checkpoints"),
        settings.checkpoints,
        _keys(key, settings),
    )
    with telling() as tell:
        verdict = check(asked, tell)
    if json:
        print_json(_document(verdict))
    else:
        _print(verdict)
    if verdict.found:
        raise typer.Exit(1)


def _keys(key: Path | None, settings: "Settings") -> str | None:
    """The keys that are trusted: those in the file that was named, else our own where there is one."""
    from infra.errors import OperatingError
    from infra.signing import public_file

    file = key or public_file(settings.signing_key_file)
    if key is None and not file.exists():
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise OperatingError(
            f"The public key in {file} cannot be read.",
            hint="Give the file with the line that `carechain audit key` printed.",
            exit_code=2,
        ) from None


def _document(verdict: "Verdict") -> dict[str, object]:
    return {
        "version": VERSION,
        "data": [_line(fault, verdict.found.count[fault.kind]) for fault in verdict.found],
        "facts": verdict.facts,
        "journeys": verdict.journeys,
        "checkpoints": verdict.checkpoints,
        "proven": verdict.proven,
        "after_last_checkpoint": verdict.unproven,
        "not_yet": {
            "kafka": verdict.not_on_kafka,
            "journal": verdict.not_in_journal,
            "checkpoints": verdict.checkpoints_not_on_kafka,
        },
        "blocks_not_looked_into": verdict.blocks_skipped,
    }


def _line(fault: "Fault", count: int) -> FaultLine:
    from consumers.audit.verify_faults import KINDS

    return {
        "kind": fault.kind,
        "says": KINDS[fault.kind],
        "odd": list(fault.odd),
        "position": fault.position,
        "journey": None if fault.journey is None else str(fault.journey),
        "version": fault.version,
        "place": fault.place,
        "expected": fault.expected,
        "found": fault.found,
        "why": fault.why,
        "count": count,
    }


# -- for people ----------------------------------------------------------------------------------------------------


def _print(verdict: "Verdict") -> None:
    for fault in verdict.found:
        _print_fault(_line(fault, verdict.found.count[fault.kind]))
    facts = f"{_number(verdict.facts, 'fact')} of {_number(verdict.journeys, 'journey')}"
    if verdict.found:
        typer.echo(f"Checked {facts}: {_number(len(verdict.found.first), 'kind')} of fault.")
    else:
        typer.echo(f"Checked {facts}: every copy holds the same, byte for byte, and every chain holds.")
    for sentence in (*_on_proof(verdict), *_on_tails(verdict)):
        typer.echo(sentence)


def _print_fault(line: FaultLine) -> None:
    more = f" ({line['count']} of this kind; the first:)" if line["count"] > 1 else ""
    where = [
        f"position {line['position']}" if line["position"] is not None else "",
        f"journey {line['journey']}" if line["journey"] else "",
        f"version {line['version']}" if line["version"] is not None else "",
        line["place"] or "",
    ]
    odd = " and ".join(_NAMES[name] for name in line["odd"])
    typer.echo(f"{line['says']}{more}")
    typer.echo(f"  where     {', '.join(part for part in where if part)}")
    typer.echo(f"  expected  {line['expected']}")
    typer.echo(f"  found     {line['found']}")
    typer.echo(f"  odd       {odd or 'cannot be told'}{': ' if line['why'] else ''}{line['why']}")


def _on_proof(verdict: "Verdict") -> list[str]:
    if not verdict.checkpoints:
        return [
            "There is no checkpoint: all facts are proven against the other copies only"
            " (`carechain audit checkpoint` signs them)."
        ]
    told = [f"Proven by signed checkpoints: {_number(verdict.proven, 'fact')}."]
    if verdict.unproven:
        told.append(f"Proven against the other copies only, as they came later: {verdict.unproven}.")
    return told


def _on_tails(verdict: "Verdict") -> list[str]:
    told = [
        f"Not yet {where}: {_number(count, what)} (is `carechain run` running?)."
        for where, count, what in (
            ("on Kafka", verdict.not_on_kafka, "fact"),
            ("in the journal", verdict.not_in_journal, "fact"),
            ("on Kafka", verdict.checkpoints_not_on_kafka, "checkpoint"),
        )
        if count
    ]
    if verdict.blocks_skipped:
        told.append(
            f"Not looked into: {verdict.blocks_skipped} parts of 1024 positions that differ as those above do."
        )
    return told


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
