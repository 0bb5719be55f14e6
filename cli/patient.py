"""`carechain patient account`: the account that a patient can read and take home."""

import os
import shutil
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import Asked, AsOfOption, PatientOption, asking, meta
from cli.looking import given
from cli.output import VERSION, encode, say
from domain.errors import Refused

if TYPE_CHECKING:
    from cli.account.model import Account

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Write what a patient can read about their own care."
)


class Form(StrEnum):
    """The forms an account can take."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    JSON = "json"


@app.callback()
def patient() -> None:
    """Write what a patient can read about their own care."""


@app.command(short_help="Write the account that a patient can read.")
def account(
    journey: Annotated[
        str | None, typer.Argument(metavar="JOURNEY", help="The journey's id, or how it begins.")
    ] = None,
    patient: PatientOption = None,
    output: Annotated[
        Form | None,
        typer.Option("--output", help="In which form; left out: as FILE ends, else text."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Into this new file, for you alone.")
    ] = None,
    as_of: AsOfOption = None,
) -> None:
    """Write, in plain Swedish, who is responsible for what, what comes next, whom to call, and who has looked.

    \b
    carechain patient account 3f2a91c4
    carechain patient account 3f2a91c4 --to account.pdf
    carechain patient account --patient - --output html --to account.html

    It holds no name and no number of the patient. It is for the patient: hand it over as you would the record.
    """
    if journey is None and patient is None:
        raise typer.BadParameter("say which journey: its id, or `--patient -`.", param_hint="JOURNEY")
    form = output or _form_of(to)
    if form is Form.PDF and to is None:
        raise typer.BadParameter("a PDF needs a file: --to account.pdf.", param_hint="--to")
    # Read because the patient asked, unless another purpose was said.
    given.purpose = given.purpose or "patient-request"
    with asking(journey=journey, patient=patient, as_of=as_of) as asked:
        written, deceased = _written(asked, made_at=None if as_of is None else datetime.now(UTC))
        content = _content(written, form, asked)
    _give(content, to)
    if deceased:
        say("The patient has died: judge what relatives may be told before you hand this over (OSL 25:1).")


def _form_of(to: Path | None) -> Form:
    """As the file's name ends."""
    endings = {".pdf": Form.PDF, ".html": Form.HTML, ".htm": Form.HTML, ".json": Form.JSON}
    return Form.TEXT if to is None else endings.get(to.suffix.lower(), Form.TEXT)


def _written(asked: Asked, made_at: datetime | None) -> "tuple[Account, bool]":
    from cli.account.gather import gather
    from cli.account.write import account as write

    told = gather(asked)
    return write(told, made_at), told.deceased


def _content(account: "Account", form: Form, asked: Asked) -> bytes:
    match form:
        case Form.TEXT:
            from cli.account.text import as_text

            return as_text(account, shutil.get_terminal_size((100, 24)).columns).encode()
        case Form.HTML:
            from cli.account.page import as_page

            return as_page(account).encode()
        case Form.PDF:
            from cli.account.paper import as_pdf

            return as_pdf(account)
        case Form.JSON:
            return _as_json(account, meta(asked)).encode()


def _as_json(account: "Account", more: dict[str, Any]) -> str:
    import json
    from dataclasses import asdict

    document = {"version": VERSION, "data": [asdict(account)], **more}
    return json.dumps(document, default=encode, ensure_ascii=False) + "\n"


def _give(content: bytes, to: Path | None) -> None:
    """On stdout, or into a new file that nobody else may read. Raises ``Refused`` where there is one already."""
    if to is None:
        typer.echo(content.decode(), nl=False)
        return
    try:
        made = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(
            "There is a file of that name already.", hint="Give another name, or take it away."
        ) from None
    except OSError as error:
        raise Refused(
            f"The file cannot be made ({error.strerror}).",
            hint="Give a name in a folder that you may write in.",
        ) from None
    with os.fdopen(made, "wb") as file:
        file.write(content)
    say(f"Written to {to}.")
