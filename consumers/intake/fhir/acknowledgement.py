"""Makes MedCom's acknowledgement of a message Bundle that was received (DK MedCom Acknowledgement 2.0.3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from domain.errors import Unreadable

ResponseCode = Literal["ok", "transient-error", "fatal-error"]
"""Stored; not stored, send it again; cannot be used as it is (FHIR's ``response-code``)."""

_MEDCOM: Final = "http://medcomfhir.dk/ig"
EVENTS: Final = "medcom-messaging-eventCodes"
ANSWERS: Final = ("acknowledgement-message", "acknowledgment-message")
"""The event codes of an acknowledgement; the second as older versions of the terminology spell it."""
_TERMS: Final = f"{_MEDCOM}/terminology/CodeSystem"
_BASE: Final = f"{_MEDCOM}/acknowledgement"
_DESTINATION_USE: Final = f"{_MEDCOM}/messaging/StructureDefinition/medcom-messaging-destinationUseExtension"
_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "Organization": ("identifier", "name"),
    "Provenance": ("target", "occurredDateTime", "recorded", "activity", "agent", "entity"),
}
"""What is copied of the message's resources, in the order in which FHIR's XML has it."""
_INNER: Final = ("system", "code", "value", "coding", "role", "who", "what", "reference", "identifier")


def wants_acknowledgement(document: Mapping[str, Any]) -> bool:
    """Whether it is a MedCom message that is to be answered: an acknowledgement itself never is."""
    header = _header(document)
    event = header.get("eventCoding")
    if not isinstance(event, dict) or not header.get("id"):
        return False
    system, code = str(event.get("system") or ""), str(event.get("code") or "").lower()
    return system.rpartition("/")[2] == EVENTS and code not in ANSWERS


def acknowledge(
    bundle: Mapping[str, Any],
    code: ResponseCode,
    issues: Sequence[Mapping[str, Any]],
    now: datetime,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """The acknowledgement of ``bundle``, a MedCom message as parsed JSON (or ``parse_fhir_xml``'s result).

    ``issues`` are those of an OperationOutcome, for an error; ``now`` (aware) is its sending; ``new_id`` gives the
    ids of what it makes, UUIDs as text. Sender and primary receiver change places; the history of the message,
    its Provenances, comes along. Elements stand in FHIR's own order. Raises Unreadable (`no-header`).
    """
    header = _header(bundle)
    message = header.get("id")
    if not isinstance(message, str) or not message:
        raise Unreadable("no-header", "The message lacks the message header.", "MessageHeader.id")
    primary = _primary(header)
    receiver, sender = _reference(header.get("sender")), _reference(primary.get("receiver"))
    own, sent = new_id(), now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    outcome = {"resourceType": "OperationOutcome", "id": new_id(), "issue": [dict(i) for i in issues]}
    entries = [
        _entry(_answer(own, message, code, receiver, sender, header, primary, outcome if issues else None)),
        *(_entry(copied) for copied in _copies(bundle, "Provenance")),
        _entry(_provenance(new_id(), own, message, sent, sender)),
        *(
            _entry(copied)
            for copied in _copies(bundle, "Organization")
            if _is_one_of(copied, sender, receiver)
        ),
        *([_entry(outcome)] if issues else []),
    ]
    return {
        "resourceType": "Bundle",
        "id": new_id(),
        "meta": {"profile": [f"{_BASE}/StructureDefinition/medcom-messaging-acknowledgement"]},
        "type": "message",
        "timestamp": sent,
        "entry": entries,
    }


def _answer(
    own: str,
    message: str,
    code: ResponseCode,
    receiver: str | None,
    sender: str | None,
    header: Mapping[str, Any],
    primary: Mapping[str, Any],
    outcome: Mapping[str, Any] | None,
) -> dict[str, Any]:
    source = header.get("source")
    back = source.get("endpoint") if isinstance(source, dict) else None
    destination: dict[str, Any] = {
        "extension": [
            {
                "url": _DESTINATION_USE,
                "valueCoding": {"system": f"{_TERMS}/medcom-messaging-destinationUse", "code": "primary"},
            }
        ]
    }
    if isinstance(back, str):
        destination["endpoint"] = back
    if receiver is not None:
        destination["receiver"] = {"reference": receiver}
    made: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "id": own,
        "meta": {"profile": [f"{_BASE}/StructureDefinition/medcom-messaging-acknowledgementHeader"]},
        "eventCoding": {"system": f"{_TERMS}/{EVENTS}", "code": ANSWERS[0]},
        "destination": [destination],
    }
    if sender is not None:
        made["sender"] = {"reference": sender}
    endpoint = primary.get("endpoint")
    if isinstance(endpoint, str):
        made["source"] = {"endpoint": endpoint}
    made["response"] = {"identifier": message, "code": code}
    if outcome is not None:
        made["response"]["details"] = {"reference": f"OperationOutcome/{outcome['id']}"}
    return made


def _provenance(id_: str, own: str, message: str, sent: str, sender: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Provenance",
        "id": id_,
        "target": [{"reference": f"MessageHeader/{own}"}],
        "occurredDateTime": sent,
        "recorded": sent,
        "activity": {
            "coding": [{"system": f"{_TERMS}/medcom-messaging-activityCodes", "code": "acknowledgement"}]
        },
    }
    if sender is not None:
        made["agent"] = [{"who": {"reference": sender}}]
    made["entity"] = [{"role": "revision", "what": {"reference": f"MessageHeader/{message}"}}]
    return made


def _entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"{_BASE}/{resource['resourceType']}/{resource['id']}", "resource": resource}


def _header(document: Mapping[str, Any]) -> Mapping[str, Any]:
    if document.get("resourceType") != "Bundle" or document.get("type") != "message":
        return {}
    headers = list(_resources(document, "MessageHeader"))
    return headers[0] if len(headers) == 1 else {}


def _resources(document: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    entries = document.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == kind:
            yield resource


def _primary(header: Mapping[str, Any]) -> Mapping[str, Any]:
    """The destination that is to act on the message, not those that got a copy."""
    given = header.get("destination")
    found = [one for one in (given if isinstance(given, list) else []) if isinstance(one, dict)]
    for one in found:
        uses = one.get("extension")
        listed = uses if isinstance(uses, list) else []
        codings = [use.get("valueCoding") for use in listed if isinstance(use, dict)]
        if any(isinstance(coding, dict) and coding.get("code") == "primary" for coding in codings):
            return one
    return found[0] if found else {}


def _reference(value: Any) -> str | None:
    text = value.get("reference") if isinstance(value, dict) else None
    return text if isinstance(text, str) and text else None


def _copies(document: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    for resource in _resources(document, kind):
        if isinstance(resource.get("id"), str):
            told = {name: _plain(resource[name]) for name in _ORDER[kind] if name in resource}
            yield {"resourceType": kind, "id": resource["id"], **told}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in _INNER if name in value}
    return value


def _is_one_of(organisation: Mapping[str, Any], *references: str | None) -> bool:
    return any(text is not None and text.rpartition("/")[2] == organisation["id"] for text in references)
