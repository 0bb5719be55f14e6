"""One option for each field of a fact: its name and type on the command line, and the JSON that it gives."""

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import typer
from pydantic import BaseModel

from cli.fact_help import field_words
from cli.field_values import (
    JOURNEY_HELP,
    PRINCIPAL_HELP,
    PRINCIPAL_SAMPLE,
    RECIPIENT_HELP,
    RECIPIENT_SAMPLE,
    json_object,
    moment,
    month,
    municipality,
    organisation,
    principal,
    read_recipient,
    region,
)
from domain.errors import Refused
from domain.fact import FREE_TEXT, Fact, Sealed
from domain.facts._parts import Principal, Recipient
from domain.facts.person import JourneyId
from domain.facts.referral import TrackId
from domain.facts.settlement import Month
from domain.identifiers import MunicipalityCode, OrganisationRef, RegionCode

SHARED = ("unit", "role")
"""Fields that a fact may share with who acts: the common option gives both."""

TEXT_FROM_STDIN = "-"
TRACK = "TRACK"
"""How --help names the value of an option that takes a track; the tracks themselves stand above the options."""


@dataclass(frozen=True)
class FieldOption:
    """How one field is given."""

    field: str
    flags: tuple[str, ...]
    annotation: Any
    """The type that typer reads it as."""
    metavar: str | None
    help: str
    sample: str
    """A value for the example in --help."""
    to_json: Callable[[Any], Any]
    """From what typer read to the field's JSON. Raises ``Refused``."""
    names_journey: bool = False
    """Whether it names another journey, to be found in the store."""


def options(kind: type[Fact], taken: frozenset[str]) -> list[FieldOption]:
    """The fact's options, mandatory ones first; ``taken`` are the flags of the common options."""
    words = field_words(kind)
    names = sorted(kind.model_fields, key=lambda name: (name not in kind.MANDATORY, name == "note"))
    return [_option(kind, name, words.get(name, ""), taken) for name in names if name not in SHARED]


def _option(kind: type[Fact], name: str, words: str, taken: frozenset[str]) -> FieldOption:
    base, marks = _bare(kind.model_fields[name].annotation, kind.model_fields[name].metadata)
    must = "Must be given." if name in kind.MANDATORY else ""
    flag = f"--{name.replace('_', '-')}"
    if get_origin(base) is tuple:
        item, item_marks = _bare(get_args(base)[0], [])
        if get_origin(item) is Literal:
            # Typer takes several of an enumeration, not of a Literal.
            item = _choices(get_args(item))
        shape = _shape(item, item_marks)
        one = flag.removesuffix("s")
        flags = (flag,) if one in taken or one == flag else (one, flag)
        help_ = " ".join(filter(None, (must, words or "Several may be given.", shape.help)))
        return FieldOption(
            name,
            flags,
            types.GenericAlias(list, (shape.annotation,)),
            shape.metavar,
            help_,
            shape.sample,
            _each(shape.to_json),
        )
    shape = _shape(base, marks)
    flags = (f"{flag}/--no-{flag[2:]}",) if base is bool else (flag,)
    return FieldOption(
        name,
        flags,
        shape.annotation,
        shape.metavar,
        " ".join(filter(None, (must, words, shape.help))),
        shape.sample,
        shape.to_json,
        _mark(JourneyId) in marks,
    )


def _choices(values: tuple[str, ...]) -> type[StrEnum]:
    made: Any = StrEnum
    return cast("type[StrEnum]", made("Choice", {value: value for value in values}))


@dataclass(frozen=True)
class _Shape:
    annotation: Any
    metavar: str | None
    help: str
    sample: str
    to_json: Callable[[Any], Any]


def _shape(base: Any, marks: tuple[Any, ...]) -> _Shape:
    if isinstance(base, type) and issubclass(base, StrEnum):
        return _Shape(base, None, "", str(next(iter(base))), str)
    if get_origin(base) is Literal:
        return _Shape(base, None, "", str(get_args(base)[0]), str)
    if base is bool:
        return _Shape(bool, None, "", "", bool)
    if base is datetime:
        return _Shape(str, "TIME", "", "2026-03-02T08:00", moment)
    if base is Recipient:
        return _Shape(str, "ROLE[,KEY=VALUE...]", RECIPIENT_HELP, RECIPIENT_SAMPLE, read_recipient)
    if get_origin(base) is dict:
        return _Shape(str, "JSON", "A JSON object.", "'{...}'", json_object)
    if FREE_TEXT in marks:
        return _Shape(str, "TEXT", "- reads it from stdin, after the patient's number.", "-", str)
    own_form = (shape for of, shape in _marked() if all(_mark(kind) in marks for kind in of))
    return next(own_form, _Shape(str, "TEXT", "", "...", str))


@cache
def _marked() -> tuple[tuple[tuple[Any, ...], _Shape], ...]:
    """Texts with a form of their own, by the types that a field takes; several before one of them alone."""
    return (
        ((OrganisationRef,), _Shape(str, "UNIT", "", "hsa:SE2321000198-016965", organisation)),
        (get_args(Principal), _Shape(str, "NAME", PRINCIPAL_HELP, PRINCIPAL_SAMPLE, principal)),
        ((MunicipalityCode,), _Shape(str, "NAME", "", "Gävle", municipality)),
        ((RegionCode,), _Shape(str, "NAME", "", "Gävleborg", region)),
        ((TrackId,), _Shape(str, TRACK, "", "heart-failure", str)),
        ((Month,), _Shape(str, "MONTH", "", "2026-03", month)),
        ((JourneyId,), _Shape(str, "ID", JOURNEY_HELP, "3f0c6c1e", str)),
    )


def _each(to_json: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: [to_json(value) for value in values]


def _bare(annotation: Any, marks: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside ``... | None`` and ``Annotated``, with the marks met on the way; texts of several forms are str."""
    found = list(marks)
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            found += more
        elif get_origin(annotation) in (typing.Union, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None) and part is not Sealed]
            annotation = parts[0]
            if len(parts) > 1:
                return str, (*found, *(mark for part in parts for mark in get_args(part)[1:]))
        else:
            return annotation, tuple(found)


def _mark(annotated: Any) -> Any:
    return get_args(annotated)[1]


def as_data(given: Mapping[str, Any], wanted: list[FieldOption]) -> dict[str, Any]:
    """The fact's JSON from what was given. Raises a usage error that names the option."""
    data = {}
    for option in wanted:
        value = given[option.field]
        if value is None or value == []:
            continue
        try:
            data[option.field] = option.to_json(value)
        except Refused as refused:
            raise typer.BadParameter(
                f"{refused.message} {refused.hint}".strip(), param_hint=option.flags[0]
            ) from None
    return data


def checked(kind: type[BaseModel], data: Mapping[str, Any], flags: Mapping[str, str]) -> None:
    """Raise a usage error that names the option whose value the fact does not take; the value is not repeated."""
    from pydantic import ValidationError

    try:
        kind.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        hint = str(first.get("ctx", {}).get("hint", "")) if first["type"] == "refused" else ""
        raise typer.BadParameter(
            f"{first['msg']} {hint}".strip(), param_hint=flags.get(str(first["loc"][0]))
        ) from None
