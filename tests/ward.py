"""Short words for what a ward, open care and a municipality say, for tests; times are Swedish local time."""

from typing import Any

from given import WARD, instant, said

from domain.command import Command
from domain.envelope import plain_data
from domain.fact import Role
from domain.facts._parts import Recipient, Service
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.correction import FactAmended, FactVoided
from domain.facts.discharge import (
    DischargeInformationTransferred,
    EpisodeCancelled,
    EpisodeClosed,
    PatientDeceased,
    PatientDischarged,
)
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyWithdrawn,
)
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted
from domain.facts.follow_up import FollowUpCompleted, FollowUpPlanned
from domain.facts.municipal import (
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.facts.notification import (
    AdmissionAcknowledged,
    AdmissionNotified,
    CareContactAppointed,
    ConsentRecorded,
    ServiceNeedAssessed,
)
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipNeedDecided

MUNICIPALITY = "2180"
EMERGENCY = "hsa:SE2321000198-AKUT"
OPEN_CARE = Recipient(role="open-care", unit="hsa:SE2321000198-VC1")
NURSING = Recipient(role="municipal-health", municipality=MUNICIPALITY)
SOCIAL = Recipient(role="social-services", municipality=MUNICIPALITY)
EVERYBODY = (OPEN_CARE, NURSING, SOCIAL)
_SAID = ("source", "message", "sequence", "stay", "sent", "unit", "principal", "controller")


def _say(time: str, kind: type[Any], given: dict[str, Any], **data: Any) -> Command:
    """What the fact has a field for is data, the rest is said around it."""
    around = {
        name: given.pop(name) for name in list(given) if name in _SAID and name not in kind.model_fields
    }
    return said(time, kind(**{**data, **given}), **around)


def admitted(time: str, ward: str = WARD, **more: Any) -> Command:
    return _say(time, PatientAdmitted, more, unit=ward, care_form="somatic", municipality=MUNICIPALITY)


def came_to_emergency(time: str, **more: Any) -> Command:
    return _say(time, EmergencyVisitStarted, more, unit=EMERGENCY, municipality=MUNICIPALITY)


def left_emergency(time: str, **more: Any) -> Command:
    return _say(time, EmergencyVisitEnded, more, destination="home")


def judged(time: str, outcome: str | None = "yes", **more: Any) -> Command:
    return _say(time, ServiceNeedAssessed, more, outcome=outcome)


def notified(time: str, *recipients: Recipient, **more: Any) -> Command:
    return _say(time, AdmissionNotified, more, recipients=recipients or EVERYBODY)


def acknowledged(time: str, **more: Any) -> Command:
    return _say(time, AdmissionAcknowledged, more)


def contact(time: str, unit: str = "hsa:SE2321000198-VC1", **more: Any) -> Command:
    return said(time, CareContactAppointed(unit=unit), **more)


def consent(time: str, decision: str, scope: str = "sip", **more: Any) -> Command:
    return _say(time, ConsentRecorded, more, scope=scope, decision=decision)


def ready(time: str, **more: Any) -> Command:
    return _say(time, DischargeReadyDeclared, more)


def told_ready(time: str, *recipients: Recipient, **more: Any) -> Command:
    return _say(time, DischargeReadyNotified, more, recipients=recipients or EVERYBODY)


def not_ready(time: str, **more: Any) -> Command:
    return _say(time, DischargeReadyWithdrawn, more, reason="worse")


def sip_needed(time: str, needed: bool = True, **more: Any) -> Command:
    return _say(time, SipNeedDecided, more, needed=needed)


def sip_called(time: str, *invitees: Recipient, **more: Any) -> Command:
    return _say(time, SipMeetingCalled, more, invitees=invitees or (NURSING, SOCIAL))


def sip_made(time: str, **more: Any) -> Command:
    return _say(time, SipEstablished, more, principals=("21", MUNICIPALITY), overall_responsible=MUNICIPALITY)


def _services(services: tuple[Service, ...]) -> tuple[Service, ...]:
    return services or ("home-nursing",)


def proposed(time: str, *services: Service, municipality: str | None = MUNICIPALITY, **more: Any) -> Command:
    return _say(
        time, MunicipalTakeoverProposed, more, municipality=municipality, services=_services(services)
    )


def accepted(
    time: str,
    *services: Service,
    start: str | None = None,
    municipality: str | None = MUNICIPALITY,
    **more: Any,
) -> Command:
    planned = None if start is None else instant(start)
    return _say(
        time,
        MunicipalTakeoverAccepted,
        more,
        municipality=municipality,
        services=_services(services),
        planned_start_at=planned,
    )


def declined(time: str, *services: Service, municipality: str | None = MUNICIPALITY, **more: Any) -> Command:
    return _say(
        time,
        MunicipalTakeoverDeclined,
        more,
        municipality=municipality,
        services=_services(services),
        reason="no-place",
    )


def care_started(
    time: str, *services: Service, municipality: str | None = MUNICIPALITY, **more: Any
) -> Command:
    return _say(time, MunicipalCareStarted, more, municipality=municipality, services=_services(services))


def transferred(time: str, ward: str, **more: Any) -> Command:
    return _say(time, PatientTransferred, more, to_unit=ward)


def on_leave(time: str, **more: Any) -> Command:
    return _say(time, LeaveStarted, more)


def back(time: str, **more: Any) -> Command:
    return _say(time, LeaveEnded, more)


def discharged(time: str, destination: str = "home", **more: Any) -> Command:
    return _say(time, PatientDischarged, more, destination=destination)


def informed(time: str, **more: Any) -> Command:
    return _say(time, DischargeInformationTransferred, more, recipients=EVERYBODY)


def followed_up(time: str, **more: Any) -> Command:
    return _say(time, FollowUpCompleted, more, channel="telephone")


def follow_up_planned(time: str, due: str, role: Role | None = None, **more: Any) -> Command:
    return _say(time, FollowUpPlanned, more, due_at=instant(due), role=role)


def died(time: str, **more: Any) -> Command:
    return _say(time, PatientDeceased, more)


def cancelled(time: str, **more: Any) -> Command:
    return _say(time, EpisodeCancelled, more, reason="registered-in-error")


def closed(time: str, **more: Any) -> Command:
    return _say(time, EpisodeClosed, more, reason="completed")


def voided(time: str, target: str, **more: Any) -> Command:
    """Annuls what the same source said in the message ``target``."""
    return said(time, FactVoided(target_message=target), **more)


def amended(time: str, target: str, as_should_be: Command, **more: Any) -> Command:
    """Replaces time and data of what was said in the message ``target`` by those of another command."""
    correction = FactAmended(
        target_message=target,
        amended_type=as_should_be.fact.TYPE,
        amended_at=as_should_be.time,
        amended_data=plain_data(as_should_be.fact),
    )
    return said(time, correction, **more)
