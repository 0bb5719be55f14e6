"""`carechain staff`: in which capacity each login reads, given and ended by who runs the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.asking import JsonOption, OutputOption, form, ids_beginning, municipality_code
from cli.identities import given_aside
from cli.output import Output, print_rows, say
from cli.understood import understood

if TYPE_CHECKING:
    from consumers.staff_register import Commission
    from infra.postgres import Connection

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Say in which capacity each login reads.")

COLUMNS = (
    "id",
    "login",
    "role",
    "unit",
    "organisation",
    "municipality",
    "state",
    "valid_from",
    "valid_to",
    "staff",
)
_LOGIN_MAX = 63
"""Bytes that PostgreSQL keeps of a role's name."""


class Role(StrEnum):
    """The capacities that people read in."""

    OPERATOR = "operator"
    CARE = "care"
    MUNICIPAL = "municipal"
    LEADER = "leader"
    AUDITOR = "auditor"
    DASHBOARD = "dashboard"


@app.command(short_help="Give a login a capacity.")
def add(
    login: Annotated[
        str, typer.Option("--login", metavar="NAME", help="The role that logs in to PostgreSQL.")
    ],
    role: Annotated[Role, typer.Option("--role", help="In which capacity it reads.")],
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="ID", help="Of care staff: the unit, system:value.")
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", metavar="ID", help="The controller that the person works for."),
    ] = None,
    municipality: Annotated[
        str | None,
        typer.Option(
            "--municipality", metavar="NAME", help="Of MAS and MAR: the municipality, name or code."
        ),
    ] = None,
    staff_id: Annotated[
        str | None,
        typer.Option(
            "--staff-id", metavar="-", help="Whose login it is: - reads the person's id from stdin."
        ),
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From when on (default: now).")
    ] = None,
    valid_to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until when.")] = None,
) -> None:
    """Give a login the capacity in which it reads patients' data; who gave it, and when, stays on record.

    \b
    carechain staff add --login anna --role care --unit hsa:SE2321000198-WARD1 --organisation orgnr:2321000198
    carechain staff add --login mas --role municipal --municipality Gävle --organisation orgnr:2120002338
    carechain staff add --login lead --role leader

    The person's id (an HSA-id, say) goes to the vault alone; log and register have a reference. The login itself is
    made in PostgreSQL: which statement does it is printed. Of several capacities in force the one that began last
    counts. A change is a new capacity, and the end of the old one.
    """
    from consumers.staff_register import add as give
    from consumers.staff_register import missing_in_postgresql

    said: dict[str, Any] = {
        "login": _login(login),
        "role": role.value,
        "unit": _reference(unit, "--unit"),
        "organisation": _reference(organisation, "--organisation"),
        "municipality": municipality_code(municipality),
        "valid_from": _time(valid_from, "--from") or datetime.now(UTC),
        "valid_to": _time(valid_to, "--to"),
    }
    _require(said)
    person = _staff_id(staff_id)
    with _register() as connection:
        _only_administrators(connection)
        said["staff"], said["given_by"] = _references(person or f"login:{login}")
        made = give(connection, said)
        connection.commit()
        missing = missing_in_postgresql(connection, made.login, made.role)
    say(f"{login} reads as {role.value} (commission {str(made.id)[:8]}).")
    if missing:
        say("In PostgreSQL an administrator still has to run:")
        say(f"  {missing}")
        say("and, unless it logs in with a certificate, to give a password by \\password in psql.")


