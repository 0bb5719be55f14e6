"""`carechain register list`, `show` and `adopt`: Socialstyrelsen's amounts per day, and the tracks, as adopted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JsonOption, KnownAtOption, OutputOption, form
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from domain.registers import Register

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Show or adopt the amounts per day, and the tracks."
)

LIST_COLUMNS = ("register", "entries", "from", "adopted_at", "adopted_by")
COLUMNS = {
    "amounts": ("valid_from", "sek", "confidence", "regulation", "source"),
    "tracks": ("id", "title", "assessment_days", "visit_days", "treatment_days"),
}


@app.command("list", short_help="List the registers, and which one of each holds.")
def list_registers(
    known_at: KnownAtOption = None, json: JsonOption = False, output: OutputOption = Output.TABLE
) -> None:
    """List the registers: how many entries each has, and whether it was adopted or came with the programs.

    \b
    carechain register list
    carechain register list --known-at 2026-03-01T08:00 --json
    """
    from cli.adopting import reference, tell_waiting
    from cli.asking import read_clocks
    from domain.adopted import registers_of
    from domain.registers import KINDS, shipped_register

    clocks = read_clocks(None, known_at)
    found = reference()
    adopted = registers_of(found.every, known_at=clocks.known_at)
    rows = []
    for kind in KINDS:
        one = adopted.get(kind)
        register = shipped_register(kind)[1] if one is None else one.register
        rows.append(
            {
                "register": kind,
                "entries": len(register.entries),
                "from": "the programs" if one is None else "adopted",
                "adopted_at": one and one.adopted_at,
                "adopted_by": one and one.adopted_by,
            }
        )
    print_rows(rows, LIST_COLUMNS, output=form(output, json=json), meta={"known_at": clocks.known_at})
    tell_waiting(found)


@app.command(short_help="Show what a register says.")
def show(
    kind: Annotated[str, typer.Argument(metavar="amounts|tracks", help="Which register.")],
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what a register says: the one adopted last, else the one that came with the programs.

    \b
    carechain register show amounts
    carechain register show tracks --json

    Money is told only from amounts whose confidence is `primary`: those read with their publisher.
    """
    from cli.adopting import reference, tell_waiting
    from cli.asking import read_clocks, understood
    from domain.adopted import registers_of
    from domain.registers import shipped_register

    kind = understood(_kind, kind, "amounts|tracks")
    clocks = read_clocks(None, known_at)
    found = reference()
    adopted = registers_of(found.shown, known_at=clocks.known_at).get(kind)
    register = shipped_register(kind)[1] if adopted is None else adopted.register
    rows = [entry.model_dump() for entry in register.entries]
    about = {
        "register": kind,
        "adopted_at": adopted and adopted.adopted_at,
        "adopted_by": adopted and adopted.adopted_by,
    }
    print_rows(
        rows, COLUMNS[kind], output=form(output, json=json), meta=about | {"known_at": clocks.known_at}
    )
    tell_waiting(found)


@app.command(short_help="Adopt a register file.")
def adopt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The file.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, and adopt nothing; needs no server.")
    ] = False,
) -> None:
    """Adopt a register file: it takes the place of the one before, whole, once `carechain run` has passed it on.

    \b
    carechain register adopt amounts-2026.toml --dry-run
    carechain register adopt amounts-2026.toml

    A file of amounts has an entry for each year, a file of tracks one for each track:

    \b
    [[amount]]
    valid_from = 2019-01-01
    sek = 7800
    regulation = "HSLF-FS 2018:67"
    source = "HSLF-FS 2018:67, lagen.nu"
    confidence = "primary"

    \b
    [[track]]
    id = "heart-failure"
    title = "Hjärtsvikt"
    visit_days = 30

    What the file does not hold is gone. The same file a second time changes nothing. Days left out of a track are
    those of the care guarantee, 3, 90 and 90.
    """
    from cli.adopting import on_record, text_of
    from consumers.adoption import adopt_register
    from domain.registers import read_register

    text = text_of(file)
    register = read_register(text, file.name)
    if dry_run:
        say(f"{_described(register)} Nothing was adopted.")
        return
    new = on_record(lambda store, actor, now: adopt_register(store, register, text, actor, now))
    say(f"{'Adopted' if new else 'Adopted already:'} {_described(register)}")
    if new:
        say(
            "All journeys are concluded anew once `carechain run` has passed it on; `carechain projection status`"
            " says until when."
        )


def _kind(text: str) -> str:
    from domain.errors import Refused
    from domain.registers import KINDS

    if text not in KINDS:
        raise Refused("There is no such register.", hint=f"They are {' and '.join(KINDS)}.")
    return text


def _described(register: "Register") -> str:
    if register.amounts is None:
        return f"the tracks: {', '.join(track.id for track in register.tracks or ())}."
    usable = [a for a in register.amounts if a.confidence == "primary" and a.sek is not None]
    years = ", ".join(str(amount.valid_from.year) for amount in usable) or "no year"
    return f"the amounts: {len(register.amounts)} entries, money is told for {years}."
