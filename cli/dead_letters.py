"""`carechain dead-letters`: messages that could not become facts, looked at, read again, discarded or written out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import dead_letter_acts, dead_letter_export
from cli.asking import JourneyOption, JsonOption, OutputOption, PatientOption, form
from cli.dead_letter_given import (
    DigestArgument,
    ReasonOption,
    SinceOption,
    SourceOption,
    StateChoice,
    StateOption,
    opened,
    stored,
    wanted,
)
from cli.looking import log
from cli.output import Output, print_rows, say
from domain.errors import Refused

if TYPE_CHECKING:
    from consumers.intake.dead_letters_kept import Letter
    from infra.settings import Settings

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look at messages that could not become facts; read them again, or discard them.",
)


@app.command("list", short_help="List the messages that lie there.")
def list_letters(
    state: StateOption = StateChoice.OPEN,
    source: SourceOption = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    journey: JourneyOption = None,
    patient: PatientOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the messages that could not become facts, the one that lies there longest first.

    \b
    carechain dead-letters list
    carechain dead-letters list --source region-x:ward --reason no-controller
    carechain dead-letters list --state all --since 2026-03-01T08:00 --json

    Nothing waits for them: later messages were taken in. What a patient's message could not say stands among the
    findings of the journey, too. Nothing that is listed names a person.
    """
    from cli.dead_letter_lines import COLUMNS, document, print_letters
    from consumers.intake.dead_letters_kept import letters

    chosen = form(output, json=json)
    with stored() as (connection, _):
        asked = wanted(
            connection,
            state=state,
            source=source,
            reason=reason,
            since=since,
            journey=journey,
            patient=patient,
        )
        found = letters(connection, asked)
    if chosen is not Output.TABLE:
        print_rows([document(letter) for letter in found], COLUMNS, output=chosen)
    elif found:
        print_letters(found)
    else:
        say("Nothing lies in the dead letters." if state is StateChoice.OPEN else "No such letter is known.")


@app.command(short_help="Show one, and why it could not be read.")
def show(
    digest: DigestArgument,
    with_bytes: Annotated[
        bool, typer.Option("--bytes", help="Write what was received, as it was, to stdout instead.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="With --bytes: into this new file.")
    ] = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show one message that could not become a fact: why, where the fault may be, whose it is, what came of it.

    \b
    carechain dead-letters show 3f2ab81c
    carechain dead-letters show 3f2ab81c --bytes --to message.hl7

    What was received holds identities: it needs the master key, and the file is made for you alone.
    """
    from cli.dead_letter_lines import COLUMNS, document, print_letter
    from consumers.intake.dead_letters_kept import find

    if to is not None and not with_bytes:
        raise typer.BadParameter("give it together with --bytes.", param_hint="--to")
    chosen = form(output, json=json)
    with stored() as (connection, settings):
        letter = find(connection, digest)
        if with_bytes:
            from consumers.intake.dead_letters_kept import bytes_of

            with opened(settings) as vault:
                log([letter.journey] if letter.journey is not None else [])
                raw = bytes_of(connection, letter, vault)
    if with_bytes:
        _write(raw, to)
    elif chosen is not Output.TABLE:
        why = _why(letter, settings)
        print_rows([document(letter) | {"why": why}], (*COLUMNS, "why"), output=chosen)
    else:
        print_letter(letter, _why(letter, settings))


def _why(letter: "Letter", settings: "Settings") -> str | None:
    """What somebody wrote when it was discarded."""
    if letter.resolved_reason is None:
        return None
    from consumers.intake.dead_letter_events import open_reason

    with opened(settings) as vault:
        return open_reason(vault, letter.digest, letter.resolved_reason)


def _write(raw: bytes | None, to: Path | None) -> None:
    if raw is None:
        raise Refused(
            "The bytes of this message are not kept, or have been erased.",
            hint="Ask its sender: the digest and the place tell which one it is.",
        )
    say("What was received names people: handle it as you would a patient's record.")
    if to is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
    else:
        dead_letter_export.write_alone(to, raw)


app.command(short_help="Read messages again, after what was wrong was mended.")(dead_letter_acts.retry)
app.command(short_help="Decide that messages need not be read.")(dead_letter_acts.discard)
app.command(short_help="Write letters to a file or a folder.")(dead_letter_export.export)
