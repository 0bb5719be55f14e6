"""What is wrong with a site profile, in words for the person who wrote it, by file, line and key."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from domain.toml_lines import Lines, Path

_BY_TYPE: Final = {
    "string_type": 'This is not a text: write it in quotation marks, as in `= "text"`',
    "bool_type": "This is neither true nor false",
    "int_type": "This is not a whole number",
    "tuple_type": 'This is not a list: write it in brackets, as in `= ["PV1-44", "EVN-2"]`',
    "dict_type": "This is a part of the file, not a value: write its heading on a line of its own",
    "model_type": "This is a part of the file, not a value: write its heading on a line of its own",
    "too_short": "The list is empty",
    "too_long": "The list is too long",
    "greater_than_equal": "The number is too small",
    "less_than_equal": "The number is too large",
    "string_pattern_mismatch": "It holds signs that it may not hold, or too many",
}
_OWN: Final = ("path", "system", "zone", "time_name")
"""Kinds of errors whose sentence begins with the value itself."""


def wrong_in(error: ValidationError, lines: Lines, file: str, model: type[BaseModel]) -> list[str]:
    """A line for each thing that is wrong, in the order of the file."""
    found: dict[Path, tuple[int, str]] = {}
    for one in error.errors(include_url=False):
        place = tuple(part for part in one["loc"] if not str(part).startswith(("[key]", "function-")))
        # Of a value that may be of several kinds the first is told; a list is not empty for what is wrong in it.
        if place not in found and not any(other[: len(place)] == place for other in found):
            line = lines.line(place) or 1
            where = f"{file}, line {line}, {_key(place)}: " if place else f"{file}: "
            found[place] = (line, f"{where}{_sentence(one, place, model)}.")
    return [text for _, text in sorted(found.values(), key=lambda pair: pair[0])]


def _key(place: Path) -> str:
    """``times.admitted[1]``, as people number them."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _sentence(error: Mapping[str, Any], place: Path, model: type[BaseModel]) -> str:
    kind: str = error["type"]
    if kind == "extra_forbidden":
        known = list(_at(model, place[:-1]).model_fields)
        near = get_close_matches(str(place[-1]), known, n=1)
        return f"There is no such key. {f'Did you mean {near[0]}?' if near else 'There are ' + ', '.join(known)}".rstrip(
            "?"
        )
    if kind in _OWN:
        return f"{place[-1] if kind == 'time_name' else 'This'} {error['msg']}"
    return _BY_TYPE.get(kind) or str(error["msg"]).rstrip(".")


def _at(model: type[BaseModel], place: Path) -> type[BaseModel]:
    """The part of the model that stands at a place in the file."""
    for part in place:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field is not None else None
        for candidate in (inner, *getattr(inner, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return model
