"""`carechain vault status`, `new-key`, `rotate`, `backup` and `restore`: keeping the keys and the identities."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JsonOption
from cli.output import VERSION, print_json, progress, say
from cli.vault_given import Reached, now, reach
from domain.errors import Refused

if TYPE_CHECKING:
    from infra.erasure_list import Line
    from infra.keys import MasterKey

NewFile = Annotated[Path, typer.Argument(metavar="FILE", help="A new file, made for you alone.")]


def status(json: JsonOption = False) -> None:
    """Say which master key wraps the vault's keys, and which ones these settings give.

    \b
    carechain vault status
    carechain vault status --json

    Keys are shown by name: 16 signs that say nothing about the key.
    """
    from consumers.erasure_lines import unknown_to
    from infra.vault.rotation import wrapped

    reached = reach()
    with reached.vault() as vault:
        found = wrapped(vault)
        unknown = unknown_to(vault, reached.erasures().read())
    given = [key.name for key in reached.master_key().all()]
    if json:
        print_json(
            {
                "version": VERSION,
                "given": given,
                "in_use": found.in_use,
                "keys": [{"master_key": name, "keys": count} for name, count in found.keys.items()],
                "destroyed": found.destroyed,
                "erasures_not_applied": unknown,
            }
        )
        return
    typer.echo(f"In use: {found.in_use or 'none yet'}. Given by these settings: {', '.join(given)}.")
    for name, count in sorted(found.keys.items(), key=str):
        typer.echo(f"Keys wrapped by {name or 'one from before keys had names'}: {count}")
    typer.echo(f"Keys destroyed: {found.destroyed}")
    if unknown:
        say(f"Erasures on the list that this vault does not know of: {unknown}.")
        say("hint: run `carechain vault apply-erasures` before anybody reads.")


def new_key(path: NewFile) -> None:
    """Make a new master key in a new file; nothing is changed by that yet.

    \b
    1. carechain vault new-key /etc/carechain/master-2.key
    2. every process: CARECHAIN_MASTER_KEY_FILE=/etc/carechain/master-2.key
                      CARECHAIN_MASTER_KEY_PREVIOUS_FILE=/etc/carechain/master.key
    3. carechain vault rotate
    4. every process: without CARECHAIN_MASTER_KEY_PREVIOUS_FILE
    """
    from infra.keys import create

    made = create(path)
    typer.echo(made.name)
    say("Back it up apart from the database before it is used: without it everything sealed is lost.")


def rotate() -> None:
    """Wrap every key of the vault by the new master key, while everything runs.

    \b
    carechain vault rotate

    Every process must have been given both keys before, the old one as master_key_previous_file, or as second line of
    master_key_command. Ended half-way, it goes on where it was. Afterwards the old key opens nothing here; backups
    from before need it still.
    """
    from infra.vault.rotation import rotate as wrap_anew

    reached = reach()
    key = reached.master_key()
    done = 0
    with progress("Keys wrapped anew") as advance:

        def tell(so_far: int, _of: int) -> None:
            nonlocal done
            advance(so_far - done)
            done = so_far

        wrap_anew(reached.connections.vault_dsn, key, tell)
    typer.echo(f"Every key is wrapped by {key.name}.")
    if key.previous is not None:
        say("Now take the previous key out of every process's settings.")


def backup(path: NewFile) -> None:
    """Write the vault to a file: keys as wrapped, identities as sealed, never the master key.

    \b
    carechain vault backup /backup/vault-2026-03-01

    It is of one moment, and useless without the master key. Keep it apart from both the master key and the list of
    erasures (setting erasures_file).
    """
    from infra.vault.backup import backup as write

    made = write(reach().connections.vault_dsn, path, now())
    typer.echo(f"Written: {made.rows} rows.")


def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What `carechain vault backup` wrote.")],
    replace: Annotated[
        str | None,
        typer.Option(
            "--replace",
            metavar="NAME",
            help="Put it in the place of a vault that is not empty: the name of the key in use, as `vault status` shows it.",
        ),
    ] = None,
    nothing_erased: Annotated[
        bool, typer.Option("--nothing-erased", help="There is no list of erasures, as nothing ever was.")
    ] = False,
) -> None:
    """Read the vault from a backup, without what was erased since.

    \b
    carechain vault restore /backup/vault-2026-03-01

    The signed list of erasures (setting erasures_file) is applied before anybody can read, in one transaction. A list
    that is broken, or lacks what the vault or the backup know of, stops it. Keys made after the backup are lost, and
    with them the words they sealed: back up often. Afterwards run `carechain projection rebuild`.
    """
    from infra.vault.restore import restore as read
    from infra.vault.rotation import wrapped

    reached = reach()
    erased = _erased(reached, nothing_erased=nothing_erased)
    key = reached.master_key()
    with reached.vault() as vault:
        in_use = wrapped(vault).in_use
    if replace is not None and replace != in_use:
        raise Refused(
            "That is not the name of the key that this vault uses.", hint="`carechain vault status` shows it."
        )
    made = read(reached.connections.vault_dsn, path, key, erased, replace=replace is not None)
    typer.echo(f"Read: {made.rows} rows of {made.made_at}. Erasures applied: {len(erased)}.")
    _carry_on(reached, key)


def apply_erasures() -> None:
    """Erase again all that stands on the signed list, after servers were put back to an earlier time.

    \b
    carechain vault apply-erasures

    For a database that was restored by PostgreSQL's own means: do it before anybody reads. `carechain vault restore`
    does it by itself. A second time changes nothing.
    """
    reached = reach()
    lines = _carry_on(reached, reached.master_key())
    typer.echo(f"Erasures applied: {lines}.")


def _erased(reached: Reached, *, nothing_erased: bool) -> "list[Line]":
    erasures = reached.erasures()
    if not erasures.exists() and not nothing_erased:
        raise Refused(
            "The list of erasures is not there, and without it erased data would be back.",
            hint="CARECHAIN_ERASURES_FILE names it; give --nothing-erased if nothing ever was.",
        )
    return erasures.read()


def _carry_on(reached: Reached, key: "MasterKey") -> int:
    from consumers.erasure import Eraser

    eraser = Eraser(reached.connections, key, reached.erasures(), now)
    eraser.complete()
    return eraser.apply_list()
