"""What a FHIR document is, and who reads it: the one place where that is decided."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from consumers.intake.fhir import medcom
from consumers.intake.fhir.gathering import Gathering
from consumers.intake.fhir.hospital_notification import EVENT, read_hospital_notification
from consumers.intake.fhir.models import Coding
from consumers.intake.fhir.people import patient_of
from consumers.intake.fhir.resource_types import RESOURCE_TYPES
from consumers.intake.fhir.sheaf import DEEPEST, Sheaf, depth_of, items_of
from consumers.intake.fhir.telling import moment, system_of
from consumers.intake.fhir.time import Moment
from consumers.intake.message import Told
from domain.errors import Unreadable
from domain.submission import Patient

_NOTIFICATION: Final = "hospital-notification"
_EVENTS: Final = {
    EVENT: _NOTIFICATION,
    "acknowledgement-message": medcom.ACKNOWLEDGEMENT,
    "acknowledgment-message": medcom.ACKNOWLEDGEMENT,  # as older versions of the terminology spell it
    "care-communication-message": medcom.CARE_COMMUNICATION,
}
_READ: Final = ("message", "transaction", "batch", "collection", "searchset", "history", "document")
_ANSWERS: Final = ("transaction-response", "batch-response")
"""Bundles that a server answers with: they tell nothing new."""


def read_resource(document: Mapping[str, Any], digest: str) -> Told:
    """What a resource says, parsed from JSON or by ``parse_fhir_xml``.

    ``digest`` (hex SHA-256 of the bytes) names a MedCom message without an id. Raises Unreadable where nothing can
    be told; a Bundle of which only a part cannot be read is told with its trouble.
    """
    kind = document.get("resourceType")
    if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
        raise Unreadable("not-fhir", "The document is not a resource of FHIR R4.", "resourceType")
    if depth_of(document) > DEEPEST:
        raise Unreadable("not-fhir", "The resource is nested deeper than any message.")
    if kind != "Bundle":
        return Gathering(Sheaf(items_of(document), system=system_of(document))).told(kind)
    sort = document.get("type")
    if sort in _ANSWERS:
        return Told(str(sort))
    if sort not in _READ:
        raise Unreadable("not-fhir", "The Bundle does not say what sort of Bundle it is.", "Bundle.type")
    sheaf, deletes = _sheaf(document)
    event = _event(sheaf) if sort == "message" else None
    if event == _NOTIFICATION:
        return _notification(document, sheaf, digest)
    if event == medcom.ACKNOWLEDGEMENT:
        return medcom.read_acknowledgement(sheaf)
    if event == medcom.CARE_COMMUNICATION:
        return _with_patient(sheaf, medcom.CARE_COMMUNICATION, lambda: medcom.read_care_communication(sheaf))
    told = Gathering(sheaf).told(str(sort))
    if deletes and told.trouble is None:
        wrong = Unreadable(
            "no-patient-id",
            "An entry deletes a resource without saying whom it is about.",
            "Bundle.entry.request",
        )
        return Told(told.kind, told.submissions, told.source, told.unit, wrong, told.patient)
    return told


def _notification(document: Mapping[str, Any], sheaf: Sheaf, digest: str) -> Told:
    def read() -> Told:
        submissions = tuple(read_hospital_notification(document, digest))
        return Told(_NOTIFICATION, submissions, submissions[0].source, submissions[0].unit)

    return _with_patient(sheaf, _NOTIFICATION, read)


def _with_patient(sheaf: Sheaf, kind: str, read: Callable[[], Told]) -> Told:
    """A message that cannot be read, with whom it is about where that is plain: their journey then says so."""
    try:
        return read()
    except Unreadable as unreadable:
        try:
            patient = patient_of(sheaf, None, "Patient", None)
        except Unreadable:
            raise unreadable from None
        return Told(kind, trouble=unreadable, patient=Patient(system=patient.system, value=patient.value))


def _sheaf(document: Mapping[str, Any]) -> tuple[Sheaf, bool]:
    """The Bundle's resources, and whether it deletes some."""
    items, deletes = [], False
    entries = document.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, dict):
            raise Unreadable("not-fhir", "An entry of the Bundle is not one.", "Bundle.entry")
        resource, url, request = entry.get("resource"), entry.get("fullUrl"), entry.get("request")
        if isinstance(resource, dict):
            items += items_of(resource, url if isinstance(url, str) else None, str(number))
        elif isinstance(request, dict) and request.get("method") == "DELETE":
            deletes = True
    return Sheaf(items, _timestamp(document), system_of(document)), deletes


def _timestamp(document: Mapping[str, Any]) -> Moment | None:
    given = document.get("timestamp")
    if given is not None and not isinstance(given, str):
        raise Unreadable("invalid-time", "The Bundle's time is not one.", "Bundle.timestamp")
    return moment(given, "Bundle.timestamp")


def _event(sheaf: Sheaf) -> str | None:
    header = sheaf.only("MessageHeader")
    try:
        coding = Coding.model_validate(header.resource.get("eventCoding")) if header is not None else None
    except ValidationError:
        return None
    return _EVENTS.get(coding.of("medcom-messaging-eventCodes") or "") if coding is not None else None
