"""`carechain audit access`, `sample` and `checked`: who looked at patients' data, and the checking of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli import units, words
from cli.asking import (
    JourneyOption,
    JsonOption,
    OutputOption,
    PatientOption,
    chosen,
    form,
    ids_beginning,
    patient_number,
)
from cli.field_values import MONTH
from cli.output import Output, print_rows, say
from cli.understood import understood
from domain.errors import Refused

if TYPE_CHECKING:
    from fractions import Fraction

    from consumers.audit.access_view import Looked
    from infra.postgres import Connection

COLUMNS = (
    "id",
    "at",
    "staff",
    "role",
    "unit",
    "organisation",
    "purpose",
    "action",
    "ground",
    "emergency",
    "lifted",
    "patients",
    "blocked",
    "unconsented",
    "verdict",
    "checked_at",
    "checked_by",
)
EXTRACT = ("at", "unit", "organisation", "role", "purpose", "action", "emergency")
"""What the patient is told: unit and time, so that they can judge it, and nobody's name (PDL 8:5)."""
ROLES = {
    "care": "care staff",
    "municipal": "MAS or MAR",
    "operator": "coordination",
    "auditor": "audit",
}
FromOption = Annotated[str | None, typer.Option("--from", metavar="TIME", help="No earlier than this.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Earlier than this.")]


class Verdict(StrEnum):
    """What came of checking a look."""

    IN_ORDER = "in-order"
    ASK = "ask"
    UNAUTHORISED = "unauthorised"


def access(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="LOGIN", help="One person's: login, or staff reference.")
    ] = None,
    since: FromOption = None,
    until: ToOption = None,
    emergencies: Annotated[bool, typer.Option("--emergencies", help="Only those in an emergency.")] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Only those that nobody has checked.")
    ] = False,
    extract: Annotated[
        bool, typer.Option("--extract", help="The patient's own extract: unit and time, no staff.")
    ] = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List who looked at patients' data: when, from which unit, for what, and why it was allowed.

    \b
    carechain audit access --patient -
    carechain audit access --patient - --extract --output csv
    carechain audit access --user anna --from 2026-03-01
    carechain audit access --emergencies --unchecked

    For auditors. Staff are references that the vault resolves. Asking about a patient is logged, too.
    """
    from consumers.audit.access_view import looks, shown_in

    named = journey is not None or patient is not None
    if not named and user is None and not emergencies:
        raise typer.BadParameter("say whose: --patient -, --journey, --user, or --emergencies.")
    if extract and not named:
        raise typer.BadParameter(
            "an extract is of one patient: --patient - or --journey.", param_hint="--extract"
        )
    number = patient_number(patient)
    begin, end = _time(since, "--from"), _time(until, "--to")
    with _auditing() as (connection, role):
        staff = None if user is None else _staff(connection, user)
        journeys, own = None, None
        if named:
            own = _look(connection, role, journey, number)
            journeys = shown_in(connection, own)
        found = looks(
            connection,
            journeys=journeys,
            staff=staff,
            since=begin,
            until=end,
            emergencies=emergencies,
            unchecked=unchecked,
            without=own,
        )
    if extract:
        _print_extract(found, form(output, json=json))
    else:
        _print(found, form(output, json=json))


def sample(
    share: Annotated[
        str, typer.Option("--share", metavar="PERCENT", help="How many of the looks are drawn.")
    ] = "2%",
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="WORD", help="The same seed draws the same looks.")
    ] = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-03", help="Of one calendar month, in Sweden.")
    ] = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Draw looks for the recurring check, and with them every emergency and every protection that was lifted.

    \b
    carechain audit sample --month 2026-03
    carechain audit sample --share 5% --seed march --month 2026-03 --output csv
    carechain audit checked 3f2a91c4 --verdict in-order

    PDL 4:3 and SVOD 4:4 ask for systematic and recurring checks. The seed is told, so that a sample can be drawn again.
    """
    import secrets

    from consumers.audit.access_view import looks
    from consumers.audit.access_view import sample as draw

    part = _share(share)
    word = seed or secrets.token_hex(4)
    begin, end = _month(month)
    with _auditing() as (connection, _):
        found = looks(connection, since=begin, until=end)
    drawn = draw(found, part, word)
    chosen_form = form(output, json=json)
    if chosen_form is Output.TABLE:
        _print_table([{**_line(look), "why": why} for look, why in drawn])
    else:
        rows = [{**asdict(look), "why": why} for look, why in drawn]
        told = {"seed": word, "share": float(part), "looks": len(found)}
        print_rows(rows, (*COLUMNS, "why"), output=chosen_form, meta=told)
    say(f"{len(drawn)} of {len(found)} looks; drawn with --seed {word} --share {share}.")


