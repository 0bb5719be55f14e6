"""What every question has in common: about whom, as of when, on what connection, and in which form the answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli import units
from cli.clocks import Clocks, knowledge
from cli.clocks import read_clocks as read_clocks
from cli.identities import given_aside
from cli.looking import Look, Sees, act, look
from cli.looking import told as withheld
from cli.output import Output, Row, print_rows, say
from cli.reading import connected, kept_schema, one_moment, require_shown, shown_past
from cli.understood import understood as understood
from domain.errors import Refused

if TYPE_CHECKING:
    from infra.postgres import Connection
    from projections.query import Filters

JourneyOption = Annotated[
    str | None, typer.Option("--journey", metavar="ID", help="One journey: its id, or how its id begins.")
]
PatientOption = Annotated[
    str | None,
    typer.Option(
        "--patient", metavar="-", help="One patient: - reads the number from stdin, or asks for it."
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option("--unit", metavar="UNIT", help="One unit: its HSA-id, system:value, or its name."),
]
MunicipalityOption = Annotated[
    str | None, typer.Option("--municipality", metavar="NAME", help="One municipality: name or code.")
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="NAME", help="One region: name or code.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="As it was then: ISO 8601; Swedish time without an offset."),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option(
        "--known-at", metavar="TIME", help="As it was known then: ISO 8601; Swedish time without an offset."
    ),
]
PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE.svg|png", help="Draw it into a file instead.")
]
CheckOption = Annotated[bool, typer.Option("--check", help="Exit 1 when something is found.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --output json.")]
OutputOption = Annotated[Output, typer.Option("--output", help="How to print the answer.")]


@dataclass(frozen=True)
class Asked:
    """A question made ready: the connection sees one moment of the tables, from first to last."""

    connection: "Connection"
    schema: str
    filters: "Filters"
    now: datetime
    """The moment asked about, in UTC."""
    clocks: Clocks
    linked: tuple[UUID, ...] = ()
    """Of a question about one patient: the other journeys that are the same person's."""
    look: Look | None = None
    """The logged look that opened the patients' data; ``None`` where there are only figures."""

    @property
    def known_at(self) -> datetime | None:
        """What was recorded later does not count (UTC); ``None``: everything known counts."""
        return self.clocks.known_at


@contextmanager
def asking(
    *,
    journey: str | None = None,
    patient: str | None = None,
    unit: str | None = None,
    municipality: str | None = None,
    region: str | None = None,
    as_of: str | None = None,
    known_at: str | None = None,
    rules: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    sees: Sees = Sees.PATIENTS,
    relations: Sequence[str] | None = None,
) -> Iterator[Asked]:
    """Understand what was asked and open the answers. Raises ``Refused`` for what is not known, else usage errors.

    With ``known_at`` they are made first: of one patient at once, of all patients by a job that tells how far it is.
    That patients' data are read is logged before; of a question about many, whose rows in ``relations`` (tables of
    what is shown) are of the place, rules and states asked for; without ``relations`` whose rows of any kind are of the
    place.
    """
    from projections.base import SCHEMA
    from projections.query import Filters

    clocks = read_clocks(as_of, known_at)
    now, known = clocks.now, clocks.known_at
    number = patient_number(patient)
    about = {
        "municipality": municipality_code(municipality),
        "region": region_code(region),
    }
    everybody = journey is None and number is None
    with connected() as connection:
        schema = kept_schema(connection, known) if known is not None and everybody else SCHEMA
        role = act(connection, sees)
        require_shown(connection)
        journeys = chosen(connection, journey, number, now)
        units.learn(connection, now=now, known_at=known)
        about["unit"] = _unit(unit)
        made = None
        if sees is Sees.PATIENTS:
            made = _look(connection, journeys, about, rules, states, relations, schema, now, role)
        connection.commit()
        one_moment(connection, temporary=known is not None and not everybody)
        linked: tuple[UUID, ...] = ()
        if journeys is not None and known is None:
            journeys, linked = _shown_now(connection, journeys)
        elif journeys is not None and known is not None:
            schema, journeys, linked = shown_past(connection, journeys, known)
        filters = Filters(
            journeys=journeys, linked=linked, rules=rules, states=states, known_at=known, **about
        )
        yield Asked(connection, schema, filters, now, clocks, linked, made)


def _look(
    connection: "Connection",
    journeys: Sequence[UUID] | None,
    about: Mapping[str, str | None],
    rules: Sequence[str] | None,
    states: Sequence[str] | None,
    relations: Sequence[str] | None,
    schema: str,
    now: datetime,
    role: str | None,
) -> Look:
    place: dict[str, object] = {name: value for name, value in about.items() if value is not None}
    if relations is not None:
        place |= {"rules": list(rules)} if rules is not None else {}
        place |= {"states": list(states)} if states is not None else {}
    return look(
        connection,
        journeys=journeys,
        place=place,
        relations=relations,
        schema=schema,
        moment=now,
        role=role,
    )


