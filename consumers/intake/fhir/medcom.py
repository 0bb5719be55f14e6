"""Reads MedCom's acknowledgements and care communication (DK MedCom Acknowledgement 2.0, CareCommunication 4 and 5)."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from consumers.intake.fhir import codes
from consumers.intake.fhir.leftover import lines_of
from consumers.intake.fhir.models import Reference
from consumers.intake.fhir.parts import Communication, MessageHeader
from consumers.intake.fhir.people import about_of, patient_of
from consumers.intake.fhir.sheaf import Sheaf
from consumers.intake.fhir.telling import moment
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party, party_of
from consumers.intake.message import Told
from consumers.intake.notes import NOTE_MAX, with_note
from domain.calendar import format_instant
from domain.errors import Unreadable
from domain.facts.messages import MessageAcknowledged, MessageNoted, MessageSent
from domain.submission import Answers, Patient, Submission

ACKNOWLEDGEMENT: Final = "acknowledgement"
CARE_COMMUNICATION: Final = "care-communication"
_LPR3: Final = "dk-lpr3"
"""Whose word a hospital notification is when the national patient register numbered its episode."""
_SOR_ADDRESS = re.compile(r"https?://sor2?\.sum\.dsdn\.dk/#id=(\d{1,20})", re.ASCII)
_TURNED_DOWN: Final = {
    "fatal-error": "The receiver's system turned the message down.",
    "transient-error": "The receiver's system could not take the message now.",
}


def read_acknowledgement(sheaf: Sheaf) -> Told:
    """Whose journey it is about is found by the message that it answers; one that names none is not of use.

    Raises Unreadable (`no-sender`, `missing-time`).
    """
    header = _header(sheaf)
    response = header.response
    if response is None or not response.identifier or response.code not in ("ok", *_TURNED_DOWN):
        return Told(ACKNOWLEDGEMENT)
    answering = _sender(sheaf, header)
    sources = dict.fromkeys((_LPR3, *_senders(sheaf, header)))
    at = _sent(sheaf, header)
    common = {
        "time": at.at,
        "precision": at.precision,
        "answers": Answers(sources=tuple(sources)[:10], message=response.identifier[:512]),
        "source": answering.source,
        "message": header.id,
        "sent": at.at,
        "unit": answering.unit,
        "controller": answering.controller,
        "principal": answering.principal,
    }
    if response.code == "ok":
        said = {"unit": answering.unit, "received_at": format_instant(at.at)}
        data = said | {"acknowledges": response.identifier[:512]}
        told = [_submission({**common, "type": MessageAcknowledged.TYPE, "data": data})]
    else:
        outcomes = [lines_of(item.resource) for item in sheaf.of("OperationOutcome")]
        text = "\n".join((_TURNED_DOWN[response.code], *outcomes))
        bare = _submission({**common, "type": MessageNoted.TYPE, "data": {"text": "-"}})
        told = list(with_note((), text, bare=bare))
    return Told(ACKNOWLEDGEMENT, tuple(told), source=answering.source, unit=answering.unit)


def read_care_communication(sheaf: Sheaf) -> Told:
    """A message from one unit to another: its words are sealed, its category is the subject. Raises Unreadable."""
    header = _header(sheaf)
    sender = _sender(sheaf, header)
    focus = sheaf.find(header.focus[0]) if header.focus else None
    item = focus if focus is not None and focus.kind == "Communication" else sheaf.only("Communication")
    if item is None:
        raise Unreadable("no-communication", "The message lacks the communication.", "MessageHeader.focus")
    at = _sent(sheaf, header)
    message = item.read(Communication)
    patient = patient_of(sheaf, about_of(item), "Communication", None)
    topic = item.resource.get("topic")
    words = [topic.get("text")] if isinstance(topic, dict) else []
    words += [one.content_string for one in message.payload]
    text = "\n\n".join(word for word in words if isinstance(word, str) and word)
    receivers = [party_of(sheaf, one.receiver) for one in header.destination]
    data = {
        "recipients": [party.recipient() for party in receivers if party.unit],
        "subject": codes.subject_of([*message.category, message.topic]),
        "text": text if len(text) <= NOTE_MAX else None,
    }
    sent = _submission(
        {
            "type": MessageSent.TYPE,
            "time": at.at,
            "precision": at.precision,
            "patient": Patient(system=patient.system, value=patient.value),
            "source": sender.source,
            "message": header.id,
            "sent": at.at,
            "unit": sender.unit,
            "controller": sender.controller,
            "principal": sender.principal,
            "data": {name: value for name, value in data.items() if value},
        }
    )
    left = "" if data["text"] or not text else text
    told = with_note([sent], "\n".join(part for part in (left, *_others(sheaf)) if part), bare=sent)
    return Told(CARE_COMMUNICATION, told, source=sender.source, unit=sender.unit)


def _others(sheaf: Sheaf) -> Iterator[str]:
    """What else the message says: files that came with it, whom to call, who wrote it."""
    for item in sheaf.items:
        if item.kind == "Communication":
            payload = item.resource.get("payload")
            listed = payload if isinstance(payload, list) else [payload]
            parts = [
                {name: value for name, value in one.items() if name != "contentString"}
                for one in listed
                if isinstance(one, dict)
            ]
            yield lines_of({**item.resource, "payload": parts}, _READ)
        elif item.kind not in ("MessageHeader", "Provenance", "Organization", "Patient"):
            yield lines_of(item.resource)


_READ: Final = frozenset({"identifier", "status", "category", "subject", "topic"})


def _header(sheaf: Sheaf) -> MessageHeader:
    item = sheaf.only("MessageHeader")
    if item is None:
        raise Unreadable("no-header", "The message lacks the message header.", "MessageHeader")
    header = item.read(MessageHeader)
    if not header.id:
        raise Unreadable("no-header", "The message header has no id.", "MessageHeader.id")
    return header


def _sender(sheaf: Sheaf, header: MessageHeader) -> Party:
    party = party_of(sheaf, header.sender)
    if party.controller is None:
        raise Unreadable("no-sender", "The message lacks the sender's code.", "MessageHeader.sender")
    return party


def _senders(sheaf: Sheaf, header: MessageHeader) -> Iterator[str]:
    """Who may have sent the message that is answered: those this one is sent to."""
    for one in header.destination:
        source = party_of(sheaf, one.receiver).source
        if source is not None:
            yield source


def _sent(sheaf: Sheaf, header: MessageHeader) -> Moment:
    """By the last Provenance about this message's own header, else by the Bundle."""
    times: list[Moment] = []
    for item in sheaf.of("Provenance"):
        targets = item.resource.get("target")
        named = [t for t in targets if isinstance(t, dict)] if isinstance(targets, list) else []
        for target in named:
            found = sheaf.find(_reference(target))
            if found is not None and found.kind == "MessageHeader" and found.resource.get("id") == header.id:
                times += list(_times(item.resource))
    last = max(times, key=lambda one: one.at, default=sheaf.sent)
    if last is None:
        raise Unreadable(
            "missing-time", "The message lacks the time of sending.", "Provenance.occurredDateTime"
        )
    return last


def _times(resource: object) -> Iterator[Moment]:
    given = (
        resource.get("occurredDateTime") or resource.get("recorded") if isinstance(resource, dict) else None
    )
    at = moment(given, "Provenance.occurredDateTime") if isinstance(given, str) else None
    if at is not None:
        yield at


def _reference(value: object) -> Reference | None:
    try:
        return Reference.model_validate(value)
    except ValidationError:
        return None


def _submission(given: dict[str, object]) -> Submission:
    try:
        return Submission.model_validate(given)
    except ValidationError:
        raise Unreadable(
            "invalid-field", "An identifier in the message is longer than any that is accepted."
        ) from None
