"""The parts of a mapping: where a value is read from, on which condition, and which fact it becomes."""

from collections.abc import Mapping as AnyMapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from domain.fact import Fact, Role, by_name

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Column = Annotated[str, Field(min_length=1, max_length=200)]
Columns = Annotated[tuple[Column, ...], Field(min_length=1, max_length=50)]
Plain = str | int | float | bool
ROW_NUMBER = "#row"
"""The column that ``repeats = "numbered"`` adds: the number of the row in its file, from 1."""


class Strict(BaseModel):
    """A part of a mapping: nothing but the keys that are known, each of its own type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Value(Strict):
    """What a row says at one place: of a column, of several, or always the same. Exactly one of the first six."""

    column: Column | None = None
    first: Columns | None = None
    """The first of these columns that is filled."""
    join: Columns | None = None
    """Those of these columns that are filled, with a space between them: a date and a time of day."""
    template: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A text with columns in braces, as ``{HOSPITAL}-{CLINIC}``; nothing where one of them is empty."""
    made_of: Columns | None = None
    """For a table that names nobody: an id made of what these columns say, so that equal rows have equal ids."""
    constant: Plain | None = None
    signs: Annotated[int, Field(ge=1, le=500)] | None = None
    """Only so many signs of it, from the beginning."""
    values: Name | None = None
    """The table of values that tells what it stands for."""
    unmapped: Literal["put-aside", "leave-out", "keep"] = "put-aside"
    """What becomes of a value that the table of values lacks. What is left out is noted."""
    system: Literal["hsa", "sor", "orgnr", "local"] | None = None
    """Of a unit: which system its codes are of; without it each is read as it is written, else as local."""
    issuer: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """Of a unit with a local code: whose codes they are; the mapping's source without it."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ORIGINS if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError("origin", "give exactly one of {names}", {"names": ", ".join(ORIGINS)})
        return self

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is read from."""
        if self.template is not None:
            return tuple(part.partition("}")[0] for part in self.template.split("{")[1:])
        if self.column is not None:
            return (self.column,)
        return self.first or self.join or self.made_of or ()


ORIGINS = ("column", "first", "join", "template", "made_of", "constant")


class PatientValue(Value):
    """Who the row is about, and which system the id is of."""

    id_system: Annotated[
        str,
        Field(
            pattern=r"^(personnummer|samordningsnummer|reservnummer(:[0-9]{10})?|lma|cpr|simulated|mrn:[A-Za-z0-9._-]{1,64})$"
        ),
    ]
    """As ``personnummer``; ``mrn:<issuer>`` is a local number of who issued it."""


class When(Strict):
    """A condition on one column. Without regard to capitals and to spaces around a value."""

    model_config = ConfigDict(populate_by_name=True)

    column: Column
    is_: Annotated[str | None, Field(alias="is")] = None
    in_: Annotated[tuple[str, ...] | None, Field(alias="in", min_length=1)] = None
    not_in: Annotated[tuple[str, ...] | None, Field(min_length=1)] = None
    empty: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(test is not None for test in (self.is_, self.in_, self.not_in, self.empty)) != 1:
            raise PydanticCustomError("origin", "give exactly one of is, in, not_in, empty")
        return self

    @cached_property
    def _wanted(self) -> frozenset[str]:
        return frozenset(folded(value) for value in self.in_ or self.not_in or (self.is_ or "",))

    @property
    def tells(self) -> bool:
        """Whether it asks for a certain value: the sender then meant the fact."""
        return self.is_ is not None or self.in_ is not None

    def holds(self, row: AnyMapping[str, str]) -> bool:
        """Whether the row fulfils it."""
        value = row.get(self.column, "")
        if self.empty is not None:
            return self.empty == (not value)
        return (folded(value) in self._wanted) != (self.not_in is not None)


def folded(text: str) -> str:
    """A value or a column's name as it is compared."""
    return " ".join(text.split()).casefold()


def _sort(given: Any) -> str:
    """Which sort of thing a field's value is written as."""
    if isinstance(given, list | tuple):
        return "~list"
    if isinstance(given, dict | Value):
        return "~value"
    return "~plain"


def _item_sort(given: Any) -> str:
    return "~part" if isinstance(given, dict) else "~plain"


Leaf = Annotated[Annotated[Value, Tag("~value")] | Annotated[Plain, Tag("~plain")], Discriminator(_sort)]
Item = Annotated[
    Annotated[dict[str, Leaf], Tag("~part")] | Annotated[Plain, Tag("~plain")], Discriminator(_item_sort)
]
Datum = Annotated[
    Annotated[Value, Tag("~value")]
    | Annotated[tuple[Item, ...], Tag("~list")]
    | Annotated[Plain, Tag("~plain")],
    Discriminator(_sort),
]
"""What a fact's field gets: always the same, from a row, or a list (of receivers, say)."""


class Rule(Strict):
    """One fact that a row may tell: where its conditions hold and its time is filled."""

    fact: str
    """Its short name, as ``patient-admitted``."""
    when: tuple[When, ...] = ()
    time: Value
    """The act's own time."""
    sent: Value | None = None
    """When it was sent, where the act is not the sending."""
    role: Role | None = None
    unit: Value | None = None
    """The acting unit, where it is not the mapping's."""
    data: dict[str, Datum] = {}
    """The fact's own fields."""
    unconfirmed: bool = False
    """Kept to be confirmed: it is not used."""

    @cached_property
    def kind(self) -> type[Fact]:
        """The fact's class, in its newest version."""
        found = by_name(self.fact)
        assert found is not None
        return found

    @property
    def every(self) -> tuple[Value, ...]:
        """All that is read from the row."""
        items = [item for datum in self.data.values() if isinstance(datum, tuple) for item in datum]
        leaves = [leaf for item in items if isinstance(item, dict) for leaf in item.values()]
        given = (self.time, self.sent, self.unit, *self.data.values(), *leaves)
        return tuple(value for value in given if isinstance(value, Value))


class Ignore(Strict):
    """Rows that say nothing of the care chain, and are meant to be left: counted by this name."""

    name: Name
    when: Annotated[tuple[When, ...], Field(min_length=1)]


class FileForm(Strict):
    """How the file is written. What is not said is told by the file itself."""

    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encodings: tuple[Literal["utf-8", "cp1252", "latin-1", "utf-16"], ...] = ("utf-8", "cp1252")
    """Tried in this order for each line; a byte order mark goes before them."""
    decimal: Literal[".", ","] = "."
    dates: tuple[Annotated[str, Field(pattern=r"^([^%]|%[YymdHIMSfpzbB%])+$")], ...] = ()
    """As in ``%d/%m/%Y %H:%M`` (Python's strptime), in this order; ISO 8601 is always read."""
    empty: tuple[str, ...] = ("null", "na", "n/a", "nan", "none", "-")
    """Values that mean that there is none, besides the empty one."""
    sheet: str | None = None
    """Of a workbook; the first one with such a table without it."""
