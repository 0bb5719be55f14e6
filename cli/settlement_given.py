"""What commands about settlements are given, understood: whose month, which stays, and the options for it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import ids_beginning, understood
from cli.looking import Sees
from cli.reading import reading
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

OneMunicipalityOption = Annotated[
    str, typer.Option("--municipality", metavar="NAME", help="Its name or code.")
]
MonthOption = Annotated[str, typer.Option("--month", metavar="MONTH", help="Of discharge, as 2026-03.")]


def required(municipality: str) -> str:
    """The code of a municipality by name or code. Raises usage errors."""
    from cli import field_values

    return understood(field_values.municipality, municipality, "--municipality")


def month(text: str) -> str:
    """A calendar month. Raises usage errors."""
    from cli import field_values

    return understood(field_values.month, text, "--month")


def codes(municipality: str | None, region: str | None) -> list[str]:
    """The municipality meant, else all of the region."""
    from domain import reference

    if municipality is not None:
        return [municipality]
    return [unit.code for unit in reference.municipalities() if unit.region_code == region]


def name(code: str) -> str:
    """Of a municipality."""
    from domain import reference

    return reference.municipality(code).name


def stays(given: "Sequence[str]", code: str, month: str, now: datetime) -> "tuple[UUID, ...]":
    """The stays meant by ids or how they begin, among the month's cases. Raises ``Refused``, usage errors."""
    from projections.base import SCHEMA
    from projections.settlement import spells

    if not given:
        return ()
    with reading(Sees.EVERYTHING) as connection:
        known = {spell.stay for spell in spells(connection, SCHEMA, [code], month, now)}
    found = []
    for text in given:
        meant = ids_beginning(text, least=4)
        if meant is None:
            raise typer.BadParameter(
                "that is not a stay's id, nor how one begins (four signs or more of 0-9 and a-f).",
                param_hint="--stay",
            )
        of_month = [stay for stay in known if meant[0] <= stay <= meant[1]]
        if len(of_month) != 1:
            raise Refused(
                f"{'Several cases begin' if of_month else 'No case begins'} like that in {month}.",
                hint=f"`carechain settlement show --municipality {name(code)} --month {month} --cases` lists them.",
            )
        found.append(of_month[0])
    return tuple(found)
