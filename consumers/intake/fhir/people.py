"""Reads a Patient: who it is, that they died, that two records are one person's."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import ValidationError

from consumers.intake.fhir import codes
from consumers.intake.fhir.models import CodeableConcept, Reference
from consumers.intake.fhir.parts import Extended, Patient, PatientLink, TypedIdentifier
from consumers.intake.fhir.sheaf import Item, Sheaf
from consumers.intake.fhir.telling import Telling, moment
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import issuer_of
from domain import reference as register
from domain.errors import Refused, Unreadable
from domain.facts.discharge import PatientDeceased
from domain.facts.person import PatientIdentityLinked
from domain.identifiers import LMA, NATIONAL_RESERVE, PatientId, record_system

READ: Final = frozenset(
    {"identifier", "deceasedBoolean", "deceasedDateTime", "link", "managingOrganization", "active"}
)
_RESERVE: Final = (NATIONAL_RESERVE, LMA)


@dataclass(frozen=True, repr=False)
class Person:
    """What a Patient resource says of the person."""

    ids: tuple[PatientId, ...]
    """Best first: those of whole countries before those that one system gave out."""
    died: Moment | None
    municipality: str | None
    """*Folkbokföringskommun*, where an address has SCB's code of it."""


def person_of(item: Item, on: date | None) -> Person:
    """Raises Unreadable (`no-patient-id`, `invalid-patient-id`). ``on`` is the day that it was written, if known."""
    patient = item.read(Patient)
    ids = _ids(patient.identifier, on)
    if not ids:
        raise Unreadable("no-patient-id", "The Patient has no identifier.", "Patient.identifier")
    try:
        died = moment(patient.deceased_date_time, "Patient.deceasedDateTime")
    except Unreadable:
        died = None  # read again, and told, where the death itself is read
    return Person(tuple(ids), died, _municipality(patient))


def patient_of(sheaf: Sheaf, reference: Reference | None, kind: str, on: date | None) -> PatientId:
    """Whom a resource is about: the Patient it refers to, or the identifier it gives. Raises Unreadable."""
    place = f"{kind}.{_SUBJECT.get(kind, 'subject')}"
    item = sheaf.find(reference) if reference is not None else sheaf.only("Patient")
    if item is not None and item.kind == "Patient":
        return person_of(item, on).ids[0]
    identifier = reference.identifier if reference is not None else None
    if identifier is None and reference is not None and (reference.reference or "").startswith("Patient?"):
        system, _, value = (reference.reference or "").partition("identifier=")[2].partition("|")
        found = _ids([TypedIdentifier.model_construct(system=system, value=value)], on) if value else []
    elif identifier is not None:
        given = TypedIdentifier.model_construct(system=identifier.system, value=identifier.value)
        found = _ids([given], on)
    else:
        found = []
    if not found:
        absent = reference is not None and reference.reference
        wrong = f"The {kind} refers to a patient who is not in the message." if absent else None
        raise Unreadable(
            "no-patient-id", wrong or f"The {kind} does not say which patient it is about.", place
        )
    return found[0]


def about_of(item: Item) -> Reference | None:
    """Whom a resource says that it is about. Raises Unreadable (`invalid-field`)."""
    for name in _ABOUT:
        given = item.resource.get(name)
        if isinstance(given, dict):
            try:
                return Reference.model_validate(given)
            except ValidationError:
                raise Unreadable(
                    "invalid-field",
                    f"The {item.kind} does not say in FHIR's form which patient it is about.",
                    f"{item.kind}.{name}",
                ) from None
    return None


_ABOUT: Final = ("subject", "patient", "for", "beneficiary", "individual")
_SUBJECT: Final = {"EpisodeOfCare": "patient", "Task": "for"}


def read_patient(telling: Telling) -> frozenset[str]:
    """Death, and links to other records of the same person. Raises Unreadable."""
    patient = telling.read(Patient)
    telling.home = telling.party(patient.managing_organization)
    died = moment(patient.deceased_date_time, "Patient.deceasedDateTime")
    if died is not None:
        telling.tell(PatientDeceased, died)
    on = None
    ids = person_of(telling.item, on).ids
    for number, prior in enumerate(_nationals(ids)[1:], 1):
        _link(telling, ids[0], prior, f"#id-{number}")
    for number, link in enumerate(patient.link, 1):
        _read_link(telling, link, number)
    if patient.deceased_boolean and died is None:
        raise Unreadable(
            "missing-time", "The Patient is dead, but it is not said since when.", "Patient.deceasedDateTime"
        )
    return READ


def _read_link(telling: Telling, link: PatientLink, number: int) -> None:
    """``replaced-by``: the other record goes on; ``replaces``: this one does. Other links say less than that."""
    if link.kind not in ("replaced-by", "replaces") or link.other is None:
        return
    other = patient_of(telling.sheaf, link.other.plain, "Patient", None)
    if other == telling.patient:
        return
    right, prior = (other, telling.patient) if link.kind == "replaced-by" else (telling.patient, other)
    _link(telling, right, prior, f"#link-{number}")


def _link(telling: Telling, right: PatientId, prior: PatientId, suffix: str) -> None:
    at = telling.needed_sent()
    local = right.system.startswith("mrn:") and prior.system.startswith("mrn:")
    ground = "reserve-number" if _is_reserve(prior) else "double-record" if local else "new-identity"
    telling.tell(PatientIdentityLinked, at, {"ground": ground}, patient=right, other=prior, suffix=suffix)


def _is_reserve(patient: PatientId) -> bool:
    return patient.system.partition(":")[0] in _RESERVE


def _nationals(ids: tuple[PatientId, ...]) -> list[PatientId]:
    """One person's numbers in national registers; record numbers are many, and say nothing by being told together."""
    return [one for one in ids if not one.system.startswith("mrn:")]


def _ids(given: list[TypedIdentifier], on: date | None) -> list[PatientId]:
    """Every identifier that is in use, a personnummer first, a reserve number after it, record numbers last."""
    nationals: list[PatientId] = []
    records: list[tuple[bool, PatientId]] = []
    for one in given:
        if not one.value or one.use == "old":
            continue
        try:
            nationals.append(PatientId.from_fhir(one.system or "", one.value, on))
        except Refused as refused:
            raise Unreadable("invalid-patient-id", refused.message, "Patient.identifier") from None
        except Unreadable:
            record = _record(one)
            if record is not None:
                records.append((not _is_record_number(one), record))
    nationals.sort(key=_is_reserve)
    records.sort(key=lambda pair: pair[0])
    return list(dict.fromkeys([*nationals, *(record for _, record in records)]))


def _record(one: TypedIdentifier) -> PatientId | None:
    """A number that some system gave out. Without a system nobody could tell it from the same number elsewhere."""
    if not one.system:
        return None
    try:
        return PatientId.parse(record_system(issuer_of(one.system)), one.value or "")
    except Refused:
        return None


def _is_record_number(one: TypedIdentifier) -> bool:
    return "MR" in codes.codes([one.kind], "v2-0203")


def _municipality(patient: Patient) -> str | None:
    extensions = [*patient.extension, *(e for address in patient.address for e in address.extension)]
    for code in (code for extension in extensions for code in _codes(extension)):
        try:
            return register.municipality(code).code
        except Refused:
            continue
    return None


def _codes(extension: Extended) -> list[str]:
    concept = extension.value_codeable_concept
    if concept is None and extension.value_coding is not None:
        concept = CodeableConcept.model_construct(coding=[extension.value_coding])
    found = codes.codes([concept], codes.MUNICIPALITY)
    return found + [code for inner in extension.extension for code in _codes(inner)]
