"""`carechain vault due`, `expire`, `erase` and `hold`: what is to be erased, on what ground, and what must be kept."""

from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.actor import staff_reference
from cli.asking import JourneyOption, JsonOption, OutputOption, PatientOption, form
from cli.output import Output, print_rows, say
from cli.vault_given import (
    ControllerOption,
    Reached,
    RegimeOption,
    day_of,
    journey_meant,
    kept_until,
    law,
    now,
    reach,
)
from domain.errors import Refused

if TYPE_CHECKING:
    from consumers.erasure_due import DuePart
    from consumers.erasure_proposals import Proposal

COLUMNS = ("journey", "controller", "regime", "last_entry", "due_from", "due_by", "late", "held")
DayOption = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="On that day; Swedish time without an offset.")
]


def due(as_of: DayOption = None, json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """List what is due for deletion, by patient's journey, controller and law; dead letters, too.

    \b
    carechain vault due
    carechain vault due --as-of 2027-01-01T00:00 --json

    Health care: ten years after the last entry (PDL 3:17). Social services: five years after the last entry, and by
    the end of the next calendar year (SoL 16:1). What is held is listed, and stays.
    """
    chosen, day = form(output, json=json), day_of(as_of)
    rows = [_row(part, day) for part in _due(reach(), day)]
    if rows or chosen is not Output.TABLE:
        print_rows(rows, COLUMNS, output=chosen, meta={"as_of": day})
    else:
        say("Nothing is due.")


def expire(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be proposed, and propose nothing.")
    ] = False,
) -> None:
    """Propose to erase all that is due and not held; somebody else then confirms it.

    \b
    carechain vault expire --dry-run
    carechain vault expire
    """
    from consumers.erasure_proposals import propose
    from domain.retention import Ground

    reached = reach()
    parts = [part for part in _due(reached, day_of(None)) if not part.held]
    if not parts:
        say("Nothing is due.")
        return
    if dry_run:
        say(f"{len(parts)} would be proposed. Nothing was.")
        return
    by = UUID(staff_reference())
    with reached.vault() as vault:
        _tell(propose(vault, parts, Ground.RETENTION, by, now()))


def erase(
    controller: ControllerOption,
    regime: RegimeOption,
    ground: Annotated[
        str, typer.Option("--ground", metavar="CODE", help="retention, or ivo-decision (PDL 8:4).")
    ],
    journey: JourneyOption = None,
    patient: PatientOption = None,
    decision: Annotated[
        str | None, typer.Option("--decision", metavar="NUMBER", help="IVO's number of the decision.")
    ] = None,
    decided_on: Annotated[
        str | None, typer.Option("--decided-on", metavar="DATE", help="The day of the decision.")
    ] = None,
) -> None:
    """Propose to erase what one controller keeps about one patient under one law; somebody else confirms it.

    \b
    carechain vault erase --patient - --controller orgnr:2321000016 --regime HSL \\
        --ground ivo-decision --decision 3.4.2-1234/2026 --decided-on 2026-03-01

    A patient's plain request is no ground (PDL 3:14; GDPR 17.3). What is destroyed cannot be read by anybody again:
    free text and social services' data. That something was recorded, when and by which unit, stays.
    """
    from consumers.erasure_due import part_of
    from consumers.erasure_proposals import propose
    from domain.calendar import local_date
    from domain.retention import Ground, check_ground
    from domain.seal import Scope

    named, reached = law(regime), reach()
    today = local_date(now())
    found = check_ground(ground, "SoL" if named == "SoL" else "HSL", decision, _day(decided_on), today)
    meant = Scope(journey_meant(reached, journey, patient), controller, named)
    with reached.journal() as reading, reached.vault() as vault, reached.store() as store:
        part = part_of(reading, vault, store, meant)
        if part is None:
            raise Refused(
                "That controller keeps nothing about this patient under that law, or it was erased.",
                hint="`carechain vault due` shows how controllers are named.",
            )
        if found is Ground.RETENTION and not part.due.is_due(today):
            raise kept_until(part.due, named)
        if part.held:
            raise Refused(
                f"It is held ({', '.join(part.held)}).", hint="`carechain vault hold --lift` ends a hold."
            )
        by = UUID(staff_reference())
        _tell(propose(vault, [part], found, by, now(), decision=decision, decided_on=_day(decided_on)))


def hold(
    controller: ControllerOption,
    regime: RegimeOption,
    ground: Annotated[
        str,
        typer.Option(
            "--ground",
            metavar="CODE",
            help="paternity, adoption, placed-child (SoL 16:2); archive, legal-claim.",
        ),
    ],
    journey: JourneyOption = None,
    patient: PatientOption = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the hold.")] = False,
) -> None:
    """Keep what one controller has about one patient under one law, though its time passes.

    \b
    carechain vault hold --journey 3f2a --controller orgnr:2120000142 --regime SoL --ground adoption
    carechain vault hold --journey 3f2a --controller orgnr:2120000142 --regime SoL --ground adoption --lift
    """
    from consumers.erasure_holds import lift_hold, place_hold
    from domain.retention import check_hold
    from domain.seal import Scope

    named, reached = law(regime), reach()
    found = check_hold(ground, "SoL" if named == "SoL" else "HSL")
    meant = Scope(journey_meant(reached, journey, patient), controller, named)
    by = UUID(staff_reference())
    with reached.vault() as vault:
        if lift:
            lift_hold(vault, meant, found, by, now())
        else:
            place_hold(vault, meant, found, by, now())
    say("The hold is ended." if lift else "It is held.")


def _due(reached: Reached, day: date) -> "list[DuePart]":
    from consumers.erasure_due import due_letters, due_parts

    with reached.journal() as journal, reached.vault() as vault, reached.store() as store:
        return due_parts(journal, vault, day) + due_letters(store, vault, day)


def _row(part: "DuePart", day: date) -> dict[str, object]:
    letter = part.digest is not None
    return {
        "journey": None if letter else part.scope.journey,
        "controller": part.scope.controller,
        "regime": None if letter else part.scope.regime,
        "digest": part.digest,
        "last_entry": part.due.last_entry,
        "due_from": part.due.due_from,
        "due_by": part.due.due_by,
        "late": part.due.is_late(day),
        "held": list(part.held),
    }


def _tell(made: "Proposal") -> None:
    typer.echo(str(made.id))
    say(f"Proposed: {len(made.items)}. Nothing is erased before somebody else confirms it:")
    say(f"  carechain vault confirm {str(made.id)[:8]}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as 2026-03-01.", param_hint="--decided-on") from None