def checked(
    look: Annotated[str, typer.Argument(metavar="LOOK", help="The look's id, or how it begins.")],
    verdict: Annotated[Verdict, typer.Option("--verdict", help="What came of checking it.")],
) -> None:
    """Put on record what came of checking a look. A later verdict stands beside the earlier one.

    \b
    carechain audit checked 3f2a91c4 --verdict in-order
    carechain audit checked 3f2a91c4 --verdict unauthorised
    """
    from cli.actor import staff_reference
    from consumers.audit.access_view import check, looks_beginning

    meant = ids_beginning(look, least=4)
    if meant is None:
        raise typer.BadParameter("that is not a look's id, nor how one begins.", param_hint="LOOK")
    with _auditing() as (connection, role):
        found = looks_beginning(connection, *meant)
        if len(found) != 1:
            raise Refused(
                "Several looks begin like that." if found else "No look has that id.",
                hint="`carechain audit access` and `carechain audit sample` show them.",
            )
        check(connection, found[0], verdict.value, None if role else UUID(staff_reference()))
        connection.commit()
    say(f"On record: {str(found[0])[: words.SHORT]} {verdict.value}.")


# -- as whom, about whom -------------------------------------------------------------------------------------------


@contextmanager
def _auditing() -> "Iterator[tuple[Connection, str | None]]":
    """A connection with the rights of an auditor, and the role of who is connected, if it is one of a commission."""
    from cli.reading import connected

    with connected() as connection:
        found = connection.execute("SELECT role FROM access.commissioned()").fetchone()
        if found is None:
            connection.execute("SET ROLE carechain_auditor")
        connection.commit()
        # Refused at once to whoever is no auditor, before the vault is asked for anything.
        connection.execute("SELECT FROM access.look LIMIT 0")
        units.learn(connection)
        connection.commit()
        yield connection, None if found is None else str(found[0])


def _look(connection: "Connection", role: str | None, journey: str | None, number: str | None) -> UUID:
    """Log that the patient's log is read; the look's id."""
    from cli.looking import look

    journeys = chosen(connection, journey, number, datetime.now(UTC))
    return look(connection, journeys=journeys, role=role, acting="auditor").id


def _staff(connection: "Connection", text: str) -> Sequence[UUID]:
    from consumers.audit.access_view import staff_of

    try:
        return [UUID(text)]
    except ValueError:
        found = staff_of(connection, text)
    if not found:
        raise Refused(
            "The staff register names no such login.",
            hint="Give the login as PostgreSQL has it, or the staff reference that stands in the log.",
        )
    return found


def _time(text: str | None, option: str) -> datetime | None:
    from datetime import date

    from domain.calendar import parse_instant, start_of_local_day

    if text is None:
        return None
    try:
        return start_of_local_day(date.fromisoformat(text.strip()))
    except ValueError:
        return understood(parse_instant, text, option)


def _share(text: str) -> "Fraction":
    from fractions import Fraction

    try:
        share = Fraction(text.strip().removesuffix("%")) / 100
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise typer.BadParameter("write it as 2%, from 0% to 100%.", param_hint="--share")
    return share


def _month(text: str | None) -> tuple[datetime | None, datetime | None]:
    """A month's beginning and end; a usage error for what is none."""
    from datetime import date

    from domain.calendar import start_of_local_day

    if text is None:
        return None, None
    if not MONTH.fullmatch(text):
        raise typer.BadParameter("write the month as 2026-03.", param_hint="--month")
    first = date.fromisoformat(f"{text}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start_of_local_day(first), start_of_local_day(after)


# -- the page ------------------------------------------------------------------------------------------------------


def _print(found: "Sequence[Looked]", output: Output) -> None:
    if output is Output.TABLE:
        _print_table([_line(look) for look in found])
        unchecked = sum(look.emergency is not None and look.verdict is None for look in found)
        if unchecked:
            say(
                f"{unchecked} in an emergency that nobody has checked: `carechain audit checked LOOK` does it."
            )
    else:
        print_rows(map(asdict, found), COLUMNS, output=output)


def _print_table(lines: Sequence[Mapping[str, Any]]) -> None:
    from cli.page import print_table

    if lines:
        print_table(lines)
    else:
        say("Nobody has looked.")


def _line(look: "Looked") -> dict[str, Any]:
    why = f"emergency: {look.emergency}" if look.emergency else look.ground
    return {
        "look": str(look.id)[: words.SHORT],
        "when": words.when(look.at),
        "staff": str(look.staff)[: words.SHORT] if look.staff else "not told",
        "where": words.unit(look.unit, look.organisation) or ROLES[look.role],
        "for": look.purpose,
        "allowed by": why + (", protection lifted" if look.lifted else ""),
        "patients": look.patients,
        "checked": look.verdict or "",
        "what": look.action,
    }


def _print_extract(found: "Sequence[Looked]", output: Output) -> None:
    """What the patient is given."""
    if output is Output.TABLE:
        _print_table(
            [
                {
                    "when": words.when(look.at),
                    "where": words.unit(look.unit, look.organisation) or ROLES[look.role],
                    "as": ROLES[look.role],
                    "for": look.purpose,
                    "what": f"{look.action} (emergency)" if look.emergency else look.action,
                }
                for look in found
            ]
        )
        return
    rows = [{name: value for name, value in asdict(look).items() if name in EXTRACT} for look in found]
    print_rows(rows, EXTRACT, output=output)
