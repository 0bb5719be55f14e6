"""`carechain vault proposals`, `confirm` and `withdraw`: the second person's part in erasing."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.actor import staff_reference
from cli.asking import JsonOption, OutputOption, form
from cli.output import Output, print_rows, say
from cli.vault_given import ConfirmOption, Reached, now, reach

if TYPE_CHECKING:
    from consumers.erasure import Erased
    from consumers.erasure_proposals import Proposal

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="As `vault proposals` shows it; its beginning is enough.")
]
COLUMNS = (
    "id",
    "state",
    "ground",
    "parts",
    "letters",
    "proposed_by",
    "proposed_at",
    "confirmed_by",
    "confirmed_at",
)


def proposals(
    every: Annotated[bool, typer.Option("--all", help="Also those that are done, or withdrawn.")] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List what is proposed for erasing, and waits for somebody else to confirm it.

    \b
    carechain vault proposals
    carechain vault proposals --all --json

    Who proposed and confirmed stands there as a reference.
    """
    from consumers.erasure_proposals import proposals as find_all

    chosen = form(output, json=json)
    with reach().vault() as vault:
        found = find_all(vault, every=every)
    if found or chosen is not Output.TABLE:
        print_rows([_row(one) for one in found], COLUMNS, output=chosen)
    else:
        say("Nothing is proposed.")


def confirm(proposal: IdArgument, yes: ConfirmOption = False) -> None:
    """Confirm as the second person, and erase: for good, and in every copy.

    \b
    carechain vault confirm 3f2ab81c

    What is held by then, or was written in again, is left out. Cut off half-way, run it again. Old backups of the
    vault hold keys that are destroyed: `vault restore` leaves them out; delete them when they are no longer needed.
    """
    from consumers.erasure import Eraser
    from consumers.erasure_proposals import find

    reached = reach()
    key = reached.master_key()
    with reached.vault() as vault:
        found = find(vault, proposal)
    if not yes and found.state == "open":
        typer.confirm(f"Erase {_size(found)} for good?", abort=True, err=True)
    by = UUID(staff_reference())
    eraser = Eraser(reached.connections, key, reached.erasures(), now)
    eraser.complete()
    # One that was cut off has just been carried to its end.
    _tell(_now(reached, proposal) if found.state == "confirmed" else eraser.confirm(proposal, by))


def withdraw(proposal: IdArgument) -> None:
    """Withdraw a proposal: nothing comes of it.

    \b
    carechain vault withdraw 3f2ab81c
    """
    from consumers.erasure_proposals import withdraw as end

    reached = reach()
    by = UUID(staff_reference())
    with reached.vault() as vault:
        end(vault, proposal, by, now())
    say("Withdrawn.")


def _now(reached: Reached, proposal: str) -> "Proposal":
    from consumers.erasure_proposals import find

    with reached.vault() as vault:
        return find(vault, proposal)


def _tell(done: "Erased | Proposal") -> None:
    from consumers.erasure import Erased

    if not isinstance(done, Erased):
        say(f"That proposal is {done.state}.")
        return
    typer.echo(f"Erased: {done.parts} parts of records, {done.letters} dead letters.")
    if done.kept:
        say(f"Left out, as it is held or was written in again: {done.kept}.")
    if done.forgotten:
        say(f"Journeys of which nobody can tell any more whose they are: {done.forgotten}.")


def _size(found: "Proposal") -> str:
    letters = sum(item.digest is not None for item in found.items)
    parts = len(found.items) - letters
    said = [f"{parts} part{'' if parts == 1 else 's'} of records"] if parts else []
    said += [f"{letters} dead letter{'' if letters == 1 else 's'}"] if letters else []
    return " and ".join(said)


def _row(one: "Proposal") -> dict[str, object]:
    letters = [item for item in one.items if item.digest is not None]
    return {
        "id": one.id,
        "state": one.state,
        "ground": one.ground.value,
        "decision": one.decision,
        "decided_on": one.decided_on,
        "parts": len(one.items) - len(letters),
        "letters": len(letters),
        "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at,
        "confirmed_by": one.confirmed_by,
        "confirmed_at": one.confirmed_at,
        "withdrawn_by": one.withdrawn_by,
        "withdrawn_at": one.withdrawn_at,
        "completed_at": one.completed_at,
        "items": [
            {
                "journey": None if item.digest else item.scope.journey,
                "controller": item.scope.controller,
                "regime": None if item.digest else item.scope.regime,
                "digest": item.digest,
                "last_entry": item.last_entry,
                "kept_because": item.kept_because,
                "destroyed_at": item.destroyed_at,
            }
            for item in one.items
        ],
    }
