"""`carechain stay list`: stays and visits, with the source's own episode id."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import words
from cli.asking import (
    AsOfOption,
    CheckOption,
    JourneyOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    PatientOption,
    RegionOption,
    UnitOption,
    asking,
    form,
    tell,
)
from cli.identities import holds_number
from cli.output import Output

if TYPE_CHECKING:
    from projections.stays import StayAnswer

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="List stays.")

_OF_PATIENT = re.compile(
    r"(personnummer|samordningsnummer|reservnummer|lma|cpr|simulated|mrn)(:[^|]*)?\|", re.ASCII
)
"""How an intake begins the id of a stay that has none in the message: with the patient's number, and when it began."""
STATES = ("inpatient", "outpatient", "on_leave", "discharged", "deceased", "cancelled")


@app.callback()
def stay() -> None:
    """List stays and visits."""


@app.command("list")
def list_stays(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help=f"Only these: {', '.join(STATES)}.")
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List stays and visits: where, in which state, from when to when, how long on leave.

    \b
    carechain stay list
    carechain stay list --unit SE2321000198-016965 --state inpatient --state on_leave
    carechain stay list --patient - --json
    """
    from projections.query import columns
    from projections.stays import StayAnswer, stays

    wrong = [one for one in state or () if one not in STATES]
    if wrong:
        raise typer.BadParameter(f"the states are {', '.join(STATES)}.", param_hint="--state")
    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
        states=state or None,
        relations=("stays",),
    ) as asked:
        found: Sequence[StayAnswer] = stays(asked.connection, asked.schema, asked.filters, asked.now)
        if chosen is not Output.TABLE:
            found = with_episodes(found)
        names = columns(StayAnswer)
        tell(asked, found, names, stay_line, output=chosen, check=check)


def stay_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "journey": words.short(line),
        "state": line["state"].replace("_", " "),
        "from": line["started_at"],
        "to": line["ended_at"],
        "leave": words.measured(line["leave_hours"], "hours") if line["leave_hours"] else "",
        "unit": words.unit(line["unit"]),
    }


def with_episodes(found: Sequence["StayAnswer"]) -> list["StayAnswer"]:
    """Each stay with the id its source gave the episode, from the vault; none where it was erased or never given.

    Whoever may not ask the vault is told none, and nobody one that names the patient.
    """
    if not found:
        return []
    from psycopg.errors import InsufficientPrivilege

    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import Vault

    settings = load_settings()
    with Vault(connections(settings).vault_dsn, master_key(settings)) as vault:
        try:
            episodes = vault.reveal("episode", [str(line["stay"]) for line in found])
        except InsufficientPrivilege:
            episodes = {}
    told = {stay: episode for stay, episode in episodes.items() if not names_patient(episode)}
    return [{**line, "source_episode": told.get(str(line["stay"]))} for line in found]


def names_patient(episode: str) -> bool:
    """Whether an episode's id gives the patient away: made of their number, where the source gave the stay none.

    Sources write numbers into ids of their own, too; one that only looks like a personnummer is not told either.
    """
    return _OF_PATIENT.match(episode) is not None or holds_number(episode)
