"""`carechain audit prove`, `export` and `check`: a journey or a period proven, taken out of the house, and checked there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.asking import JsonOption, OutputOption, form, ids_beginning
from cli.output import Output, progress, say
from cli.understood import understood
from domain.errors import Refused

if TYPE_CHECKING:
    from consumers.audit.bundle import Earlier
    from consumers.audit.bundle_faults import Verdict
    from consumers.audit.bundle_source import Chosen, Source

_NOTE_BYTES = 64 * 1024


def prove(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's id, or how it begins.")],
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Prove a journey: that each of its facts stands unchanged in its place in the log, and that none is missing.

    \b
    carechain audit prove 3f2a91c4
    carechain audit prove 3f2a91c4 --json

    Each fact is proven to be counted by the last signed checkpoint; --json has the proofs (RFC 6962), which others can
    check. What came after the checkpoint is proven only against the other copies: see `carechain audit verify`.
    Exit code 1 where something does not hold.
    """
    from cli.audit_bundle_lines import print_proof
    from consumers.audit.bundle_prove import prove as proven

    chosen = form(output, json=json)
    with _source() as source:
        meant = _journey(source, journey)
        _log_look([meant], "audit prove")
        found = proven(source, meant)
    print_proof(found, chosen)
    if found.faults:
        raise typer.Exit(1)


def export(
    journey: Annotated[
        list[str] | None,
        typer.Option(
            "--journey", metavar="ID", help="One journey, whole: its id, or how it begins. Repeatable."
        ),
    ] = None,
    period: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--period",
            metavar="FROM TO",
            help="All recorded from FROM until before TO: days, or ISO 8601 times.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE.zip|DIR", help="A new zip, or a new folder."),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            "--since",
            metavar="FILE",
            help="A checkpoint that the auditor kept: prove that the log extends it.",
        ),
    ] = None,
) -> None:
    """Write an audit bundle: facts byte for byte, with all that proves them, to be checked where nothing of ours runs.

    \b
    carechain audit export --journey 3f2a91c4
    carechain audit export --period 2026-03-01 2026-04-01 --output march.zip
    carechain audit export --journey 3f2a91c4 --since kept.txt

    A journey is there to its last fact. A period is a run of the log without gaps, with the fact before it and the one
    after it. Everything is proven against the last signed checkpoint, which must cover it, and the bundle is checked
    before it is handed over. It holds what the log holds: references in place of people, and what is sealed sealed.
    """
    from cli.audit_bundle_lines import print_exported

    if bool(journey) == bool(period):
        raise typer.BadParameter("give either --journey or --period.", param_hint="--journey")
    kept = None if since is None else _read(since)
    with _source() as source:
        chosen = _chosen(source, journey or [], period)
        file = to if to is not None else Path(_name(source, chosen))
        _require_new(file)
        _log_look(chosen.journeys, "audit export")
        extra = None if kept is None else source.since(kept)
        verdict = _write(source, chosen, extra, file)
    print_exported(file, verdict)


def check(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle: a zip or a folder.")],
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="FILE", help="A checkpoint you kept, which the log must extend."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="KEY|FILE", help="The log's public key as you know it: the line, or its file."
        ),
    ] = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check an audit bundle: no server, no database, no network, and nothing that the bundle says is believed.

    \b
    carechain audit check march.zip --key checkpoint.pub
    carechain audit check march.zip --key checkpoint.pub --since kept.txt --json

    Get the key once, by another way than in a bundle. Keep a checkpoint each time: a log that does not extend it was
    changed, and is rejected. Exit code 1 with the first fault of each kind, and what was expected.
    """
    from cli.audit_bundle_lines import print_verdict
    from consumers.audit.bundle_check import check as checked

    keys = None if key is None else _keys(key)
    kept = None if since is None else _read(since)
    chosen = form(output, json=json)
    with progress("Facts checked") as advance:
        verdict = checked(bundle, keys=keys, since=kept, advance=advance)
    print_verdict(verdict, chosen)
    if not verdict.holds:
        raise typer.Exit(1)


def _log_look(journeys: Sequence[UUID], action: str) -> None:
    """Log that somebody reads these journeys' facts, on disk when this returns. Before anything of them is read out."""
    from cli.looking import log

    log(journeys, action)


@contextmanager
def _source() -> "Iterator[Source]":
    """The log as of its last checkpoint, one moment of it."""
    from consumers.audit.bundle_source import Source, verifier_keys
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    settings = load_settings()
    with connect(connections(settings).store_dsn, application_name="carechain audit") as connection:
        yield Source(connection, verifier_keys(settings.signing_key_file))
        connection.rollback()


def _journey(source: "Source", text: str) -> UUID:
    meant = ids_beginning(text, least=4)
    if meant is None:
        raise typer.BadParameter(
            "that is not a journey's id, nor how one begins (four signs or more of 0-9 and a-f).",
            param_hint="JOURNEY",
        )
    return source.find(*meant)


def _chosen(source: "Source", journeys: Sequence[str], period: tuple[str, str] | None) -> "Chosen":
    if period is None:
        return source.whole(sorted({_journey(source, one) for one in journeys}))
    begin, end = (understood(_instant, text, "--period") for text in period)
    if begin >= end:
        raise typer.BadParameter("give the earlier moment first.", param_hint="--period")
    chosen = source.recorded(begin, end)
    if chosen.period is not None and chosen.period.end < end:
        say(f"The last checkpoint is of {chosen.period.end}: the bundle shows the period until then.")
    return chosen


def _instant(text: str) -> str:
    """A day's beginning in Sweden, or a moment, as instants stand in the log. Raises ``Refused``."""
    from datetime import date

    from domain.calendar import format_instant, parse_instant, start_of_local_day

    try:
        return format_instant(start_of_local_day(date.fromisoformat(text)))
    except ValueError:
        return format_instant(parse_instant(text))


def _name(source: "Source", chosen: "Chosen") -> str:
    """By its content, so that the next bundle has another name."""
    about = f"{str(chosen.journeys[0])[:8]}" if chosen.period is None else f"{chosen.period.begin[:10]}"
    return f"carechain-audit-{about}-{source.checkpoint.size}.zip"


def _require_new(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise Refused(f"{file} is there already.", hint="Name a new file, or move that one away.")


def _write(source: "Source", chosen: "Chosen", extra: "Earlier | None", file: Path) -> "Verdict":
    from consumers.audit.bundle_export import export as exported

    with progress("Facts checked") as advance:
        return exported(source.contents(chosen, extra), file, advance)


def _keys(key: str) -> str:
    """Verifier keys given as a line, or as the name of a file of such lines."""
    return (
        key if key.count("+") > 1 and not Path(key).exists() else _read(Path(key)).decode("utf-8", "replace")
    )


def _read(file: Path) -> bytes:
    """A small file that the auditor has. Raises ``OperatingError`` (exit code 2) where it cannot be read."""
    from infra.errors import OperatingError

    try:
        with file.open("rb") as opened:
            found = opened.read(_NOTE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise OperatingError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'that is no file'}.",
            hint="Name a file that is there.",
            exit_code=2,
        ) from None
    if len(found) > _NOTE_BYTES:
        raise Refused(f"{file} is too large for a key or a checkpoint.")
    return found
