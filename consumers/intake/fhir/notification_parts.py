"""One HospitalNotification taken apart: who, where, which stay, when, and what the sender says it did."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal, TypeVar, cast, get_args

from consumers.intake.fhir.models import (
    Bundle,
    Encounter,
    MessageHeader,
    Organization,
    Patient,
    Period,
    Provenance,
    Reference,
)
from consumers.intake.fhir.time import Moment
from domain.errors import Refused, Unreadable
from domain.identifiers import PatientId, organisation_ref

Activity = Literal[
    "admit-inpatient",
    "admit-emergency",
    "start-leave-inpatient",
    "end-leave-inpatient",
    "discharge-inpatient-home",
    "discharge-emergency-home",
]
"""Hospital notifications' activity codes (DK MedCom Terminology 2.0.2), less ``revise-`` and ``cancel-``."""
Verb = Literal["tell", "revise", "cancel"]

_SOR: Final = "urn:oid:1.2.208.176.1.1"
_CPR: Final = "urn:oid:1.2.208.176.1.2"
_LPR3: Final = "https://www.esundhed.dk/Registre/Landspatientregisteret"
_SOR_ADDRESS = re.compile(r"https?://sor2?\.sum\.dsdn\.dk/#id=(\d{1,20})", re.ASCII)
_LEAVE = re.compile(r"medcom-hospitalnotifi(?:c)?ation-leave-period-extension", re.IGNORECASE)

Found = TypeVar("Found")


@dataclass(frozen=True, repr=False)
class Notification:
    """What the parts of one message say, references followed."""

    message: str
    patient: PatientId
    organisation: str
    """The sender's SOR."""
    unit: str | None
    episode: str
    source: str
    """Who gave the episode its id; see ``_source``."""
    verb: Verb
    activity: Activity
    sent: Moment
    previous_message: str | None
    """The message this one follows, corrects or removes."""
    removes: bool
    """The sender says that it removes that message."""
    previous: Provenance | None
    """The copy of that message's Provenance."""
    encounter: Encounter
    deceased: bool | None
    deceased_at: str | None

    @classmethod
    def of(cls, bundle: Bundle, raw_digest: str) -> "Notification":
        """Raises Unreadable for what a notification must have and this one lacks."""
        header = _require(bundle.only(MessageHeader), "no-header", "message header")
        own = _own_provenance(bundle)
        focus = header.focus[0] if header.focus else None
        encounter = _require(
            bundle.find(Encounter, focus) or bundle.only(Encounter), "no-encounter", "encounter"
        )
        patient = _require(
            bundle.find(Patient, encounter.subject) or bundle.only(Patient), "no-patient-id", "patient"
        )
        organisation = _require(_sor(bundle, header.sender), "no-sender", "sender's SOR code")
        verb, activity = _activity(own)
        episode, source = _episode(encounter, organisation)
        entity = next((e for e in own.entity if e.what is not None and e.what.id), None)
        died = patient.deceased_date_time
        return cls(
            message=header.id or raw_digest,
            patient=_patient_id(patient),
            organisation=organisation,
            unit=_sor(bundle, encounter.service_provider),
            episode=episode,
            source=source,
            verb=verb,
            activity=activity,
            sent=_require(_sent(own), "missing-time", "time of sending"),
            previous_message=entity.what.id if entity is not None and entity.what is not None else None,
            removes=entity is not None and entity.role == "removal",
            previous=_copied(bundle, entity.what if entity is not None else None),
            encounter=encounter,
            deceased=True if died is not None else patient.deceased_boolean,
            deceased_at=died,
        )

    @property
    def status(self) -> str | None:
        return self.encounter.status

    @cached_property
    def start(self) -> Moment | None:
        return Moment.read(self.encounter.period.start if self.encounter.period else None)

    @cached_property
    def end(self) -> Moment | None:
        return Moment.read(self.encounter.period.end if self.encounter.period else None)

    @property
    def leave_start(self) -> Moment | None:
        return Moment.read(self._leave.start)

    @property
    def leave_end(self) -> Moment | None:
        return Moment.read(self._leave.end)

    @cached_property
    def _leave(self) -> Period:
        """The leave that began last."""
        leaves = [
            e.value_period for e in self.encounter.extension if _LEAVE.fullmatch(e.name) and e.value_period
        ]
        started = [(moment.at, leave) for leave in leaves if (moment := Moment.read(leave.start))]
        return max(started, key=lambda pair: pair[0])[1] if started else (leaves or [Period()])[-1]

    def death(self) -> Moment:
        """When the patient died: the end of the stay's period, else what the patient's record says."""
        return _require(
            self.end or Moment.read(self.deceased_at), "missing-period", "time of the patient's death"
        )

    @property
    def annuls_death(self) -> bool:
        """AN_MORS has no code of its own: it carries that of the death, which carried the one before.

        It is one when it says that it removes a message, yet has no ``cancel-`` code; or, from a sender that
        does not say so, when the patient is not dead and the message before had the same code. A sender that
        puts ``deceased: false`` on every message is so read by its codes.
        """
        if self.verb != "tell" or self.deceased:
            return False
        return self.removes or (self.deceased is False and self._repeats_code)

    def repeats_death(self, died: Moment) -> bool:
        """RE_MORS has no code of its own either and looks like MORS.

        It is one when the message before, with the same code, was sent after the death: then that message has
        told the death already.
        """
        sent = _sent(self.previous) if self.previous is not None else None
        return sent is not None and self._repeats_code and sent.at >= died.at

    @property
    def _repeats_code(self) -> bool:
        return self.previous is not None and _code(self.previous) == self.activity


