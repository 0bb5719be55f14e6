"""`carechain dead-letters retry` and `discard`: what is done about messages that could not become facts."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.actor import staff_reference
from cli.asking import JsonOption
from cli.dead_letter_given import (
    DigestsArgument,
    ReasonOption,
    SourceOption,
    meant,
    opening_key,
    require_open,
    stored,
)
from cli.identities import refuse_identities
from cli.output import VERSION, print_json, progress, say

if TYPE_CHECKING:
    from consumers.intake.dead_letter_acts import Clerk, Retried
    from consumers.intake.dead_letters_kept import Letter

AllOption = Annotated[bool, typer.Option("--all", help="Every message that lies there.")]
STDIN = "-"
_SHOWN = 20
"""How many of those that still cannot be read are named; the others are counted."""


def retry(
    digests: DigestsArgument = None,
    everything: AllOption = False,
    source: SourceOption = None,
    reason: ReasonOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what could be read now, and write nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read messages again with the programs, profiles and mappings of today.

    \b
    carechain dead-letters retry 3f2ab81c
    carechain dead-letters retry --source region-x:ward --reason no-controller --dry-run
    carechain dead-letters retry --all

    What they tell is recorded and takes its place by its own time. What still cannot be read stays where it is, with
    the reason of now; exits 1 if any does. Cut off half-way it can be run again: nothing is recorded twice.
    """
    from consumers.intake.dead_letter_acts import Clerk
    from consumers.intake.intake import Intake
    from consumers.intake.site import load_site
    from infra.settings import connections

    with stored() as (connection, settings):
        letters = meant(connection, digests, everything=everything, source=source, reason=reason)
    if digests:
        for letter in letters:
            require_open(letter)
    if not letters:
        _tell([], json=json)
        return
    site, reached = load_site(settings.sources), connections(settings)
    with Intake(reached.store_dsn, reached.vault_dsn, opening_key(settings)) as intake:
        by = "" if dry_run else staff_reference()
        clerk = Clerk(intake, site, lambda: datetime.now(UTC), by)
        left = _rehearse(clerk, letters, json=json) if dry_run else _retry(clerk, letters, json=json)
    if left:
        raise typer.Exit(1)


def _retry(clerk: "Clerk", letters: "Sequence[Letter]", *, json: bool) -> int:
    done: list[Retried] = []
    try:
        with progress("Reading messages again", len(letters)) as advance:
            for letter in letters:
                done.append(clerk.retry(letter))
                advance(1)
    finally:
        # Also when a server was lost half-way: what was done is done.
        _tell(done, json=json)
    return sum(one.outcome == "still-open" for one in done)


def _tell(done: "Sequence[Retried]", *, json: bool) -> None:
    from domain.errors import Unreadable

    if json:
        rows = [
            {
                "digest": one.letter.digest,
                "outcome": one.outcome,
                "facts": one.facts,
                "letters": one.letters,
                "reason": one.trouble
                and (one.trouble.reason if isinstance(one.trouble, Unreadable) else "refused"),
                "message": one.trouble and one.trouble.message,
                "field": getattr(one.trouble, "field", None),
            }
            for one in done
        ]
        print_json({"version": VERSION, "data": rows})
        return
    left = [one for one in done if one.outcome == "still-open"]
    read = [one for one in done if one.outcome == "retried"]
    typer.echo(
        f"Read: {len(read)}, with {sum(one.facts for one in read)} new facts. Still there: {len(left)}."
    )
    for one in left[:_SHOWN]:
        field = getattr(one.trouble, "field", None)
        where = f" ({field})" if field else ""
        say(f"still there: {one.letter.digest[:8]}: {one.trouble and one.trouble.message}{where}")
    if len(left) > _SHOWN:
        say(f"... and {len(left) - _SHOWN} more; `carechain dead-letters list` names them.")
    parts = sum(one.letters for one in done)
    if parts:
        say(f"Some held several messages: {parts} of those are letters of their own now.")
    before = sum(one.outcome == "resolved-before" for one in done)
    if before:
        say(f"Somebody else was quicker with {before}.")


def _rehearse(clerk: "Clerk", letters: "Sequence[Letter]", *, json: bool) -> int:
    rows, left = [], 0
    for letter in letters:
        counts = clerk.rehearse(letter)
        reasons = {"bytes-gone": 1} if counts is None else dict(counts.reasons)
        good = counts is not None and counts.read > 0 and not counts.put_aside
        rows.append({"digest": letter.digest, "could_be_read": good, "reasons": reasons})
        if not good:
            left += 1
            if left <= _SHOWN and not json:
                say(f"could not: {letter.digest[:8]}: {', '.join(reasons) or 'nothing-read'}")
    if json:
        print_json({"version": VERSION, "data": rows})
    else:
        typer.echo(f"Could be read now: {len(rows) - left}. Could not: {left}.")
    say("Nothing was written.")
    return left


def discard(
    digests: DigestsArgument = None,
    why: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; - reads it from stdin. Kept sealed.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be discarded, and discard nothing.")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Do not ask.")] = False,
) -> None:
    """Decide that messages need not be read: nobody is reminded of them any more.

    \b
    carechain dead-letters discard 3f2ab81c --reason "a test message of the vendor"
    carechain dead-letters discard 3f2ab81c --reason - --confirm < why.txt

    Who did it and why is put on record, the reason sealed. The bytes stay. Sent again, a message that was discarded
    stays so, and is counted.
    """
    from consumers.intake.dead_letter_acts import discard as put_away
    from infra.settings import connections
    from infra.store import store_id
    from infra.vault import Vault

    if not digests:
        raise typer.BadParameter("name the letters by their digests.", param_hint="DIGEST")
    text = _text(why, dry_run=dry_run, confirm=confirm)
    with stored() as (connection, settings):
        letters = meant(connection, digests, everything=False, source=None, reason=None)
    for letter in letters:
        require_open(letter)
    number = f"{len(letters)} {'message' if len(letters) == 1 else 'messages'}"
    if dry_run:
        say(f"{number} would be discarded. Nothing was.")
        return
    if not confirm:
        typer.confirm(f"Discard {number}?", abort=True, err=True)
    by, reached = staff_reference(), connections(settings)
    store = store_id(reached.store_dsn)
    with Vault(reached.vault_dsn, opening_key(settings)) as vault:
        done = [
            put_away(reached.store_dsn, store, vault, letter, reason=text, by=by, now=datetime.now(UTC))
            for letter in letters
        ]
    say(f"Discarded: {sum(done)}.")
    if not all(done):
        say(f"Somebody else was quicker with {len(done) - sum(done)}.")


def _text(why: str, *, dry_run: bool, confirm: bool) -> str:
    """The reason, from stdin where that is meant. A usage error for none, or for one that names a number."""
    if why == STDIN:
        if not (dry_run or confirm):
            raise typer.BadParameter(
                "with the reason on stdin nobody can be asked: add --confirm.", param_hint="--reason"
            )
        text = sys.stdin.read().strip()
    else:
        refuse_identities([why])
        text = why.strip()
    if not text:
        raise typer.BadParameter("say why it need not be read.", param_hint="--reason")
    return text
