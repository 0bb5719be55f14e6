"""FHIR R4 AuditEvent: for each look at a journey who looked, where, when and for what; one resource a look and journey."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from consumers.exports.accesses import Access
from consumers.exports.fhir_parts import (
    Resource,
    coding,
    masked,
    organisation,
    our_code,
    reference,
    resource_id,
    write_bundle,
)
from domain.calendar import format_instant

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
PURPOSES: Mapping[str, str] = {
    "care": "TREAT",
    "coordination": "COC",
    "administration": "PATADMIN",
    "quality": "HQUALIMP",
    "patient-request": "PATRQT",
    "audit": "HCOMPL",
}
"""Our purposes (PDL 2:4) in ``v3-PurposeOfUse``."""
_EMERGENCY = "BTG"
"""*Nödåtkomst*: the rules that keep others out were set aside."""
_SUCCESS = "0"


def write(looks: Iterable[Access], to: TextIO) -> None:
    """Write a Bundle of looks in the order of the access log."""
    write_bundle(map(audit_event, looks), to)


def audit_event(look: Access) -> Resource:
    """One look at one journey. The log has only those that were allowed."""
    return {
        "resourceType": "AuditEvent",
        "id": resource_id("audit-event", f"{look.look}|{look.journey}"),
        "type": coding(f"{_TERMINOLOGY}audit-event-type", "rest"),
        "subtype": [
            coding("http://hl7.org/fhir/restful-interaction", "read"),
            coding("urn:carechain:code:action", look.action),
        ],
        "action": "R",
        "recorded": format_instant(look.at),
        "outcome": _SUCCESS,
        "purposeOfEvent": list(_purposes(look)),
        "agent": list(_agents(look)),
        "source": {
            "observer": reference("Device", "system", "carechain"),
            "type": [coding(f"{_TERMINOLOGY}security-source-type", "4")],  # application server
        },
        "entity": [
            {
                "what": reference("Patient", "journey", look.journey),
                "type": coding(f"{_TERMINOLOGY}audit-entity-type", "1"),  # person
                "role": coding(f"{_TERMINOLOGY}object-role", "1"),  # patient
            }
        ],
    }


def _purposes(look: Access) -> Iterator[Resource]:
    """The purpose, with its code where there is one, and the ground that allowed the look."""
    known = PURPOSES.get(look.purpose)
    codes = [coding(f"{_TERMINOLOGY}v3-ActReason", known)] if known else []
    yield {"coding": [*codes, coding("urn:carechain:code:purpose", look.purpose)]}
    if look.emergency is not None:
        emergency = coding(f"{_TERMINOLOGY}v3-ActReason", _EMERGENCY)
        yield {"coding": [emergency, coding("urn:carechain:code:emergency", look.emergency)]}


def _agents(look: Access) -> Iterator[Resource]:
    yield {
        "role": [our_code("access-role", look.role)],
        "who": masked() if look.staff is None else reference("Practitioner", "staff", look.staff),
        "requestor": True,
        "policy": [f"urn:carechain:ground:{look.ground}"],
    }
    where = look.unit or look.organisation
    if where is not None:
        yield {"who": organisation(where), "requestor": False}
