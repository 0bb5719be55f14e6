"""Who a reference means in the organisation of care: a unit, who answers for its data, and whose duty it is."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from consumers.intake.fhir import codes
from consumers.intake.fhir.models import CodeableConcept, Identifier, Reference
from consumers.intake.fhir.parts import HealthcareService, Location, Organization, PractitionerRole
from consumers.intake.fhir.sheaf import Item, Sheaf
from domain import reference as register
from domain.errors import Refused, Unreadable
from domain.identifiers import organisation_number_of_hsa, organisation_ref

_NOT_IN_ISSUER = re.compile(r"[^A-Za-z0-9._-]+")
_NOT_IN_CODE = re.compile(r"[^\w.-]+")
_LIKE_A_PERSON = re.compile(r"(?:\d\d)?\d{6}[-+]?\d{4}", re.ASCII)
_SCHEME = re.compile(r"^(?:https?://|urn:oid:|urn:uuid:|urn:)")
_ISSUER_MAX, _CODE_MAX = 60, 64
_NO_UNITS: Final = frozenset({"ro", "bd", "ve", "ca", "co", "rd", "area", "ho"})
"""Physical types of places that are no unit: a room, a bed, a vehicle, a home ..."""
_UPWARD = 5
"""Steps from a place to what it is a part of."""


@dataclass(frozen=True)
class Party:
    """A unit or an organisation, as far as a message tells."""

    unit: str | None = None
    """As ``system:value``."""
    controller: str | None = None
    """Who answers for its data."""
    principal: str | None = None
    """The *huvudman*: a region's two digits, a municipality's four."""
    role: str | None = None
    """In which capacity, where the message says."""

    @property
    def municipality(self) -> str | None:
        return self.principal if self.principal and register.is_municipality(self.principal) else None

    @property
    def source(self) -> str | None:
        """The sending system's name: what its ids of episodes and messages belong to."""
        if self.controller is None:
            return None
        system, _, value = self.controller.partition(":")
        return f"fhir:{value.partition('/')[0]}" if system == "local" else self.controller

    def recipient(self, received: str | None = None) -> dict[str, Any]:
        """As a fact names one that was sent something."""
        role = self.role or ("municipal-health" if self.municipality else "open-care")
        told = {"role": role, "unit": self.unit, "municipality": self.municipality, "received_at": received}
        return {name: value for name, value in told.items() if value is not None}


def issuer_of(system: str) -> str:
    """A short name for whoever gives out identifiers of this system; its whole address, as ends of addresses are alike."""
    name = _NOT_IN_ISSUER.sub("-", _SCHEME.sub("", system.strip())).strip("-.")
    if len(name) > _ISSUER_MAX:
        name = f"{name[:47]}-{sha256(name.encode()).hexdigest()[:12]}"
    return name or "unnamed"


def party_of(sheaf: Sheaf, reference: Reference | None, steps: int = _UPWARD) -> Party:
    """Whom a reference means; all fields empty where that cannot be told. Raises Unreadable (`invalid-field`)."""
    if reference is None or steps == 0:
        return Party()
    item = sheaf.find(reference)
    if item is None:
        identifier = reference.identifier
        return _named([identifier] if identifier is not None else [], "Reference.identifier")
    known: Party | None = sheaf.memory.get(("party", id(item), steps))
    if known is None:
        reader = _READERS.get(item.kind)
        known = reader(sheaf, item, steps) if reader is not None else Party()
        sheaf.memory["party", id(item), steps] = known
    return known


def organisation(sheaf: Sheaf, item: Item, steps: int = _UPWARD) -> Party:
    """An Organization: by its own identifiers, what it lacks from what it is a part of."""
    read = item.read(Organization)
    own = _named(read.identifier, "Organization.identifier")
    own = replace(own, role=codes.our_code(read.kind, "role", codes.ROLES))
    if own.unit is None and isinstance(item.resource.get("id"), str):
        own = replace(own, **_local("organization", item.resource["id"]))
    return _with_part_of(sheaf, own, read.part_of, steps)


def concepts_of(sheaf: Sheaf, reference: Reference | None) -> list[CodeableConcept]:
    """What the role of a member of staff is called, where the reference leads to a PractitionerRole."""
    item = sheaf.find(reference)
    return item.read(PractitionerRole).code if item is not None and item.kind == "PractitionerRole" else []


def staff_of(sheaf: Sheaf, reference: Reference | None) -> str | None:
    """The sender's own id of a member of staff."""
    item = sheaf.find(reference)
    if item is not None and item.kind == "PractitionerRole":
        role = item.read(PractitionerRole)
        return staff_of(sheaf, role.practitioner) if role.practitioner is not None else _first(item)
    if item is not None and item.kind == "Practitioner":
        return _first(item)
    if reference is None or item is not None:
        return None
    if reference.identifier is not None and reference.identifier.value:
        return reference.identifier.value[:512]
    text = reference.reference or ""
    return text[:512] if text.startswith(("Practitioner/", "PractitionerRole/")) else None


