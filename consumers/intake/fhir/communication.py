"""Reads a Communication: a notice that the law asks for, or any other message from one unit to others."""

from collections.abc import Mapping
from typing import Any, Final

from consumers.intake.fhir import codes
from consumers.intake.fhir.parts import Communication, Link
from consumers.intake.fhir.telling import Telling, extension_time, moment, needed, text_of
from consumers.intake.fhir.units import party_of
from domain.fact import Fact
from domain.facts.discharge import DischargeInformationTransferred
from domain.facts.discharge_ready import DischargeReadyNotified, DischargeReadyWithdrawn
from domain.facts.messages import MessageSent
from domain.facts.notification import AdmissionNotified
from domain.facts.planning import SipMeetingCalled

READ: Final = frozenset(
    {"status", "category", "subject", "identifier", "sent", "received", "recipient", "sender"}
)
TEXT_MAX: Final = 20_000
_FACTS: Final[Mapping[str, type[Fact]]] = {
    "admission-notice": AdmissionNotified,
    "discharge-ready": DischargeReadyNotified,
    "discharge-ready-withdrawn": DischargeReadyWithdrawn,
    "discharge-information": DischargeInformationTransferred,
    "sip-call": SipMeetingCalled,
}
"""``urn:carechain:code:communication``, in category or topic."""
_NOT_SENT: Final = ("preparation", "not-done", "on-hold")


def read_communication(telling: Telling) -> frozenset[str]:
    """Its time is the sending. One that was not sent is kept as a note. Raises Unreadable."""
    message = telling.read(Communication)
    telling.home = telling.party(message.sender)
    if message.status == "entered-in-error":
        telling.void(telling.needed_sent())
        return READ
    if message.status in _NOT_SENT:
        return frozenset()
    sent = moment(message.sent, "Communication.sent") or telling.sent
    at = needed(sent, "Communication", "sent", "missing-time")
    said = [*message.category, message.topic]
    sort = codes.our_code(said, "communication", frozenset(_FACTS))
    fact = _FACTS[sort] if sort is not None else MessageSent
    recipients = [_recipient(telling, message, link) for link in message.recipient]
    data: dict[str, Any] = {}
    if fact is DischargeReadyWithdrawn:
        data = {"reason": "other"}
    elif fact is SipMeetingCalled:
        data = {"invitees": recipients, "unit": telling.home.unit}
    else:
        data = {"recipients": recipients}
    if fact is AdmissionNotified:
        place = "Communication.extension"
        data["estimated_discharge_at"] = extension_time(message.extension, codes.ESTIMATED, place)
    if fact is MessageSent:
        data["subject"] = codes.subject_of(said)
    text = "\n".join(one.content_string for one in message.payload if one.content_string)
    whole = 0 < len(text) <= TEXT_MAX
    if whole:
        data["text" if fact is MessageSent else "note"] = text
    inpatient = fact in (AdmissionNotified, DischargeReadyNotified, DischargeReadyWithdrawn)
    telling.tell(fact, at, data, role="inpatient" if inpatient else None)
    only_words = all(one.content_string and not one.extension for one in message.payload)
    return READ | {"payload"} if whole and only_words else READ


def _recipient(telling: Telling, message: Communication, link: Link) -> dict[str, Any]:
    """One receiver with when it reached them: said of the one, else of all."""
    own = extension_time(link.extension, codes.RECEIVED, "Communication.recipient")
    received = own or text_of(moment(message.received, "Communication.received"))
    return party_of(telling.sheaf, link.plain).recipient(received)
