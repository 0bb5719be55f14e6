"""Hospital notifications that we wrote ourselves, as JSON-like dictionaries and as XML."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

MEDCOM = "http://medcomfhir.dk/ig"
ACTIVITIES = f"{MEDCOM}/terminology/CodeSystem/medcom-messaging-activityCodes"
EVENTS = f"{MEDCOM}/terminology/CodeSystem/medcom-messaging-eventCodes"
LEAVE = f"{MEDCOM}/hospitalnotification/StructureDefinition/medcom-hospitalnotifiation-leave-period-extension"
LPR3 = "https://www.esundhed.dk/Registre/Landspatientregisteret"
SOR_3001 = "https://sor2.sum.dsdn.dk/#id=3001"

CPR = "0101501234"  # fails the modulus that all numbers of 1950 keep, so it is nobody's
STAY_START = "2026-03-02T08:00:00+01:00"
STAY_END = "2026-03-09T11:30:00+01:00"
SENT = "2026-03-02T08:05:00+01:00"


def coding(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def provenance(
    message: str, activity: str, sent: str = SENT, *, previous: str | None = None, role: str = "revision"
) -> dict[str, Any]:
    """Which message was sent for what; `previous` is the message it follows."""
    resource: dict[str, Any] = {
        "resourceType": "Provenance",
        "id": f"provenance-of-{message}",
        "target": [{"reference": f"MessageHeader/{message}"}],
        "occurredDateTime": sent,
        "recorded": sent,
        "activity": coding(ACTIVITIES, activity),
    }
    if previous is not None:
        resource["entity"] = [{"role": role, "what": {"reference": f"MessageHeader/{previous}"}}]
    return resource


def organization(name: str, sor: str) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": name,
        "identifier": [
            {"system": "https://www.gs1.org/gln", "value": "5790000000000"},
            {"system": "urn:oid:1.2.208.176.1.1", "value": sor},
        ],
        "name": f"Afdeling {sor}",
    }


def notification(
    activity: str,
    *,
    message: str = "message-1",
    sent: str = SENT,
    start: str | None = STAY_START,
    end: str | None = None,
    leaves: Sequence[tuple[str | None, str | None]] = (),
    status: str = "in-progress",
    deceased: bool | str | None = None,
    previous: str | None = None,
    role: str = "revision",
    history: Sequence[Mapping[str, Any]] = (),
    episodes: Sequence[tuple[str, str]] = ((SOR_3001, "episode-1"),),
    identifiers: Sequence[tuple[str, str]] = (("urn:oid:1.2.208.176.1.2", CPR),),
    sender: str = "3001",
    unit: str = "4002",
) -> dict[str, Any]:
    """One message Bundle; by default of a sender 3001 about its unit 4002, with the history after its own."""
    return bundle(
        header(message),
        _patient(identifiers, deceased),
        _encounter(status, start, end, leaves, episodes),
        organization("sender", sender),
        organization("unit", unit),
        organization("receiver", "9009"),
        provenance(message, activity, sent, previous=previous, role=role),
        *(dict(copied) for copied in history),
    )


def header(message: str, event: str = "hospital-notification-message") -> dict[str, Any]:
    return {
        "resourceType": "MessageHeader",
        "id": message,
        "eventCoding": {"system": EVENTS, "code": event},
        "destination": [{"endpoint": "urn:receiver", "receiver": {"reference": "Organization/receiver"}}],
        "sender": {"reference": "Organization/sender"},
        "source": {"endpoint": "urn:sender"},
        "focus": [{"reference": "Encounter/encounter-1"}],
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "id": "bundle-1",
        "type": "message",
        "timestamp": SENT,
        "entry": [
            {
                "fullUrl": f"https://example.org/fhir/{resource['resourceType']}/{resource['id']}",
                "resource": resource,
            }
            for resource in resources
        ],
    }


def resource_of(message: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The first resource of this type in a bundle, to be changed by a test."""
    found: dict[str, Any] = next(
        entry["resource"] for entry in message["entry"] if entry["resource"]["resourceType"] == kind
    )
    return found


def _patient(identifiers: Sequence[tuple[str, str]], deceased: bool | str | None) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "patient-1",
        "identifier": [{"system": system, "value": value} for system, value in identifiers],
        "name": [{"use": "official", "family": "Prøve", "given": ["Else", "Marie"]}],
    }
    if isinstance(deceased, bool):
        resource["deceasedBoolean"] = deceased
    elif deceased is not None:
        resource["deceasedDateTime"] = deceased
    return resource


def _encounter(
    status: str,
    start: str | None,
    end: str | None,
    leaves: Sequence[tuple[str | None, str | None]],
    episodes: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": "encounter-1",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/patient-1"},
        "episodeOfCare": [{"identifier": {"system": system, "value": value}} for system, value in episodes],
        "period": _period(start, end),
        "serviceProvider": {"reference": "Organization/unit"},
    }
    if leaves:
        resource["extension"] = [{"url": LEAVE, "valuePeriod": _period(*leave)} for leave in leaves]
    return resource


def _period(start: str | None, end: str | None) -> dict[str, str]:
    return {name: time for name, time in (("start", start), ("end", end)) if time is not None}


def as_xml(message: Mapping[str, Any]) -> bytes:
    """The same bundle as FHIR writes it in XML, with a narrative that readers must pass over."""
    document = f'<Bundle xmlns="http://hl7.org/fhir">{_elements(message)}</Bundle>'
    words = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ord &amp; ord</p></div>'
    narrative = f'<text><status value="generated"/>{words}</text>'
    document = document.replace("<Patient>", f"<!-- who --><Patient>{narrative}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def _elements(parts: Mapping[str, Any]) -> str:
    return "".join(
        _element(name, value) for name, value in parts.items() if name not in ("resourceType", "url")
    )


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if not isinstance(value, Mapping):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name} value={quoteattr(text)}/>"
    inner = _elements(value)
    if "resourceType" in value:
        inner = f"<{value['resourceType']}>{inner}</{value['resourceType']}>"
    url = f" url={quoteattr(value['url'])}" if "url" in value else ""
    return f"<{name}{url}>{inner}</{name}>"