# -- about whom ----------------------------------------------------------------------------------------------------


def patient_number(patient: str | None) -> str | None:
    """The number of the patient meant, from stdin or a prompt that does not show it. Never from the command line."""
    return given_aside(patient, option="--patient", prompt="Patient's number", what="number")


def _unit(text: str | None) -> str | None:
    """As it stands on rows; an HSA-id may come without its system. Raises ``Refused`` where several are called so."""
    if text is None or ":" in text:
        return text
    named = units.ids(text)
    if len(named) > 1:
        raise Refused("Several units are called so.", hint=f"Give the id of one of them: {', '.join(named)}.")
    return named[0] if named else f"hsa:{text}"


def municipality_code(text: str | None) -> str | None:
    """The code of a municipality by name or code, where one is given. A usage error for none that is known."""
    from domain.reference import find_municipality

    return None if text is None else understood(find_municipality, text, "--municipality").code


def region_code(text: str | None) -> str | None:
    """The code of a region, likewise."""
    from domain.reference import find_region

    return None if text is None else understood(find_region, text, "--region").code


def chosen(
    connection: "Connection", journey: str | None, number: str | None, now: datetime
) -> tuple[UUID, ...] | None:
    """The journey meant by an id, its beginning or a patient's number. Raises ``Refused`` where there is none."""
    if journey is not None and number is not None:
        raise typer.BadParameter("give either --journey or --patient, not both.", param_hint="--patient")
    if journey is not None:
        return (find_journey(connection, journey),)
    return None if number is None else (_journey_of(number, now),)


def _shown_now(
    connection: "Connection", journeys: Sequence[UUID]
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """The journeys that the rows of these stand under, and the others that do: linked ones stand under one."""
    from consumers.journal import Journal

    journal = Journal(connection)
    heads = tuple(journal.heads(journeys))
    return heads, tuple(journal.members(heads))


def find_journey(connection: "Connection", text: str) -> UUID:
    """The one known journey whose id is, or begins with, ``text``. Raises ``Refused``, usage errors for no id."""
    from projections.journeys import find

    meant = ids_beginning(text, least=4)
    if meant is None:
        raise typer.BadParameter(
            "that is not a journey's id, nor how one begins (four signs or more of 0-9 and a-f).",
            param_hint="--journey",
        )
    found = find(connection, *meant)
    if not found:
        raise Refused(
            "No journey with that id is known.", hint="`carechain journey list` shows those that are."
        )
    if len(found) > 1:
        raise Refused("Several journeys begin like that.", hint="Give more of the id.")
    return found[0]


def ids_beginning(text: str, *, least: int) -> tuple[UUID, UUID] | None:
    """The first and the last id that is, or begins with, ``text``; None where no id of ``least`` signs does."""
    digits = text.strip().lower().replace("-", "")
    if not least <= len(digits) <= 32 or any(sign not in "0123456789abcdef" for sign in digits):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def _journey_of(number: str, now: datetime) -> UUID:
    from domain.calendar import local_date
    from domain.identifiers import PatientId
    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import Vault

    today = local_date(now)
    named = number if ":" in number else f"personnummer:{number}"
    patient = PatientId.from_text(named, on=today)
    settings = load_settings()
    with Vault(connections(settings).vault_dsn, master_key(settings)) as vault:
        journey = vault.find_journey(patient.system, patient.value)
    if journey is None:
        raise Refused("No journey is known for that patient.", hint="Check the number, and its kind.")
    return journey


def require_picture(plot: Path | None) -> None:
    """A usage error for a file that cannot be drawn into."""
    if plot is not None and plot.suffix.lower() not in (".svg", ".png"):
        raise typer.BadParameter("the file's name must end with .svg or .png.", param_hint="--plot")


# -- the answer ----------------------------------------------------------------------------------------------------


def form(output: Output, *, json: bool) -> Output:
    """--json is short for --output json."""
    return Output.JSON if json else output


def meta(asked: Asked) -> dict[str, object]:
    """What the envelope says besides the rows: as of when, as known when, how far the answers had come on Kafka."""
    from consumers.journal import Journal

    known = {} if asked.known_at is None else knowledge(asked.clocks)
    positions = Journal(asked.connection).positions()
    return {"as_of": asked.now, **known, "positions": positions, **withheld(asked.look)}


def tell(
    asked: Asked,
    answers: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    line: Callable[[Any], Row],
    *,
    output: Output,
    check: bool,
) -> None:
    """Print the answers, each as a ``line`` of a table or with every field; exit 1 where --check finds some."""
    if output is Output.TABLE:
        from cli.page import print_table

        if answers:
            print_table([line(answer) for answer in answers])
        incomplete = {answer["journey"] for answer in answers if answer.get("incomplete_since")}
        if incomplete:
            say(f"{len(incomplete)} of these journeys cannot be shown in full (marked *).")
        if not answers:
            say("Nothing found.")
    else:
        print_rows(answers, columns, output=output, meta=meta(asked))
    if check and answers:
        raise typer.Exit(1)
