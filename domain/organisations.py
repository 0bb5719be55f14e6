"""What units are called, where they lie and whom to call there: a register that names what facts only number.

It changes no conclusion. Rows keep the ids that facts name (``hsa:``, ``sor:``, ``orgnr:``, ``local:``), so that a
register adopted later, or mended, makes no row another one; it is therefore no part of ``Basis``, and nothing is
concluded anew when one is adopted. Where units lie is used by lists of units alone, never by a rule: which agreement
holds follows from the facts. That two ids are one unit (``same_as``) is shown, and applied to no row.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from domain import reference
from domain.agreement import CareForm
from domain.errors import Refused, field_error
from domain.fact import Role
from domain.identifiers import OrganisationRef, organisation_number, organisation_number_of_hsa

ADOPTED: Final = "se.carechain.organisations-adopted.v1"
"""A type of its own: a program that does not know it passes it by, and what it concludes is the same."""
KEY: Final = "register:organisations"
"""Of its records on the reference topic."""
Kind = Literal["unit", "provider", "organisation"]
"""A unit (*vårdenhet*), whoever runs several (*vårdgivare*), or a *huvudman* and any other organisation."""
KINDS: Final[tuple[Kind, ...]] = ("unit", "provider", "organisation")


def _region(text: str) -> str:
    try:
        return reference.find_region(text).code
    except Refused as refused:
        raise field_error(refused) from None


def _municipality(text: str) -> str:
    try:
        return reference.find_municipality(text).code
    except Refused as refused:
        raise field_error(refused) from None


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()/-]{3,30}$")]


class Organisation(BaseModel):
    """One entry: what an id is called and where it is. Only the id, and a name or ``same_as``, must be given."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: OrganisationRef
    name: Line | None = None
    """Needed unless ``same_as`` gives it."""
    kind: Kind = "unit"
    part_of: OrganisationRef | None = None
    region: Annotated[str, AfterValidator(_region)] | None = None
    """SCB's two digits, given by code or name; where none is given, that of the municipality."""
    municipality: Annotated[str, AfterValidator(_municipality)] | None = None
    """SCB's four digits, given by code or name."""
    care_form: CareForm | None = None
    roles: Annotated[tuple[Role, ...], BeforeValidator(_listed)] = ()
    """In which capacities it acts."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day on which it holds."""
    same_as: OrganisationRef | None = None
    """The unit that this id means, too: a sender's own code is an HSA-id's unit."""
    phone: Phone | None = None
    """Whom to call about what came from there, or did not."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.name is None and self.same_as is None:
            raise field_error(Refused("it has no name: give name, or same_as where another entry has it"))
        if self.same_as == self.id:
            raise field_error(Refused("it is named as the same as itself"))
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise field_error(Refused("valid_to is before valid_from"))
        return self

    @property
    def lies_in(self) -> str | None:
        """The code of the region it is placed in, by itself or by its municipality."""
        if self.region is None and self.municipality is not None:
            return reference.region_of_municipality(self.municipality)
        return self.region

    def holds_on(self, day: date) -> bool:
        """Whether the entry is valid on that day in Sweden."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


class Organisations(BaseModel):
    """The register, whole, in the order of its file: a newer one takes its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ignored_types=(cached_property,))

    entries: tuple[Organisation, ...] = ()

    @cached_property
    def ids(self) -> Mapping[str, tuple[Organisation, ...]]:
        """The entries of each id, oldest first: a unit that changed its name has several."""
        found: dict[str, list[Organisation]] = {}
        for entry in sorted(self.entries, key=lambda entry: entry.valid_from or date.min):
            found.setdefault(entry.id, []).append(entry)
        return {id: tuple(entries) for id, entries in found.items()}

    def of(self, id: str, day: date | None = None) -> Organisation | None:
        """The entry that holds on a day in Sweden (``None``: ever), else the last before it, else the first after."""
        entries = self.ids.get(id, ())
        if not entries:
            return None
        if day is None:
            return entries[-1]
        begun = [entry for entry in entries if entry.valid_from is None or entry.valid_from <= day]
        return begun[-1] if begun else entries[0]

    def content(self) -> dict[str, Any]:
        """What it says, as it stands in an event: only what was given."""
        return self.model_dump(mode="json", exclude_unset=True)


class Names:
    """What the ids are called on one day: ``Avdelning 3, Gävle sjukhus``."""

    def __init__(self, register: Organisations, day: date | None = None) -> None:
        self._register = register
        self._day = day

    def of(self, id: str) -> str | None:
        """What people call the id, with the id where several units are called so; ``None`` where nobody says."""
        entry = self._meant(id)
        if entry is None:
            return None
        called = self._called(entry)
        return called if len(self._by_name[called.casefold()]) == 1 else f"{called} ({entry.id})"

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids that are called so, whatever its case, alone or with what they are part of."""
        wanted = " ".join(name.split()).casefold()
        return tuple(
            id
            for id in self._register.ids
            if (entry := self._meant(id)) is not None
            and entry.id == id
            and wanted in ((entry.name or "").casefold(), self._called(entry).casefold())
        )

    def _meant(self, id: str) -> Organisation | None:
        """The entry that gives an id its name: its own, or that of the unit it is the same as."""
        entry = self._register.of(id, self._day)
        if entry is not None and entry.name is None and entry.same_as is not None:
            return self._register.of(entry.same_as, self._day)
        return entry

    def _called(self, entry: Organisation) -> str:
        above = None if entry.part_of is None else self._register.of(entry.part_of, self._day)
        # That everything is part of the region need not be said; of which hospital a ward is, must.
        if above is None or above.name is None or above.kind == "organisation":
            return entry.name or entry.id
        return f"{entry.name}, {above.name}"

    @cached_property
    def _by_name(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for id in self._register.ids:
            entry = self._meant(id)
            if entry is not None:
                found.setdefault(self._called(entry).casefold(), set()).add(entry.id)
        return found


def suggested_region(id: str) -> reference.Region | None:
    """The region whose organisation number stands in an id (HSA-id, or a sender's own code under a number)."""
    system, _, value = id.partition(":")
    try:
        match system:
            case "hsa":
                number = organisation_number_of_hsa(value)
            case "orgnr" | "local":
                number = organisation_number(value.partition("/")[0])
            case _:
                return None
    except Refused:
        return None
    return reference.region_by_organisation_number(number)


def read_adopted(event: bytes) -> Organisations:
    """The register that an event of the reference stream adopts."""
    said = msgspec.json.decode(event)["data"]["organisations"]
    return Organisations.model_validate_json(msgspec.json.encode(said))


def adopted_at(event: bytes) -> datetime | None:
    """When an event of the reference stream adopted a register of organisations (UTC); ``None`` where it did not."""
    head = _HEAD.decode(event)
    return head.recordedtime if head.type == ADOPTED else None


def adopted_of(events: Iterable[bytes], *, known_at: datetime | None = None) -> Organisations | None:
    """What these events adopted last (with ``known_at``, in UTC, of those recorded by then); others do not matter."""
    last: bytes | None = None
    for raw in events:
        at = adopted_at(raw)
        if at is not None and (known_at is None or at <= known_at):
            last = raw
    return None if last is None else read_adopted(last)


class _Head(msgspec.Struct):
    type: str = ""
    recordedtime: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


_HEAD = msgspec.json.Decoder(_Head)
