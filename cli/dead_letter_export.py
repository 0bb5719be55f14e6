"""`carechain dead-letters export`: letters as lines of JSON, with the bytes for those who may see them."""

import json as encoding
import os
import sys
from collections.abc import Iterator
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JourneyOption, PatientOption
from cli.dead_letter_given import (
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
from cli.output import encode, say
from domain.errors import Refused
from infra.errors import OperatingError

if TYPE_CHECKING:
    from consumers.intake.dead_letters_kept import Letter
    from infra.postgres import Connection
    from infra.settings import Settings

LINES = "dead-letters.ndjson"
"""What the file of lines is called inside a folder."""
_NOT_ALLOWED = 4


def export(
    to: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file, a folder, or - for stdout.")],
    with_bytes: Annotated[
        bool,
        typer.Option("--bytes", help="With what was received: in a folder as files, else as base64."),
    ] = False,
    state: StateOption = StateChoice.OPEN,
    source: SourceOption = None,
    reason: ReasonOption = None,
    since: SinceOption = None,
    journey: JourneyOption = None,
    patient: PatientOption = None,
) -> None:
    """Write letters out, a line of JSON each, as `dead-letters list --output ndjson` has them.

    \b
    carechain dead-letters export letters.ndjson
    carechain dead-letters export --source region-x:ward --bytes folder

    In a folder the lines are in dead-letters.ndjson, and with --bytes each message stands beside them as it was
    received, in a file named by its digest. Those hold identities: they need the master key, and are made for you alone.
    """
    from cli.dead_letter_lines import document
    from consumers.intake.dead_letters_kept import letters

    with stored() as (connection, settings):
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
        if with_bytes:
            say("What was received names people: handle it as you would patients' records.")
            lines = _with_bytes(connection, settings, found, to if to.is_dir() else None)
        else:
            lines = (document(letter) for letter in found)
        _write(lines, to)
    say(f"{len(found)} {'letter' if len(found) == 1 else 'letters'} written.")


def _with_bytes(
    connection: "Connection", settings: "Settings", found: "list[Letter]", folder: Path | None
) -> Iterator[dict[str, object]]:
    from cli.dead_letter_lines import document
    from consumers.intake.dead_letters_kept import bytes_of

    with opened(settings) as vault:
        log([letter.journey for letter in found if letter.journey is not None])
        for letter in found:
            raw = bytes_of(connection, letter, vault)
            if raw is not None and folder is not None:
                write_alone(folder / letter.digest, raw)
            yield document(letter, raw if folder is None else None)


def _write(lines: Iterator[dict[str, object]], to: Path) -> None:
    texts = (encoding.dumps(line, default=encode, ensure_ascii=False) + "\n" for line in lines)
    if str(to) == "-":
        sys.stdout.writelines(texts)
        return
    file = to / LINES if to.is_dir() else to
    with _alone(file) as handle:
        for text in texts:
            handle.write(text.encode())


def write_alone(file: Path, raw: bytes) -> None:
    """Into a new file that only its owner may read. Raises ``Refused`` where there is one, else ``OperatingError``."""
    with _alone(file) as handle:
        handle.write(raw)


def _alone(file: Path) -> "BufferedWriter":
    try:
        return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise Refused(f"{file} is there already.", hint="Name a new file, or move that one away.") from None
    except OSError as error:
        raise OperatingError(
            f"{file} cannot be written: {error.strerror or 'no access'}.",
            hint="Name a place that exists and may be written to.",
            exit_code=_NOT_ALLOWED,
        ) from error
