"""What is wrong with a mapping's file, told by file, line and key, with a sentence on how to mend it."""

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from difflib import get_close_matches
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from consumers.intake.tables.kinds import part_model
from consumers.intake.tables.mapping import Mapping, mapping_of
from consumers.intake.tables.mapping_parts import Datum, FileForm, Ignore, PatientValue, Rule, Value, When
from domain.errors import Refused
from domain.fact import Fact, by_name, load_catalogue
from domain.toml_lines import Lines, Path, lines_of
from domain.toml_text import parsed_toml

_HINT = "`carechain source show ward-periods` prints a mapping that holds; each key is explained there."
_MODELS: AnyMapping[str, type[BaseModel]] = {
    "file": FileForm,
    "patient": PatientValue,
    "fact": Rule,
    "when": When,
    "ignore": Ignore,
}
BASED_ON = "based_on"
_WORDS = {
    "missing": "This is missing.",
    "string_type": 'This is not a text: write it in quotation marks, as in `= "text"`.',
    "int_type": "This is not a whole number: write it as in `= 3`, without quotation marks.",
    "bool_type": "This is neither true nor false: write `= true` or `= false`.",
    "tuple_type": 'This is not a list: write it in brackets, as in `= ["column"]`.',
    "dict_type": "This is not a table: write its keys on lines of their own.",
    "model_type": 'This does not say where it comes from: write `= {column = "name"}`.',
    "model_attributes_type": 'This does not say where it comes from: write `= {column = "name"}`.',
    "too_short": "This is empty.",
}


