"""How the rows of one sort of table become facts: a mapping, as TOML.

A mapping is data: it names columns and says which value is which fact. It is checked whole when it is read, so that
what is wrong with it is told by file, line and key, and not by a thousand rows that cannot be used.
"""

import json
from collections.abc import Mapping as AnyMapping
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from consumers.intake.tables.mapping_parts import (
    Column,
    Columns,
    FileForm,
    Ignore,
    Name,
    PatientValue,
    Plain,
    Rule,
    Strict,
    Value,
    folded,
)
from domain.fact import Role
from domain.facts._parts import Principal
from domain.identifiers import OrganisationRef
from domain.submission import SourceName, TimePrecision


class Mapping(Strict):
    """A mapping of a table."""

    format: Literal["table"] = "table"
    id: Name
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    match: Columns
    """A table whose header has all of these is read by this mapping."""
    match_any: tuple[Column, ...] = ()
    """And, where some are named, at least one of these."""
    columns: dict[str, tuple[Column, ...]] = Field(default_factory=dict)
    """Other names that a column may have in a header."""
    source: SourceName
    controller: OrganisationRef | None = None
    """Who answers for the personal data; read off the unit's HSA-id without it."""
    principal: Principal | None = None
    role: Role | None = None
    time_zone: str = "Europe/Stockholm"
    """Of times without an offset."""
    precision: TimePrecision | None = None
    """Times are told no more finely than this."""
    rows: Literal["record", "event"] = "record"
    """``record``: a row is filled in over time and exported again; ``event``: written once and never changed."""
    repeats: Literal["known", "numbered"] = "known"
    """Two equal rows are the same told twice, or, numbered by their place in the file, two."""
    otherwise: Literal["put-aside", "not-of-use"] = "put-aside"
    """What becomes of a row whose values no fact and no ``ignore`` names."""
    file: FileForm = FileForm()
    patient: Annotated[tuple[PatientValue, ...], Field(min_length=1, max_length=10)]
    """In order: the first that is filled counts."""
    episode: Value | None = None
    unit: Value | None = None
    message: Value | None = None
    """The sender's own id of the row. Without it a fact is known again by what it says."""
    sequence: Value | None = None
    actor: Value | None = None
    """The member of staff; the log holds a reference."""
    leave_out: tuple[Column, ...] = ()
    """Columns that say nothing of the patient, and are not even noted."""
    values: dict[Name, dict[str, Plain]] = Field(default_factory=dict)
    """Tables of values: what a column says -> what it stands for."""
    unconfirmed: tuple[Name, ...] = ()
    """Tables of values that nobody has confirmed: not used, so that the value is left to the note."""
    fact: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=100)]
    ignore: tuple[Ignore, ...] = ()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Those that are used."""
        return tuple(rule for rule in self.fact if not rule.unconfirmed)

    @cached_property
    def nothing(self) -> frozenset[str]:
        """Values that mean that there is none."""
        return frozenset(folded(value) for value in self.file.empty)

    @cached_property
    def tables(self) -> AnyMapping[str, AnyMapping[str, Plain]]:
        """The tables of values that are used, by name and by value as it is compared."""
        return {
            name: {} if name in self.unconfirmed else {folded(key): told for key, told in table.items()}
            for name, table in self.values.items()
        }

    @cached_property
    def known(self) -> AnyMapping[str, str]:
        """A column's name in a header, as it is compared -> the name that the mapping gives it."""
        other = {folded(name): own for own, names in self.columns.items() for name in names}
        return other | {folded(own): own for own in self.named}

    @cached_property
    def named(self) -> frozenset[str]:
        """Every column that the mapping names."""
        values = [
            *self.patient, self.episode, self.unit, self.message, self.sequence, self.actor,
            *(value for rule in self.fact for value in rule.every),
        ]  # fmt: skip
        tests = [
            *(when for rule in self.fact for when in rule.when),
            *(when for part in self.ignore for when in part.when),
        ]
        named = {name for value in values if value is not None for name in value.columns}
        own = {*self.match, *self.match_any, *self.columns, *self.leave_out}
        return frozenset(named | own | {when.column for when in tests})

    @property
    def reference(self) -> str:
        """``ward-periods@1``."""
        return f"{self.id}@{self.version}"


def parse_mapping(text: str, file: str) -> Mapping:
    """A mapping from TOML. Raises ``Refused`` naming all that is wrong, by line and key."""
    # Here, because telling what is wrong needs the model.
    from consumers.intake.tables.mapping_check import checked

    return checked(text, file)


def mapping_of(document: AnyMapping[str, Any]) -> Mapping:
    """A mapping from a parsed document, by itself. Raises pydantic's ``ValidationError``."""
    return Mapping.model_validate_json(json.dumps(document, default=str))
