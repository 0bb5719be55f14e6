"""One option for each field of a fact: its name and type on the command line, and the JSON that it gives."""

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import typer
from pydantic import BaseModel

from cli.fact_help import field_words
from domain.calendar import format_instant, parse_instant
from domain.errors import Refused
from domain.fact import FREE_TEXT, Fact, Sealed
from domain.facts._parts import Recipient
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.reference import find_municipality

SHARED = ("unit", "role")
"""Fields that a fact may share with who acts: the common option gives both."""

TEXT_FROM_STDIN = "-"


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


def options(kind: type[Fact], taken: frozenset[str]) -> list[FieldOption]:
    """The fact's options, mandatory ones first; ``taken`` are the flags of the common options."""
    words = field_words(kind)
    names = sorted(kind.model_fields, key=lambda name: (name not in kind.MANDATORY, name == "note"))
    return [_option(kind, name, words.get(name, ""), taken) for name in names if name not in SHARED]


def _option(kind: type[Fact], name: str, words: str, taken: frozenset[str]) -> FieldOption:
    base, marks = _bare(kind.model_fields[name].annotation, kind.model_fields[name].metadata)
    must = "Must be given. " if name in kind.MANDATORY else ""
    flag = f"--{name.replace('_', '-')}"
    if get_origin(base) is tuple:
        item, item_marks = _bare(get_args(base)[0], [])
        if get_origin(item) is Literal:
            # Typer takes several of an enumeration, not of a Literal.
            item = _choices(get_args(item))
        shape = _shape(item, item_marks)
        one = flag.removesuffix("s")
        flags = (flag,) if one in taken else (one, flag)
        help_ = f"{must}{words or 'Several may be given.'} {shape.help}".strip()
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
        f"{must}{words} {shape.help}".strip(),
        shape.sample,
        shape.to_json,
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
        return _Shape(str, "TIME", "", "2026-03-02T08:00", lambda text: format_instant(parse_instant(text)))
    if base is Recipient:
        return _Shape(str, "ROLE[,KEY=VALUE...]", _RECIPIENT_HELP, _RECIPIENT_SAMPLE, read_recipient)
    if get_origin(base) is dict:
        return _Shape(str, "JSON", "A JSON object.", "'{...}'", _json_object)
    if FREE_TEXT in marks:
        return _Shape(str, "TEXT", "- reads it from stdin, after the patient's number.", "-", str)
    if _org_mark() in marks:
        return _Shape(str, "UNIT", "", "hsa:SE2321000198-016965", organisation)
    if _municipality_mark() in marks:
        return _Shape(str, "NAME", "", "Gävle", municipality)
    return _Shape(str, "TEXT", "", "...", str)


_RECIPIENT_SAMPLE = "municipal-health,municipality=2180"
_RECIPIENT_HELP = (
    "ROLE is inpatient, emergency, open-care, municipal-health or social-services; "
    f"keys are unit, municipality, received. As {_RECIPIENT_SAMPLE}."
)
_RECIPIENT_KEYS = {"unit": "unit", "municipality": "municipality", "received": "received_at"}


def read_recipient(text: str) -> dict[str, str]:
    """``role[,unit=...][,municipality=...][,received=...]`` as JSON. Raises ``Refused``."""
    role, *rest = (part.strip() for part in text.split(","))
    readers: Mapping[str, Callable[[str], str]] = {
        "unit": organisation,
        "municipality": municipality,
        "received": lambda value: format_instant(parse_instant(value)),
    }
    read = {"role": role}
    for part in rest:
        key, equals, value = part.partition("=")
        if not equals or key not in readers:
            raise Refused("A recipient cannot be read.", f"Write it as {_RECIPIENT_SAMPLE}.")
        read[_RECIPIENT_KEYS[key]] = readers[key](value)
    return read


def organisation(text: str) -> str:
    """An HSA-id may come without its system."""
    return text if ":" in text else f"hsa:{text}"


def municipality(text: str) -> str:
    """The code of a municipality by name or code. Raises ``Refused``."""
    return find_municipality(text).code


def _json_object(text: str) -> Any:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused(
            "This is not a JSON object.", 'Write it as {"unit": "hsa:..."}, in quotes of the shell.'
        )
    return read


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
                return str, tuple(found)
        else:
            return annotation, tuple(found)


def _org_mark() -> Any:
    return get_args(OrganisationRef)[1]


def _municipality_mark() -> Any:
    return get_args(MunicipalityCode)[1]


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