def _first(item: Item) -> str | None:
    given = item.resource.get("identifier")
    values = [one.get("value") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    value = next((v for v in values if isinstance(v, str) and v), item.resource.get("id"))
    return value[:512] if isinstance(value, str) and value else None


def _location(sheaf: Sheaf, item: Item, steps: int) -> Party:
    """A place: its unit, never a room or a bed, and the organisation that runs it."""
    read = item.read(Location)
    runs = party_of(sheaf, read.managing_organization, steps - 1)
    if set(codes.codes([read.physical_type], "location-physical-type")) & _NO_UNITS:
        above = party_of(sheaf, read.part_of, steps - 1)
        return _filled(above, runs) if above.unit else runs
    own = _named(read.identifier, "Location.identifier")
    if own.unit is None and isinstance(item.resource.get("id"), str):
        issuer = runs.controller.partition(":")[2].partition("/")[0] if runs.controller else sheaf.issuer
        own = replace(own, **_local(issuer, item.resource["id"]))
    if own.controller is None or own.controller.startswith("local:"):
        own = replace(own, controller=runs.controller or own.controller)
    return _with_part_of(sheaf, _filled(own, runs), read.part_of, steps)


def _practitioner_role(sheaf: Sheaf, item: Item, steps: int) -> Party:
    return party_of(sheaf, item.read(PractitionerRole).organization, steps - 1)


def _service(sheaf: Sheaf, item: Item, steps: int) -> Party:
    read = item.read(HealthcareService)
    own = _named(read.identifier, "HealthcareService.identifier")
    return _filled(own, party_of(sheaf, read.provided_by, steps - 1))


_READERS: Final = {
    "Organization": organisation,
    "Location": _location,
    "PractitionerRole": _practitioner_role,
    "HealthcareService": _service,
}


def _with_part_of(sheaf: Sheaf, own: Party, part_of: Reference | None, steps: int) -> Party:
    if part_of is None or (own.principal and own.controller and not own.controller.startswith("local:")):
        return own
    above = party_of(sheaf, part_of, steps - 1)
    if own.controller is None or (own.controller.startswith("local:") and above.controller):
        own = replace(own, controller=above.controller)
    return _filled(own, above)


def _filled(own: Party, other: Party) -> Party:
    return Party(
        own.unit or other.unit,
        own.controller or other.controller,
        own.principal or other.principal,
        own.role or other.role,
    )


def _named(given: list[Identifier], field: str) -> Party:
    """By identifiers: an HSA-id before an organisation number, before a SOR code, before the sender's own code."""
    found: dict[str, str] = {}
    principal, local = None, None
    for one in given:
        system, value = one.system or "", (one.value or "").strip()
        if not value:
            continue
        if system in codes.HSA:
            found.setdefault("hsa", value)
        elif system in codes.ORGANISATION_NUMBER:
            found.setdefault("orgnr", value.removeprefix("SE").removeprefix("16"))
        elif system == codes.SOR:
            found.setdefault("sor", value)
        elif system in (codes.MUNICIPALITY, codes.REGION):
            principal = principal or _principal(value, field)
        elif local is None:
            local = _local(issuer_of(system), value)
    for kind in ("hsa", "orgnr", "sor"):
        if kind in found:
            return _known(kind, found, principal, field)
    return Party(principal=principal, **local) if local is not None else Party(principal=principal)


def _known(kind: str, found: dict[str, str], principal: str | None, field: str) -> Party:
    try:
        unit = organisation_ref(f"{kind}:{found[kind]}")
        number = unit.partition(":")[2] if kind == "orgnr" else None
        if kind == "hsa":
            number = organisation_number_of_hsa(found[kind])
    except Refused as refused:
        raise Unreadable("invalid-field", refused.message, field) from None
    region = register.region_by_organisation_number(number) if number else None
    controller = f"orgnr:{number}" if number else unit
    return Party(unit, controller, principal or (region.code if region else None))


def _principal(code: str, field: str) -> str:
    try:
        return register.region(code).code if len(code) == 2 else register.municipality(code).code
    except Refused as refused:
        raise Unreadable("invalid-field", refused.message, field) from None


def _local(issuer: str, code: str) -> dict[str, str]:
    """A sender's own code. What looks like a person's number is replaced by its digest: it would stand in clear."""
    plain = _NOT_IN_CODE.sub("-", code.strip()).strip("-")
    if not plain or len(plain) > _CODE_MAX or _LIKE_A_PERSON.fullmatch(plain):
        plain = sha256(code.encode("utf-8", "replace")).hexdigest()[:16]
    ref = f"local:{issuer_of(issuer)}/{plain}"
    return {"unit": ref, "controller": ref}
