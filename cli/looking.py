"""Reading patients' data: as whom, for what, and logged before the answer is there (PDL 4:1-3, SVOD 3 and 4 chap.).

PostgreSQL enforces what is said here: a session sees the journeys of its last committed look, and no others
(`infra/decisions/0016-who-sees-what.md`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import typer
from typer._click.globals import get_current_context  # typer offers no public way to the command's name

from cli.output import say
from cli.purpose import PURPOSES, USUAL, purpose_of

if TYPE_CHECKING:
    from infra.postgres import Connection

OPERATOR, FIGURES = "carechain_operator", "carechain_figures"
_LOOK = "SELECT * FROM access.look({})"


class Sees(StrEnum):
    """What a question needs to see."""

    PATIENTS = "patients"
    """Some patients, by a look that is logged."""
    FIGURES = "figures"
    """Everybody, but only to count: places of protected identities are left out."""
    EVERYTHING = "everything"
    """Everybody, to settle accounts or to run a job: for who runs the installation. Whom it shows is logged."""


class Emergency(StrEnum):
    """Why data are read without relation or consent, or in spite of a block (SVOD 3:4, PDL 4:5)."""

    DANGER_TO_LIFE = "danger-to-life"
    CANNOT_BE_ASKED = "cannot-be-asked"
    CHILD_AT_RISK = "child-at-risk"


@dataclass
class Given:
    """What was said before the command's name."""

    purpose: str | None = None
    emergency: str | None = None
    lift: bool = False


given = Given()


@dataclass(frozen=True)
class Look:
    """A look that is on disk: what it opened and what it withheld."""

    id: UUID
    opened: int
    """Journeys."""
    blocked: int
    """Facts not shown because of a *spärr*."""
    unconsented: int
    """Facts of other controllers not shown for want of consent."""
    veiled: int
    """Journeys shown without places: protected identity."""

    def withheld(self) -> dict[str, int]:
        """What the answer's envelope says was not shown; nothing where all was."""
        told = {"blocked": self.blocked, "unconsented": self.unconsented, "protected": self.veiled}
        return {name: number for name, number in told.items() if number}


def act(connection: "Connection", sees: Sees) -> str | None:
    """From here on the connection has the rights of a reader. Returns the role of who is connected, if not all.

    Who runs the installation becomes the operator, or the service that counts. Raises ``OperatingError`` (exit code 4).
    """
    from infra.errors import OperatingError

    commissioned = connection.execute("SELECT role FROM access.commissioned()").fetchone()
    if commissioned is not None:
        if sees is not Sees.PATIENTS:
            raise OperatingError(
                "Your role does not count over all patients.",
                hint="`carechain summary --published` shows the figures that are published.",
                exit_code=4,
            )
        connection.commit()
        return str(commissioned[0])
    if sees is not Sees.EVERYTHING:
        role = FIGURES if sees is Sees.FIGURES else OPERATOR
        connection.execute(f"SET ROLE {role}".encode())
    connection.commit()
    return None


def look(
    connection: "Connection",
    *,
    journeys: Sequence[UUID] | None = None,
    place: Mapping[str, object] | None = None,
    relations: Sequence[str] | None = None,
    schema: str = "shown",
    moment: datetime | None = None,
    role: str | None = None,
    action: str | None = None,
    acting: str = "operator",
) -> Look:
    """Log that these journeys are read, or those found by ``place``, and open them; on disk when this returns.

    ``role`` is what ``act`` returned; where that is none, whoever runs the installation is ``acting``.
    Raises ``OperatingError`` (exit code 4) where the reader may not.
    """
    from psycopg.types.json import Jsonb

    from cli.actor import user_reference

    asked: dict[str, Any] = {
        "purpose": given.purpose or _purpose(connection, role, acting),
        "action": action or _command(),
        "journeys": None if journeys is None else list(journeys),
        "place": Jsonb(dict(place or {})),
        "shown": schema,
        "emergency": given.emergency,
        "lift": given.lift,
        "moment": moment,
    }
    if relations is not None:
        asked["relations"] = list(relations)
    if role is None:
        asked |= {"staff": UUID(user_reference()), "acting": acting}
    named = ", ".join(f"{name} => %({name})s" for name in asked)
    row = connection.execute(_LOOK.format(named).encode(), asked).fetchone()
    connection.commit()
    assert row is not None
    made = Look(*row)
    _tell(made)
    return made


def _purpose(connection: "Connection", role: str | None, acting: str) -> str:
    """Whoever runs the installation is not asked."""
    return USUAL.get(acting, "care") if role is None else purpose_of(connection, role)


def _command() -> str:
    """The command as it is called, without what it was asked about."""
    context = get_current_context(silent=True)
    words = context.command_path.split()[1:] if context is not None else []
    return " ".join(words) or "read"


def _tell(made: Look) -> None:
    """What is not shown, on stderr: that there is more, and not what it is."""
    if given.emergency:
        say("Read in an emergency: this look is listed for checking.")
    if made.blocked:
        say(f"There are blocked data (spärr), not shown: {_number(made.blocked, 'fact')}.")
    if made.unconsented:
        say(
            f"Not shown, for want of the patient's consent to sharing: {_number(made.unconsented, 'fact')} of others."
        )
    if made.veiled:
        say(f"Shown without places, because of a protected identity: {_number(made.veiled, 'patient')}.")


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def told(made: Look | None) -> dict[str, object]:
    """What the envelope says of what was withheld."""
    return {"withheld": withheld} if made is not None and (withheld := made.withheld()) else {}


def log(journeys: Sequence[UUID], action: str | None = None) -> Look:
    """Log a look at patients whose data are read elsewhere than from what is shown: the store, a job's answer."""
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    with connect(connections(load_settings()).read_dsn, application_name="carechain look") as connection:
        role = act(connection, Sees.PATIENTS)
        return look(connection, journeys=journeys, role=role, action=action)


def set_given(purpose: str | None, emergency: Emergency | None, *, lift: bool) -> None:
    """Take what was said before the command's name. Raises a usage error for a purpose that the law does not know."""
    if purpose is not None and purpose not in PURPOSES:
        raise typer.BadParameter(f"the purposes are {', '.join(PURPOSES)}.", param_hint="--purpose")
    new = Given(purpose, emergency.value if emergency is not None else None, lift)
    for name, value in asdict(new).items():
        setattr(given, name, value)