@app.command("list", short_help="List the capacities, ended ones too.")
def list_commissions(
    current: Annotated[bool, typer.Option("--current", help="Only those in force now.")] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List in which capacity each login reads, since when and until when.

    \b
    carechain staff list
    carechain staff list --current --json
    """
    from consumers.staff_register import every

    now = datetime.now(UTC)
    with _register() as connection:
        found = [one for one in every(connection) if not current or one.state(now) == "current"]
    chosen = form(output, json=json)
    rows = [_row(one, now) for one in found]
    if chosen is Output.TABLE:
        rows = [{**row, "id": str(row["id"])[:8], "staff": str(row["staff"])[:8]} for row in rows]
    print_rows(rows, COLUMNS, output=chosen)
    if not found and chosen is Output.TABLE:
        say("Nobody has a capacity yet: `carechain staff add` gives one.")


@app.command(short_help="End a capacity.")
def end(
    commission: Annotated[
        str, typer.Argument(metavar="ID", help="As `carechain staff list` shows it, or how it begins.")
    ],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it ends (default: now).")
    ] = None,
) -> None:
    """End a capacity: the login reads no longer in it. The line stays in the register.

    \b
    carechain staff end 3f2a91c4
    carechain staff end 3f2a91c4 --at 2026-07-01T00:00
    """
    from cli import words
    from consumers.staff_register import beginning
    from consumers.staff_register import end as let_end
    from domain.errors import Refused

    meant = ids_beginning(commission, least=4)
    if meant is None:
        raise typer.BadParameter("that is not an id, nor how one begins.", param_hint="ID")
    when = _time(at, "--at") or datetime.now(UTC)
    with _register() as connection:
        _only_administrators(connection)
        found = beginning(connection, *meant)
        if len(found) != 1:
            raise Refused(
                "Several begin like that." if found else "No commission has that id.",
                hint="`carechain staff list` shows them.",
            )
        (one,) = found
        if one.ended_at is not None or one.state(datetime.now(UTC)) == "ended":
            raise Refused("This commission has ended already.")
        _, by = _references(None)
        ends = let_end(connection, one, when, by)
        connection.commit()
    say(f"{one.login} reads as {one.role} until {words.when(ends)}.")


@app.command(short_help="Say in which capacity you read.")
def whoami(json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """Say in which capacity you read: role, unit, and for what.

    \b
    carechain staff whoami
    """
    from consumers.staff_register import current, purposes

    with _register() as connection:
        login = connection.execute("SELECT session_user").fetchone()
        own = current(connection)
        administers = own is None and connection.execute("SELECT access.administers()").fetchone() == (True,)
        role = own.role if own is not None else "operator" if administers else None
        found = {
            "login": login[0] if login else None,
            "role": role,
            "unit": own.unit if own else None,
            "organisation": own.organisation if own else None,
            "municipality": own.municipality if own else None,
            "purposes": purposes(connection, role) if role else [],
            "until": own.valid_to if own else None,
            "administers": administers,
        }
    if form(output, json=json) is not Output.TABLE:
        print_rows([found], tuple(found), output=form(output, json=json))
        return
    _tell(found)


# -- what was given ------------------------------------------------------------------------------------------------


def _require(said: dict[str, Any]) -> None:
    """A usage error where a role lacks what its rights follow from."""
    needed = {"care": ("unit", "organisation"), "municipal": ("municipality", "organisation")}
    for name in needed.get(said["role"], ()):
        if said[name] is None:
            raise typer.BadParameter(f"the role {said['role']} needs it.", param_hint=f"--{name}")
    if said["valid_to"] is not None and said["valid_to"] <= said["valid_from"]:
        raise typer.BadParameter("it would end before it begins.", param_hint="--to")


def _login(name: str) -> str:
    if not name.strip() or len(name.encode()) > _LOGIN_MAX or not name.isprintable():
        raise typer.BadParameter(
            f"that is no login of PostgreSQL (1 to {_LOGIN_MAX} signs).", param_hint="--login"
        )
    return name


def _reference(text: str | None, option: str) -> str | None:
    from domain.identifiers import organisation_ref

    return None if text is None else understood(organisation_ref, text, option)


def _time(text: str | None, option: str) -> datetime | None:
    from domain.calendar import parse_instant

    return None if text is None else understood(parse_instant, text, option)


def _staff_id(text: str | None) -> str | None:
    """The person's id from stdin or a prompt that does not show it, never from the command line."""
    return given_aside(text, option="--staff-id", prompt="Person's id", what="id")


# -- the register --------------------------------------------------------------------------------------------------


@contextmanager
def _register() -> "Iterator[Connection]":
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    with connect(connections(load_settings()).read_dsn, application_name="carechain staff") as connection:
        yield connection
        connection.rollback()


def _only_administrators(connection: "Connection") -> None:
    """Ask PostgreSQL for the right before the vault is asked for anything. Raises its refusal."""
    connection.execute("SELECT FROM access.commission WHERE false FOR UPDATE")


def _references(person: str | None) -> tuple[UUID, UUID]:
    """The vault's references for a person, and for who gives this command."""
    from cli.actor import user
    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import Vault

    settings = load_settings()
    own = f"os:{user()}"
    with Vault(connections(settings).vault_dsn, master_key(settings)) as vault:
        made = [vault.staff_refs([one])[0] for one in (person or own, own)]
    return UUID(made[0]), UUID(made[1])


def _row(one: "Commission", now: datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "login": one.login,
        "role": one.role,
        "unit": one.unit,
        "organisation": one.organisation,
        "municipality": one.municipality,
        "state": one.state(now),
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "staff": one.staff,
        "given_at": one.given_at,
        "given_by": one.given_by,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
    }


def _tell(found: dict[str, Any]) -> None:
    from cli import words
    from cli.page import print_line

    if found["role"] is None:
        print_line(f"{found['login']} has no capacity: it reads no patients' data.")
        return
    where = ", ".join(found[name] for name in ("unit", "organisation") if found[name])
    if found["municipality"]:
        where = ", ".join(filter(None, (words.municipality(found["municipality"]), where)))
    print_line(f"{found['login']} reads as {found['role']}" + (f" at {where}." if where else "."))
    if found["administers"]:
        print_line("It runs the installation, and may act in every role; each look is logged.")
    print_line(
        f"For: {', '.join(found['purposes'])}." if found["purposes"] else "It sees published figures alone."
    )
    if found["until"]:
        print_line(f"Until {words.when(found['until'])}.")
