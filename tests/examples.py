"""One full example of each fact, as the ward, the municipality or another system might say it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.correction import FactAmended, FactVoided
from domain.facts.discharge import (
    DischargeInformationTransferred,
    EpisodeCancelled,
    EpisodeClosed,
    PatientDeceased,
    PatientDischarged,
    PatientInformedAtDischarge,
)
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyWithdrawn,
    OpenCareServiceCleared,
    OpenCareServiceUnavailable,
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
    EstimatedDischargeChanged,
    ServiceNeedAssessed,
)
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipNeedDecided

HOSPITAL = "orgnr:2321000198"
WARD = "hsa:SE2321000198-WARD1"
OTHER_WARD = "hsa:SE2321000198-WARD2"
HEALTH_CENTRE = "hsa:SE2321000198-HC1"
GAVLE = "orgnr:2120002338"
MESSAGE_REF = "5" * 64
STAFF_REF = "staff-7"
STAY = "00000000-0000-5000-8000-0000000000e1"
ADMITTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 4, 7, 30, tzinfo=UTC)
NOTE = "Hon vill helst hem före helgen."
RECIPIENTS = (
    Recipient(role="municipal-health", unit=GAVLE, municipality="2180", received_at=ADMITTED),
    Recipient(role="open-care", unit=HEALTH_CENTRE),
)

EXAMPLES: Mapping[str, Fact] = {
    "patient-admitted.v1": PatientAdmitted(
        organisation=HOSPITAL,
        unit=WARD,
        care_form="psychiatric",
        compulsion="LPT",
        municipality="2180",
        unplanned=True,
        note=NOTE,
    ),
    "patient-transferred.v1": PatientTransferred(
        from_unit=WARD, to_unit=OTHER_WARD, to_organisation=HOSPITAL, to_region="21", note=NOTE
    ),
    "leave-started.v1": LeaveStarted(expected_return_at=LATER, admitted_at=ADMITTED, note=NOTE),
    "leave-ended.v1": LeaveEnded(started_at=LATER, admitted_at=ADMITTED, note=NOTE),
    "emergency-visit-started.v1": EmergencyVisitStarted(
        organisation=HOSPITAL, unit=WARD, municipality="2180", note=NOTE
    ),
    "emergency-visit-ended.v1": EmergencyVisitEnded(destination="home", started_at=ADMITTED, note=NOTE),
    "service-need-assessed.v1": ServiceNeedAssessed(
        outcome="yes", needs=("municipal-health", "open-care"), at_admission=False, note=NOTE
    ),
    "admission-notified.v1": AdmissionNotified(
        recipients=RECIPIENTS,
        name_included=True,
        identity_included=True,
        address_included=False,
        estimated_discharge_at=LATER,
        note=NOTE,
    ),
    "admission-acknowledged.v1": AdmissionAcknowledged(
        unit=GAVLE,
        role="municipal-health",
        municipality="2180",
        received_at=ADMITTED,
        acknowledges=MESSAGE_REF,
        note=NOTE,
    ),
    "estimated-discharge-changed.v1": EstimatedDischargeChanged(
        old_estimate_at=ADMITTED, new_estimate_at=LATER, note=NOTE
    ),
    "care-contact-appointed.v1": CareContactAppointed(
        unit=HEALTH_CENTRE, person=STAFF_REF, reused=True, note=NOTE
    ),
    "consent-recorded.v1": ConsentRecorded(scope="information-sharing", decision="given", note=NOTE),
    "discharge-ready-declared.v1": DischargeReadyDeclared(physician_role="treating-physician", note=NOTE),
    "discharge-ready-notified.v1": DischargeReadyNotified(recipients=RECIPIENTS, note=NOTE),
    "discharge-ready-withdrawn.v1": DischargeReadyWithdrawn(reason="worse", note=NOTE),
    "open-care-service-unavailable.v1": OpenCareServiceUnavailable(
        service="home-visit", expected_until=LATER, note=NOTE
    ),
    "open-care-service-cleared.v1": OpenCareServiceCleared(service="home-visit", note=NOTE),
    "sip-need-decided.v1": SipNeedDecided(needed=True, note=NOTE),
    "sip-meeting-called.v1": SipMeetingCalled(
        invitees=RECIPIENTS, meeting_at=LATER, form="digital", unit=HEALTH_CENTRE, note=NOTE
    ),
    "sip-established.v1": SipEstablished(
        principals=("21", "2180"),
        overall_responsible="2180",
        plan="Hemtjänst två gånger om dagen.",
        note=NOTE,
    ),
    "municipal-takeover-proposed.v1": MunicipalTakeoverProposed(
        services=("home-nursing", "rehabilitation"), municipality="2180", requested_start_at=LATER, note=NOTE
    ),
    "municipal-takeover-accepted.v1": MunicipalTakeoverAccepted(
        services=("home-nursing",), municipality="2180", unit=GAVLE, planned_start_at=LATER, note=NOTE
    ),
    "municipal-takeover-declined.v1": MunicipalTakeoverDeclined(
        services=("home-nursing",), municipality="2180", reason="needs-more-information", note=NOTE
    ),
    "municipal-care-started.v1": MunicipalCareStarted(
        services=("home-nursing",), municipality="2180", unit=GAVLE, note=NOTE
    ),
    "patient-discharged.v1": PatientDischarged(
        destination="residential-care", egenvard=False, admitted_at=ADMITTED, note=NOTE
    ),
    "discharge-information-transferred.v1": DischargeInformationTransferred(
        recipients=RECIPIENTS, documents="Epikris, läkemedelslista", note=NOTE
    ),
    "patient-informed-at-discharge.v1": PatientInformedAtDischarge(
        summary_given=True, care_contact_named=True, sip_time_given=False, plans_given=True, note=NOTE
    ),
    "patient-deceased.v1": PatientDeceased(admitted_at=ADMITTED, note=NOTE),
    "episode-cancelled.v1": EpisodeCancelled(reason="did-not-arrive", note=NOTE),
    "episode-closed.v1": EpisodeClosed(reason="moved", note=NOTE),
    "follow-up-planned.v1": FollowUpPlanned(
        due_at=LATER,
        unit=HEALTH_CENTRE,
        role="open-care",
        municipality="2180",
        channel="telephone",
        note=NOTE,
    ),
    "follow-up-completed.v1": FollowUpCompleted(
        unit=HEALTH_CENTRE, role="open-care", municipality="2180", channel="home-visit", note=NOTE
    ),
    "fact-voided.v1": FactVoided(target_episode=STAY, target_kinds=("patient-admitted",), note=NOTE),
    "fact-amended.v1": FactAmended(
        target_message=MESSAGE_REF,
        target_kinds=("leave-started",),
        target_regime="HSL",
        amended_type="se.carechain.leave-started.v1",
        amended_at=ADMITTED,
        amended_data={"expected_return_at": "2026-03-04T07:30:00.000000Z", "note": NOTE},
        note=NOTE,
    ),
}
"""Short name and version -> every field filled."""

UNUSUAL: Mapping[str, tuple[Fact, Mapping[str, Any]]] = {
    "patient-admitted.v1.bare": (PatientAdmitted(), {}),
    "municipal-care-started.v1.sealed-whole": (
        MunicipalCareStarted(services=("home-help",), municipality="2180", unit=GAVLE, note=NOTE),
        {},
    ),
    "fact-amended.v1.under-sol": (
        FactAmended(
            target_message=MESSAGE_REF,
            amended_type="se.carechain.municipal-care-started.v1",
            amended_data={"services": ["home-help"], "note": NOTE},
        ),
        {},
    ),
    "discharge-ready-notified.v1.all-attributes": (
        DischargeReadyNotified(recipients=RECIPIENTS, note=NOTE),
        {
            "principal": "21",
            "sequence": 41,
            "stay": STAY,
            "sent": LATER,
            "precision": "minute",
            "actor": STAFF_REF,
            "unit": WARD,
            "role": "inpatient",
            "correlation": "c" * 64,
            "causation": "d" * 64,
        },
    ),
}
"""The forms a fact may take besides: nothing said, sealed whole, every attribute there."""
