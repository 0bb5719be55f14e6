"""What the FHIR exports share: bundles written resource by resource, and references that name nobody.

A reference is logical: it has an ``identifier`` and no address. The systems are ``urn:carechain:journey`` for a patient,
``urn:carechain:staff`` for staff, ``urn:carechain:fact`` for a fact, ``urn:carechain:message`` for a source's message
(keyed hashes, all), ``urn:carechain:source`` and ``urn:carechain:system`` for systems; units and organisations have the
systems that the readers of FHIR know them by.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from consumers.intake.fhir.codes import HSA, ORGANISATION_NUMBER, OURS, SOR
from domain.rows import named_id

Resource = dict[str, Any]

_ORGANISATIONS: Mapping[str, str] = {"hsa": HSA[0], "orgnr": ORGANISATION_NUMBER[0], "sor": SOR}


def write_bundle(resources: Iterable[Resource], to: TextIO) -> None:
    """A Bundle of type collection, written as the resources come."""
    to.write('{"resourceType":"Bundle","type":"collection"')
    empty = True
    for resource in resources:
        # JSON of FHIR has no empty lists.
        to.write(',"entry":[\n' if empty else ",\n")
        empty = False
        entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
        to.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
    to.write("}\n" if empty else "]}\n")


def resource_id(kind: str, about: str) -> str:
    """The id of a resource follows from what it is about: a second export has the same."""
    return str(named_id(f"{kind}|{about}"))


def reference(kind: str, system: str, value: object) -> Resource:
    """A logical reference to a resource of this type."""
    return {"type": kind, "identifier": identifier(system, value)}


def identifier(system: str, value: object) -> Resource:
    return {"system": f"urn:carechain:{system}", "value": str(value)}


def organisation(ref: str) -> Resource:
    """A unit or organisation, of ``system:value``."""
    system, _, value = ref.partition(":")
    known = _ORGANISATIONS.get(system)
    said = {"system": known, "value": value} if known else identifier("organisation", ref)
    return {"type": "Organization", "identifier": said}


def masked() -> Resource:
    """In place of a reference that must be there and is not told."""
    absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    return {"extension": [{"url": absent, "valueCode": "masked"}]}


def our_code(name: str, code: str) -> Resource:
    """A concept with a code of ours."""
    return {"coding": [{"system": f"{OURS}{name}", "code": code}]}


def coding(system: str, code: str) -> Resource:
    return {"system": system, "code": code}
