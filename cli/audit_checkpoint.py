"""`carechain audit checkpoint`, `checkpoints` and `key`: what is signed of the record, and how it is checked."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import JsonOption, OutputOption, form
from cli.output import VERSION, Output, print_json, print_rows, say

if TYPE_CHECKING:
    from consumers.audit.notary import Made

COLUMNS = ("size", "time", "digest", "file")


def checkpoint(
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help="Sign with another key than the last checkpoint's, which is lost."),
    ] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count every fact anew, and not only those that are new.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Sign now how much is on record: the number of facts, and two roots that stand for every byte of them.

    \b
    carechain audit checkpoint
    carechain audit checkpoint --json

    `carechain run` does it once an hour (setting checkpoint_interval_s). The checkpoint goes into a file, onto the
    topic of checkpoints, and says which one was before it. Give its file, or its digest, to somebody you do not
    control: whoever has one can prove later that nothing it counts was changed, left out or added in between. Where
    nothing is new the last one stands.

    It is refused where the facts of the last checkpoint are not there any more as they were.
    """
    from consumers.audit.notary import Notary
    from infra.settings import connections, load_settings

    settings = load_settings()
    notary = Notary(
        connections(settings).store_dsn, key_file=settings.signing_key_file, folder=settings.checkpoints
    )
    made = notary.checkpoint(new_key=new_key, recount=recount)
    if json:
        print_json({"version": VERSION, "data": [_row(made)] if made else []})
    elif made is None:
        say("No fact is on record yet: there is nothing to sign.")
    else:
        _tell(made)


def _tell(made: "Made") -> None:
    from cli.output import shown

    told = made.checkpoint
    if made.is_new:
        typer.echo(f"Signed: {told.size} facts of {told.journeys} journeys, up to position {told.position}.")
    else:
        typer.echo(f"Nothing is new since {shown(told.time)}: {told.size} facts of {told.journeys} journeys.")
    typer.echo(f"root    {told.root.hex()}")
    typer.echo(f"heads   {told.heads.hex()}")
    typer.echo(f"digest  {made.kept.digest}")
    typer.echo(f"file    {made.file}")


def _row(made: "Made") -> dict[str, Any]:
    told = made.checkpoint
    return {
        "state": "made" if made.is_new else "nothing-new",
        "origin": told.origin,
        "size": told.size,
        "root": told.root.hex(),
        "position": told.position,
        "journeys": told.journeys,
        "heads": told.heads.hex(),
        "time": told.time,
        "previous": told.previous,
        "digest": made.kept.digest,
        "file": made.file,
    }


def checkpoints(json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """List the signed checkpoints, the oldest first: how many facts each counts, when it was made, and its file.

    \b
    carechain audit checkpoints
    carechain audit checkpoints --output csv

    The digest is the SHA-256 of the file, as `sha256sum` gives it.
    """
    from contextlib import closing

    from consumers.audit.checkpoints import file_of, on_record
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    settings = load_settings()
    with closing(connect(connections(settings).store_dsn)) as connection:
        rows = [
            {
                "size": kept.size,
                "time": kept.time,
                "digest": kept.digest,
                "file": file_of(settings.checkpoints, kept.size),
            }
            for kept in on_record(connection)
        ]
    chosen = form(output, json=json)
    if not rows and chosen is Output.TABLE:
        say(
            "There is no checkpoint yet: `carechain audit checkpoint` makes one, and so does `carechain run`."
        )
    else:
        print_rows(rows, COLUMNS, output=chosen)


def key() -> None:
    """Print the public key that signs this store's checkpoints, as one line.

    \b
    carechain audit key > checkpoint.pub

    It is made at first use, with the private key (setting signing_key_file). The line is a note verifier key: name,
    id and Ed25519 key, as tools for signed notes (c2sp.org/signed-note) read it. Auditors should get it from you
    once, by a way that whoever runs the servers cannot change.
    """
    from contextlib import closing

    from consumers.audit.checkpoints import newest
    from domain.checkpoint import origin_of
    from infra import signing
    from infra.postgres import connect
    from infra.settings import connections, load_settings
    from infra.store import store_id

    settings = load_settings()
    dsn, file = connections(settings).store_dsn, settings.signing_key_file
    with closing(connect(dsn)) as connection:
        has_signed = newest(connection) is not None
    # A key that was lost is not replaced by looking at it.
    own = signing.load(file) if has_signed else signing.load_or_create(file)
    line = signing.verifier_key(origin_of(store_id(dsn)), own.public)
    signing.tell_public(file, line)
    typer.echo(line)
