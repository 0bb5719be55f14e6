"""Which sort of thing a fact's field holds, so that a mapping need not say how a column is to be read."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from domain.fact import Fact
from domain.identifiers import MunicipalityCode, OrganisationRef

Kind = Literal["text", "time", "unit", "municipality", "yes-no", "whole"]


@cache
def kind_of(model: type[BaseModel], field: str) -> Kind:
    """How a column's text is read for this field."""
    parts = list(_parts(model.model_fields[field].annotation))
    if OrganisationRef in parts:
        return "unit"
    if MunicipalityCode in parts:
        return "municipality"
    if datetime in parts:
        return "time"
    if bool in parts:
        return "yes-no"
    return "whole" if int in parts else "text"


@cache
def items_of(kind: type[Fact], field: str) -> type[BaseModel] | None:
    """The model of what a list in this field holds, where it is one."""
    return part_model(kind.model_fields[field].annotation)


def part_model(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation."""
    found = (part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel))
    return next(found, None)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    inner = get_args(annotation)
    for part in inner[:1] if get_origin(annotation) is Annotated else inner:
        yield from _parts(part)
