"""What the commands about the vault are given: the servers, the keys, and which part of whose record is meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.asking import ids_beginning, patient_number
from cli.clocks import read_clocks
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.retention import Due
    from infra.erasure_list import ErasureList
    from infra.keys import MasterKey
    from infra.postgres import Connection
    from infra.settings import Connections, Settings

ControllerOption = Annotated[
    str,
    typer.Option("--controller", metavar="ORG", help="Who answers for the data, as `vault due` shows it."),
]
RegimeOption = Annotated[
    str, typer.Option("--regime", metavar="LAW", help="HSL (health care) or SoL (social services).")
]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="Do not ask.")]


@dataclass(frozen=True)
class Reached:
    """The settings, and how to reach what they name."""

    settings: "Settings"
    connections: "Connections"

    def master_key(self) -> "MasterKey":
        """The master key. Raises ``OperatingError`` (not allowed) for who has none: none is made for this."""
        from infra.errors import OperatingError
        from infra.keys import has_master_key, master_key

        if not has_master_key(self.settings):
            raise OperatingError(
                "Only who holds the master key may do that.",
                hint="CARECHAIN_MASTER_KEY_FILE, or CARECHAIN_MASTER_KEY_COMMAND, names where it is.",
                exit_code=4,
            )
        return master_key(self.settings)

    def erasures(self) -> "ErasureList":
        """The signed list."""
        from infra.erasure_list import ErasureList

        return ErasureList(self.settings.erasures_file, self.settings.signing_key_file)

    @contextmanager
    def vault(self) -> "Iterator[Connection]":
        """A connection to the vault's tables; what is done on it is one transaction."""
        from infra.postgres import connect

        with connect(self.connections.vault_dsn, application_name="carechain vault") as connection:
            yield connection

    @contextmanager
    def store(self) -> "Iterator[Connection]":
        from infra.postgres import connect

        with connect(self.connections.store_dsn, application_name="carechain vault") as connection:
            yield connection

    @contextmanager
    def journal(self) -> "Iterator[Connection]":
        from infra.postgres import connect

        with connect(self.connections.read_dsn, application_name="carechain vault") as connection:
            yield connection


def reach() -> Reached:
    """By the settings of here and now."""
    from infra.settings import connections, load_settings

    settings = load_settings()
    return Reached(settings, connections(settings))


def now() -> datetime:
    return datetime.now(UTC)


def day_of(as_of: str | None) -> date:
    """The Swedish day asked about: today, or that of a time."""
    from domain.calendar import local_date

    return local_date(read_clocks(as_of, None).now)


def journey_meant(reached: Reached, journey: str | None, patient: str | None) -> UUID:
    """The journey by its id, how that begins, or the patient's number. Raises ``Refused``, usage errors."""
    number = patient_number(patient)
    if (journey is None) == (number is None):
        raise typer.BadParameter("give either --journey or --patient.", param_hint="--journey")
    if number is not None:
        return _by_number(reached, number)
    assert journey is not None
    bounds = ids_beginning(journey, least=4)
    if bounds is None:
        raise typer.BadParameter(
            "that is not a journey's id, nor how one begins (four signs or more of 0-9 and a-f).",
            param_hint="--journey",
        )
    with reached.vault() as vault:
        found = vault.execute(
            "SELECT id FROM vault.journey WHERE id BETWEEN %s AND %s LIMIT 2", bounds
        ).fetchall()
    if not found:
        raise Refused(
            "No journey with that id is known.", hint="`carechain vault due` shows those that are due."
        )
    if len(found) > 1:
        raise Refused("Several journeys begin like that.", hint="Give more of the id.")
    return UUID(str(found[0][0]))


def _by_number(reached: Reached, number: str) -> UUID:
    from domain.calendar import local_date
    from domain.identifiers import PatientId
    from infra.vault import Vault

    patient = PatientId.from_text(number if ":" in number else f"personnummer:{number}", on=local_date(now()))
    with Vault(reached.connections.vault_dsn, reached.master_key()) as vault:
        journey = vault.find_journey(patient.system, patient.value)
    if journey is None:
        raise Refused("That patient is not known.", hint="Look at the number; nothing is kept about others.")
    return journey


def law(regime: str) -> str:
    """HSL or SoL, however it was written. A usage error for anything else."""
    found = {"hsl": "HSL", "sol": "SoL"}.get(regime.lower())
    if found is None:
        raise typer.BadParameter("it is HSL or SoL.", param_hint="--regime")
    return found


def kept_until(when: "Due", regime: str) -> Refused:
    """The refusal to erase what must still be kept."""
    from domain.retention import SOURCES

    source = SOURCES["SoL" if regime == "SoL" else "HSL"]
    return Refused(
        f"It must be kept until {when.kept_until} ({source}): the last entry is of {when.last_entry}.",
        hint="Before that only IVO may decide that a health care record is destroyed (PDL 8:4).",
    )