def checked(text: str, file: str) -> Mapping:
    """The mapping that a file holds. Raises ``Refused`` naming all that is wrong, by line and key."""
    text = text.removeprefix("\ufeff")
    document = parsed_toml(text, file)
    lines = lines_of(text)
    if BASED_ON in document:
        document = _based(document, file, lines)
    try:
        mapping = mapping_of(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list whose items are wrong is told to be empty, too.
        places = [one["loc"] for one in found]
        told = [
            one
            for one in found
            if one["type"] != "too_short"
            or not any(place != one["loc"] and place[: len(one["loc"])] == one["loc"] for place in places)
        ]
        wrong = [_of_pydantic(dict(one), document) for one in told]
        raise _refusal(file, lines, wrong) from None
    wrong = list(_senseless(mapping))
    if wrong:
        raise _refusal(file, lines, wrong)
    return mapping


def _based(document: dict[str, Any], file: str, lines: Lines) -> dict[str, Any]:
    """What a shipped mapping says, with what this one says in its place: enough to name a sender and a region."""
    from consumers.intake.tables.shipped import shipped_files

    name = document.pop(BASED_ON)
    shipped = shipped_files()
    if f"{name}.toml" not in shipped:
        known = ", ".join(one.removesuffix(".toml") for one in shipped)
        raise _refusal(
            file, lines, [((BASED_ON,), f"There is no such mapping to build on: there are {known}.")]
        )
    base = tomllib.loads(shipped[f"{name}.toml"])
    own = {
        key: base[key] | said if isinstance(said, dict) and isinstance(base.get(key), dict) else said
        for key, said in document.items()
    }
    return base | own


def _refusal(file: str, lines: Lines, wrong: list[tuple[Path, str]]) -> Refused:
    told: dict[tuple[int, str], None] = {}
    for path, sentence in wrong:
        line = lines.line(path)
        place = [file, *([f"line {line}"] if line else []), _key(path)]
        told[line or 0, f"{', '.join(place)}: {sentence}"] = None
    return Refused("\n".join(text for _, text in sorted(told)), hint=_HINT)


def _key(path: Path) -> str:
    """``fact[2].time``, as people number them."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _of_pydantic(error: AnyMapping[str, Any], document: AnyMapping[str, Any]) -> tuple[Path, str]:
    path = tuple(part for part in error["loc"] if not (isinstance(part, str) and part.startswith("~")))
    kind: str = error["type"]
    if kind == "extra_forbidden":
        known = _known(path[:-1], document)
        near = get_close_matches(str(path[-1]), known, n=1)
        return path, "There is no such key. " + (
            f"Did you mean {near[0]}?" if near else f"The keys here are {', '.join(known)}."
        )
    if kind == "literal_error":
        return path, f"There is no such choice: it is {error['ctx']['expected']}."
    if kind == "string_pattern_mismatch":
        return path, f"This cannot be used here: it must be of the form {error['ctx']['pattern']}."
    return path, _WORDS.get(kind) or f"This cannot be used: {error['msg'].rstrip('.')}."


def _known(path: Path, document: AnyMapping[str, Any]) -> list[str]:
    """The keys that a part may have."""
    names = [part for part in path if isinstance(part, str)]
    model = _MODELS.get(names[-1], Value) if names else Mapping
    return [field.alias or name for name, field in model.model_fields.items()]


def _senseless(mapping: Mapping) -> Iterator[tuple[Path, str]]:
    """What is written rightly and means nothing."""
    load_catalogue()
    try:
        ZoneInfo(mapping.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("time_zone",), "There is no such time zone: write one as in Europe/Stockholm."
    for number, form in enumerate(mapping.file.dates):
        if not all(any(sign in form for sign in signs) for signs in (("%Y", "%y"), ("%m", "%b"), ("%d",))):
            yield (
                ("file", "dates", number),
                "This says not of which year, month and day: write %Y, %m and %d.",
            )
    for name in mapping.unconfirmed:
        if name not in mapping.values:
            yield ("unconfirmed",), f"There is no table of values called {name}."
    single = {name: getattr(mapping, name) for name in ("episode", "unit", "message", "sequence", "actor")}
    for path, value in [((name,), value) for name, value in single.items() if value is not None] + [
        (("patient", number), value) for number, value in enumerate(mapping.patient)
    ]:
        yield from _value(mapping, path, value)
    for number, rule in enumerate(mapping.fact):
        yield from _rule(mapping, ("fact", number), rule)


def _value(mapping: Mapping, path: Path, value: Value) -> Iterator[tuple[Path, str]]:
    if value.values is not None and value.values not in mapping.values:
        yield (
            path,
            f"There is no table of values called {value.values}: write it under [values.{value.values}].",
        )
    if value.template is not None and (
        not value.columns or value.template.count("{") != value.template.count("}") or "" in value.columns
    ):
        yield path, "The template names no columns in braces: write it as in `{WARD}-{BED}`."


def _rule(mapping: Mapping, path: Path, rule: Rule) -> Iterator[tuple[Path, str]]:
    for name in ("time", "sent", "unit"):
        value = getattr(rule, name)
        if value is not None:
            yield from _value(mapping, (*path, name), value)
    kind = by_name(rule.fact)
    if kind is None:
        near = get_close_matches(rule.fact, [fact.NAME for fact in load_catalogue().values()], n=1)
        yield (
            (*path, "fact"),
            "There is no such fact. "
            + (f"Did you mean {near[0]}?" if near else "`carechain schema` lists them."),
        )
        return
    for field, datum in rule.data.items():
        yield from _field(mapping, (*path, "data", field), kind, field, datum)


def _field(
    mapping: Mapping, path: Path, kind: type[Fact], field: str, datum: Datum
) -> Iterator[tuple[Path, str]]:
    if field not in kind.model_fields or field == "note":
        known = [name for name in kind.model_fields if name != "note"]
        near = get_close_matches(field, known, n=1)
        yield (
            path,
            f"{kind.NAME} has no such field. "
            + (f"Did you mean {near[0]}?" if near else f"It has {', '.join(known)}."),
        )
        return
    if isinstance(datum, Value):
        yield from _value(mapping, path, datum)
        table = mapping.values.get(datum.values or "", {})
        for told in table.values():
            yield from _constant(path, kind, field, told, f"The table of values {datum.values}")
        if datum.constant is not None and datum.system is None:
            yield from _constant(path, kind, field, datum.constant, "The constant")
    elif isinstance(datum, tuple):
        yield from _items(mapping, path, kind, field, datum)
    else:
        yield from _constant(path, kind, field, datum, "The constant")


def _items(
    mapping: Mapping, path: Path, kind: type[Fact], field: str, items: tuple[Any, ...]
) -> Iterator[tuple[Path, str]]:
    model = part_model(kind.model_fields[field].annotation)
    for item in items:
        if not isinstance(item, dict):
            continue
        for name, leaf in item.items():
            if model is None or name not in model.model_fields:
                yield path, f"{name} is no field of what stands here."
            elif isinstance(leaf, Value):
                yield from _value(mapping, path, leaf)
    if not any(isinstance(item, dict) for item in items):
        yield from _constant(path, kind, field, list(items), "The list")


def _constant(path: Path, kind: type[Fact], field: str, told: Any, what: str) -> Iterator[tuple[Path, str]]:
    """A value that stands in the mapping must be one that the fact takes."""
    import msgspec

    try:
        kind.model_validate_json(msgspec.json.encode({field: told}))
    except ValidationError as error:
        choices = [
            choice for arg in get_args(kind.model_fields[field].annotation) for choice in get_args(arg)
        ]
        texts = [choice for choice in choices if isinstance(choice, str)]
        more = f" It takes {', '.join(texts)}." if texts else f" {error.errors()[0]['msg']}."
        yield path, f"{what} holds what {kind.NAME} does not take as {field}.{more}"