def _own_provenance(bundle: Bundle) -> Provenance:
    """The last sent of those that target this message's header; the others are the copied history."""
    header = bundle.entries(MessageHeader)[0]
    targeting = [
        provenance
        for provenance in (entry.read(Provenance) for entry in bundle.entries(Provenance))
        if any(header.is_named_by(target) for target in provenance.target)
    ]
    if not targeting:
        raise Unreadable(
            "no-provenance", "The message does not say what it is sent for: its own Provenance is missing."
        )
    return max(targeting, key=_when_sent)


def _copied(bundle: Bundle, previous: Reference | None) -> Provenance | None:
    if previous is None:
        return None
    copies = [
        provenance
        for provenance in (entry.read(Provenance) for entry in bundle.entries(Provenance))
        if any(target.id == previous.id for target in provenance.target)
    ]
    return copies[-1] if copies else None


def _sent(provenance: Provenance) -> Moment | None:
    return Moment.read(provenance.occurred_date_time or provenance.recorded)


def _when_sent(provenance: Provenance) -> datetime:
    sent = _sent(provenance)
    return sent.at if sent is not None else datetime.min.replace(tzinfo=UTC)


def _code(provenance: Provenance) -> str | None:
    codings = provenance.activity.coding if provenance.activity is not None else []
    codes = (coding.of("medcom-messaging-activityCodes") for coding in codings)
    return next((code for code in codes if code), None)


def _activity(own: Provenance) -> tuple[Verb, Activity]:
    code = _code(own) or ""
    verb: Verb = (
        "revise" if code.startswith("revise-") else "cancel" if code.startswith("cancel-") else "tell"
    )
    stem = code.removeprefix(f"{verb}-")
    if stem not in get_args(Activity):
        raise Unreadable(
            "unknown-activity", "The message's activity is not one of a hospital notification's."
        )
    return verb, cast("Activity", stem)


def _episode(encounter: Encounter, sender: str) -> tuple[str, str]:
    """The id of the episode of care and who gave it: the national patient register (LPR3), else the first."""
    given = [
        (identifier.system or "", identifier.value)
        for reference in encounter.episode_of_care
        if (identifier := reference.identifier) is not None and identifier.value
    ]
    if not given:
        raise Unreadable("no-episode", "The message does not name the episode of care.")
    system, value = next((pair for pair in given if pair[0] == _LPR3), given[0])
    return value, _source(system, sender)


def _source(system: str, sender: str) -> str:
    """Whose word the stay hangs on: the giver of the episode's id, not the sending department.

    Another department may correct a message or receive the patient; it sends under its own SOR code and keeps
    the episode, and both messages are about one stay.
    """
    if system == _LPR3:
        return "dk-lpr3"
    address = _SOR_ADDRESS.fullmatch(system)
    return f"sor:{address[1]}" if address is not None else sender


def _patient_id(patient: Patient) -> PatientId:
    """The CPR number, else another identifier of a kind we know; an E-CPR is not one."""
    for identifier in sorted(patient.identifier, key=lambda i: i.system != _CPR):
        if not identifier.system or not identifier.value:
            continue
        try:
            return PatientId.from_fhir(identifier.system, identifier.value)
        except Refused as refused:
            raise Unreadable("invalid-patient-id", refused.message) from None
        except Unreadable:
            continue
    raise Unreadable("no-patient-id", "The message holds no patient identifier of a kind we know.")


def _sor(bundle: Bundle, reference: Reference | None) -> str | None:
    organisation = bundle.find(Organization, reference)
    values = (
        [i.value for i in organisation.identifier if i.system == _SOR] if organisation is not None else []
    )
    if not values or not values[0]:
        return None
    try:
        return organisation_ref(f"sor:{values[0]}")
    except Refused:
        raise Unreadable(
            "invalid-field", "An organisation's SOR code in the message is not a number."
        ) from None


def _require(found: Found | None, reason: str, what: str) -> Found:
    if found is None:
        raise Unreadable(reason, f"The message lacks the {what}.")
    return found
