"""What the commands about dead letters are given: which letters are meant, and what opens them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import chosen, ids_beginning, patient_number
from cli.understood import understood
from domain.errors import Refused

if TYPE_CHECKING:
    from consumers.intake.dead_letters_kept import Letter, Wanted
    from infra.keys import MasterKey
    from infra.postgres import Connection
    from infra.settings import Settings
    from infra.vault import Vault

_NOT_ALLOWED = 4


class StateChoice(StrEnum):
    """What has become of a letter."""

    OPEN = "open"
    RETRIED = "retried"
    DISCARDED = "discarded"
    ALL = "all"


StateOption = Annotated[StateChoice, typer.Option("--state", help="Which, by what has become of them.")]
SourceOption = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Those of one sending system.")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", metavar="CODE", help="Those put aside for one reason.")
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Lying there since then: ISO 8601; Swedish time without an offset."
    ),
]
DigestArgument = Annotated[
    str, typer.Argument(metavar="DIGEST", help="As `dead-letters list` shows it; its beginning is enough.")
]
DigestsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="DIGEST", help="As `dead-letters list` shows them; beginnings are enough."),
]


def wanted(
    connection: "Connection",
    *,
    state: StateChoice = StateChoice.OPEN,
    source: str | None = None,
    reason: str | None = None,
    since: str | None = None,
    journey: str | None = None,
    patient: str | None = None,
) -> "Wanted":
    """The letters meant by these options. Raises ``Refused`` for a patient who is not known, else usage errors."""
    from consumers.intake.dead_letters_kept import STATES, Wanted
    from domain.calendar import parse_instant

    journeys = None
    if journey is not None:
        journeys = ids_beginning(journey, least=4)
        if journeys is None:
            raise typer.BadParameter(
                "that is not a journey's id, nor how one begins (four signs or more of 0-9 and a-f).",
                param_hint="--journey",
            )
    number = patient_number(patient)
    if number is not None:
        if journey is not None:
            raise typer.BadParameter("give either --journey or --patient, not both.", param_hint="--patient")
        (found,) = chosen(connection, None, number, datetime.now(UTC)) or ()
        journeys = (found, found)
    return Wanted(
        states=[one for one in STATES if state.value in (one, "all")],
        source=source,
        reason=reason,
        since=None if since is None else understood(parse_instant, since, "--since"),
        journeys=journeys,
    )


def meant(
    connection: "Connection",
    digests: Sequence[str] | None,
    *,
    everything: bool,
    source: str | None,
    reason: str | None,
) -> "list[Letter]":
    """The letters named, or the open ones that --all, --source and --reason choose. Raises ``Refused``, usage errors."""
    from consumers.intake.dead_letters_kept import Wanted, find, letters

    if bool(digests) == (everything or source is not None or reason is not None):
        raise typer.BadParameter(
            "name letters by their digests, or choose with --all, --source or --reason.", param_hint="DIGEST"
        )
    if not digests:
        return letters(connection, Wanted(source=source, reason=reason))
    found = {letter.digest: letter for letter in (find(connection, digest) for digest in digests)}
    return list(found.values())


def require_open(letter: "Letter") -> None:
    """Raises ``Refused`` for a letter that has been resolved."""
    if letter.state != "open":
        raise Refused(
            f"The letter {letter.digest[:8]} has been {letter.state} already.",
            hint=f"`carechain dead-letters show {letter.digest[:8]}` tells when and by whom.",
        )


@contextmanager
def stored() -> "Iterator[tuple[Connection, Settings]]":
    """A connection to the store on which nothing is changed, and the settings."""
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    settings = load_settings()
    with connect(connections(settings).store_dsn, application_name="carechain dead letters") as connection:
        yield connection, settings


def opening_key(settings: "Settings") -> "MasterKey":
    """The master key. Raises ``OperatingError`` (not allowed) for who has none: none is made for this."""
    from infra.errors import OperatingError
    from infra.keys import has_master_key, master_key

    if not has_master_key(settings):
        raise OperatingError(
            "What was received is sealed, and only who holds the master key may see it.",
            hint="CARECHAIN_MASTER_KEY_FILE names the key file.",
            exit_code=_NOT_ALLOWED,
        )
    return master_key(settings)


@contextmanager
def opened(settings: "Settings") -> "Iterator[Vault]":
    """The vault, for who may."""
    from infra.settings import connections
    from infra.vault import Vault

    with Vault(connections(settings).vault_dsn, opening_key(settings)) as vault:
        yield vault
