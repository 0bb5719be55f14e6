"""Reads one Danish HospitalNotification (MedCom, FHIR R4 message Bundle) as the facts it tells.

Versions 2 and 3. Sources: DK MedCom HospitalNotification 3.0.2, DK MedCom Terminology 2.0.2, and MedCom's
table of which fields together tell which notification (STIN, STAA, STOR, SLOR, SLHJ, MORS, and RE_ and AN_ of
each). Every message is read alone; its activity is that of the Provenance that targets its own MessageHeader.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from consumers.intake.fhir.models import Bundle, MessageHeader
from consumers.intake.fhir.notification_parts import Activity, Notification
from consumers.intake.fhir.time import Moment
from domain.calendar import format_instant
from domain.errors import Unreadable
from domain.fact import Fact
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted
from domain.facts.correction import FactAmended, FactVoided
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted
from domain.submission import Patient, Submission

EVENT = "hospital-notification-message"
"""MedCom's code for the message, in its header."""
_FACTS: Mapping[Activity, type[Fact]] = {
    "admit-inpatient": PatientAdmitted,
    "admit-emergency": EmergencyVisitStarted,
    "start-leave-inpatient": LeaveStarted,
    "end-leave-inpatient": LeaveEnded,
    "discharge-inpatient-home": PatientDischarged,
    "discharge-emergency-home": EmergencyVisitEnded,
}
_ENDS = (PatientDischarged, EmergencyVisitEnded)


def is_hospital_notification(bundle: Mapping[str, Any]) -> bool:
    """Whether this is a message Bundle whose only MessageHeader has the hospital notification's event code."""
    try:
        message = Bundle.model_validate(dict(bundle))
        header = message.only(MessageHeader)
    except (ValidationError, Unreadable, TypeError, ValueError):
        return False
    if message.bundle_type != "message" or header is None or header.event_coding is None:
        return False
    return header.event_coding.of("medcom-messaging-eventCodes") == EVENT


def read_hospital_notification(bundle: Mapping[str, Any], raw_digest: str) -> list[Submission]:
    """What one message says.

    ``bundle`` is the parsed JSON (or ``parse_fhir_xml``'s result); ``raw_digest`` names a message that has no
    id of its own. Raises Unreadable, with a reason and a sentence that hold nothing of the message.
    """
    if not is_hospital_notification(bundle):
        raise Unreadable("not-a-hospital-notification", "This is not a hospital notification message.")
    return _read(Notification.of(Bundle.model_validate(dict(bundle)), raw_digest))


def _read(note: Notification) -> list[Submission]:
    if note.verb == "cancel":
        return [_voided(note, _annulled(note))]
    if note.status in ("entered-in-error", "cancelled"):
        raise Unreadable(
            "contradiction",
            "The activity says that something happened, the status that it was entered in error.",
        )
    if note.annuls_death:
        return [_voided(note, (PatientDeceased,))]
    fact, moment, data = _told(note)
    if note.verb == "revise":
        return [_amended(note, fact, moment, data)]
    told = _submission(note, fact, moment, data)
    if fact is PatientDeceased and note.previous_message and note.repeats_death(moment):
        return [told, _withdrawn(note, note.previous_message)]
    return [told]


def _told(note: Notification) -> tuple[type[Fact], Moment, dict[str, Any]]:
    """The fact, its own time and its data.

    A death keeps the activity code of the message before it, so ``Patient.deceased`` goes before the code. A
    death without a time is put aside rather than read as the admission whose code it carries.
    """
    start = note.start
    if note.deceased:
        return PatientDeceased, note.death(), _with(admitted_at=start)
    fact = _FACTS[note.activity]
    if fact in (PatientAdmitted, EmergencyVisitStarted):
        return fact, _needed(start), {"organisation": note.organisation} | _given(unit=note.unit)
    if fact is LeaveStarted:
        return fact, _needed(note.leave_start, "leave"), _with(admitted_at=start)
    if fact is LeaveEnded:
        return fact, _needed(note.leave_end, "leave"), _with(started_at=note.leave_start, admitted_at=start)
    times = _with(admitted_at=start) if fact is PatientDischarged else _with(started_at=start)
    return fact, _needed(note.end), {"destination": "home", **times}


def _annulled(note: Notification) -> tuple[type[Fact], ...]:
    """What an annulment (AN) takes back. Some senders tell a death by the code of discharge: its annulment
    takes back that death too, unless the message still says that the patient is dead and the stay over."""
    fact = _FACTS[note.activity]
    if fact in _ENDS and not (note.deceased and note.status == "finished"):
        return fact, PatientDeceased
    return (fact,)


def _voided(note: Notification, kinds: tuple[type[Fact], ...]) -> Submission:
    return _submission(note, FactVoided, note.sent, _episode_target(note, kinds))


def _withdrawn(note: Notification, message: str) -> Submission:
    """Take back the death as the message before told it: see ``Notification.repeats_death``."""
    target = {"target_message": message, "target_kinds": [PatientDeceased.NAME]}
    return _submission(note, FactVoided, note.sent, target)


def _amended(note: Notification, fact: type[Fact], moment: Moment, data: dict[str, Any]) -> Submission:
    """A correction (RE): what the plain message would have said, in place of what was said.

    A corrected end may turn a discharge into a death or back; silence about death leaves a death alone.
    """
    coded = _FACTS[note.activity]
    kinds: tuple[type[Fact], ...] = (fact,)
    if coded in _ENDS and note.deceased is not None:
        kinds = (coded, PatientDeceased)
    amended = {
        "amended_type": fact.TYPE,
        "amended_at": format_instant(moment.at),
        "amended_data": data,
    }
    return _submission(note, FactAmended, note.sent, _episode_target(note, kinds) | amended)


def _episode_target(note: Notification, kinds: tuple[type[Fact], ...]) -> dict[str, Any]:
    return {"target_episode": note.episode, "target_kinds": [kind.NAME for kind in kinds]}


def _submission(note: Notification, fact: type[Fact], moment: Moment, data: dict[str, Any]) -> Submission:
    try:
        return Submission(
            type=fact.TYPE,
            time=moment.at,
            precision=moment.precision,
            patient=Patient(system=note.patient.system, value=note.patient.value),
            source=note.source,
            message=note.message,
            episode=note.episode,
            sent=note.sent.at,
            unit=note.unit,
            role="emergency" if "emergency" in note.activity else "inpatient",
            controller=note.organisation,
            data=data,
        )
    except ValidationError:
        raise Unreadable(
            "invalid-field", "An identifier in the message is longer than any we accept."
        ) from None


def _needed(moment: Moment | None, what: Literal["period", "leave"] = "period") -> Moment:
    if moment is None:
        subject = "a leave" if what == "leave" else "a stay"
        raise Unreadable(f"missing-{what}", f"The message is about {subject} but does not say when.")
    return moment


def _with(**moments: Moment | None) -> dict[str, Any]:
    return {name: format_instant(moment.at) for name, moment in moments.items() if moment is not None}


def _given(**values: str | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
