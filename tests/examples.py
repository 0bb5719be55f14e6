"""One full example of each fact, as the ward, the municipality or another system might say it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.compulsory_care import CompulsoryOpenCareDecided, CoordinatedCarePlanEstablished
from domain.facts.contact import (
    AmbulanceAttended,
    DigitalVisitHeld,
    HomeVisitMade,
    PreventiveContactMade,
    VisitMade,
)
from domain.facts.correction import FactAmended, FactVoided
from domain.facts.discharge import (
    DischargeInformationTransferred,
    EpisodeCancelled,
    EpisodeClosed,
    HomegoingChecklistCompleted,
    PatientDeceased,
    PatientDischarged,
    PatientInformedAtDischarge,
)
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyStatusObserved,
    DischargeReadyWithdrawn,
    OpenCareServiceCleared,
    OpenCareServiceUnavailable,
)
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted
from domain.facts.follow_up import FollowUpCompleted, FollowUpPlanned
from domain.facts.guarantee import (
    CareAssessed,
    CareContactSought,
    TreatmentDecided,
    TreatmentStarted,
    WaitPaused,
    WaitResumed,
)
from domain.facts.messages import (
    HomeSituationReported,
    MessageAcknowledged,
    MessageNoted,
    MessageSent,
    NotificationMisdirected,
    ParticipantChanged,
    PlanningInputSubmitted,
)
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import (
    MunicipalCareEnded,
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.facts.notification import (
    AdmissionAcknowledged,
    AdmissionNotified,
    CareContactAppointed,
    CareContactEnded,
    ConsentRecorded,
    EstimatedDischargeChanged,
    ServiceNeedAssessed,
)
from domain.facts.person import (
    BlockLifted,
    BlockSet,
    EpisodeMoved,
    PatientGoalStated,
    PatientIdentityLinked,
    PatientIdentityUnlinked,
    ProtectedIdentityLifted,
    ProtectedIdentitySet,
)
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipMeetingHeld, SipNeedDecided
from domain.facts.provider import ProviderCommissioned
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
    SharedCareAgreed,
)
from domain.facts.residence import (
    ResidentialCareApplied,
    ResidentialCareOffered,
    ResponsibleMunicipalityChanged,
)
from domain.facts.settlement import CaseDisputed

HOSPITAL = "orgnr:2321000198"
WARD = "hsa:SE2321000198-WARD1"
OTHER_WARD = "hsa:SE2321000198-WARD2"
HEALTH_CENTRE = "hsa:SE2321000198-HC1"
HEART_CLINIC = "hsa:SE2321000198-HEART"
AMBULANCE = "hsa:SE2321000198-AMB1"
TEAM = "hsa:SE2321000198-TEAM1"
GAVLE = "orgnr:2120002338"
PRIVATE_PROVIDER = "orgnr:5560360793"
OTHER_JOURNEY = "00000000-0000-4000-8000-000000000002"
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
    "home-situation-reported.v1": HomeSituationReported(
        unit=GAVLE,
        role="municipal-health",
        municipality="2180",
        received_at=LATER,
        report="Klarar sig med rollator, trappa till sovrummet.",
        note=NOTE,
    ),
    "planning-input-submitted.v1": PlanningInputSubmitted(
        unit=GAVLE, role="municipal-health", municipality="2180", colour="green", complete=True, note=NOTE
    ),
    "participant-changed.v1": ParticipantChanged(
        added=RECIPIENTS[:1], removed=RECIPIENTS[1:], reason="wrong-unit", note=NOTE
    ),
    "notification-misdirected.v1": NotificationMisdirected(
        notification="discharge-ready-notified",
        message=MESSAGE_REF,
        role="open-care",
        municipality="2180",
        unit=HEALTH_CENTRE,
        right_unit=GAVLE,
        note=NOTE,
    ),
    "message-sent.v1": MessageSent(
        recipients=RECIPIENTS, subject="medicine-question", text="Vilken dos gäller från i dag?", note=NOTE
    ),
    "message-noted.v1": MessageNoted(text="NK1-2: granne, har nyckel.", part="1/2", note=NOTE),
    "message-acknowledged.v1": MessageAcknowledged(
        unit=HEALTH_CENTRE,
        role="open-care",
        municipality="2180",
        received_at=LATER,
        acknowledges=MESSAGE_REF,
        note=NOTE,
    ),
    "compulsory-open-care-decided.v1": CompulsoryOpenCareDecided(
        form="LPT", recipients=RECIPIENTS, note=NOTE
    ),
    "coordinated-care-plan-established.v1": CoordinatedCarePlanEstablished(
        principals=("21", "2180"), plan="Läkarkontakt varje vecka, boendestöd.", note=NOTE
    ),
    "responsible-municipality-changed.v1": ResponsibleMunicipalityChanged(
        from_municipality="2180", to_municipality="2181", ground="registration", note=NOTE
    ),
    "residential-care-applied.v1": ResidentialCareApplied(municipality="2180", note=NOTE),
    "residential-care-offered.v1": ResidentialCareOffered(
        municipality="2180", unit=GAVLE, move_in_at=LATER, note=NOTE
    ),
    "mobile-team-took-over.v1": MobileTeamTookOver(team=TEAM, members=RECIPIENTS, review_at=LATER, note=NOTE),
    "mobile-team-handed-back.v1": MobileTeamHandedBack(
        team=TEAM, handed_to=RECIPIENTS, reason="stable", note=NOTE
    ),
    "referral-sent.v1": ReferralSent(
        track="heart-failure",
        from_unit=HEALTH_CENTRE,
        to_unit=HEART_CLINIC,
        to_region="21",
        question="Ställningstagande till implantat?",
        note=NOTE,
    ),
    "referral-accepted.v1": ReferralAccepted(track="heart-failure", unit=HEART_CLINIC, note=NOTE),
    "referral-returned.v1": ReferralReturned(
        track="heart-failure",
        unit=HEART_CLINIC,
        reason="no-capacity",
        passed_on_to=OTHER_WARD,
        note=NOTE,
    ),
    "shared-care-agreed.v1": SharedCareAgreed(
        track="heart-failure",
        specialist_unit=HEART_CLINIC,
        primary_care_unit=HEALTH_CENTRE,
        review_at=LATER,
        note=NOTE,
    ),
    "handed-back-to-primary-care.v1": HandedBackToPrimaryCare(
        track="heart-failure", from_unit=HEART_CLINIC, to_unit=HEALTH_CENTRE, note=NOTE
    ),
    "care-contact-sought.v1": CareContactSought(
        track="asthma-copd", unit=HEALTH_CENTRE, channel="telephone", note=NOTE
    ),
    "care-assessed.v1": CareAssessed(
        unit=HEALTH_CENTRE, profession="physiotherapist", person=STAFF_REF, note=NOTE
    ),
    "treatment-decided.v1": TreatmentDecided(track="heart-failure", unit=HEART_CLINIC, note=NOTE),
    "treatment-started.v1": TreatmentStarted(track="heart-failure", unit=HEART_CLINIC, note=NOTE),
    "wait-paused.v1": WaitPaused(
        track="heart-failure", ground="medically-impossible", step="treatment", note=NOTE
    ),
    "wait-resumed.v1": WaitResumed(track="heart-failure", step="treatment", note=NOTE),
    "visit-made.v1": VisitMade(
        track="heart-failure",
        unit=HEART_CLINIC,
        role="open-care",
        municipality="2180",
        profession="physician",
        person=STAFF_REF,
        note=NOTE,
    ),
    "home-visit-made.v1": HomeVisitMade(
        track="geriatrics",
        unit=GAVLE,
        role="municipal-health",
        municipality="2180",
        profession="assistant-nurse",
        person=STAFF_REF,
        note=NOTE,
    ),
    "digital-visit-held.v1": DigitalVisitHeld(
        track="adult-psychiatry",
        unit=HEALTH_CENTRE,
        role="open-care",
        municipality="2180",
        profession="psychologist",
        person=STAFF_REF,
        note=NOTE,
    ),
    "preventive-contact-made.v1": PreventiveContactMade(
        track="diabetes",
        unit=HEALTH_CENTRE,
        role="open-care",
        municipality="2180",
        profession="nurse",
        person=STAFF_REF,
        note=NOTE,
    ),
    "ambulance-attended.v1": AmbulanceAttended(
        outcome="left-at-home", unit=AMBULANCE, conveyed_to=WARD, handed_to=RECIPIENTS, note=NOTE
    ),
    "egenvard-assessed.v1": EgenvardAssessed(
        outcome="egenvard",
        measure="Insulin med penna två gånger om dagen.",
        support="municipality",
        municipality="2180",
        review_at=LATER,
        unit=HEALTH_CENTRE,
        note=NOTE,
    ),
    "egenvard-reviewed.v1": EgenvardReviewed(
        outcome="continues", review_at=LATER, unit=HEALTH_CENTRE, note=NOTE
    ),
    "patient-goal-stated.v1": PatientGoalStated(goal="Kunna gå till brevlådan själv.", note=NOTE),
    "patient-identity-linked.v1": PatientIdentityLinked(
        other_journey=OTHER_JOURNEY, ground="reserve-number", note=NOTE
    ),
    "patient-identity-unlinked.v1": PatientIdentityUnlinked(
        other_journey=OTHER_JOURNEY, ground="mistaken", note=NOTE
    ),
    "episode-moved.v1": EpisodeMoved(
        moved_episode=OTHER_JOURNEY,
        from_journey=OTHER_JOURNEY,
        to_journey="00000000-0000-4000-8000-000000000001",
        note=NOTE,
    ),
    "block-set.v1": BlockSet(kind="inner", closed_unit=WARD, note=NOTE),
    "block-lifted.v1": BlockLifted(kind="inner", closed_unit=WARD, ground="vital-need", note=NOTE),
    "protected-identity-set.v1": ProtectedIdentitySet(kind="secrecy-marking", note=NOTE),
    "protected-identity-lifted.v1": ProtectedIdentityLifted(kind="secrecy-marking", note=NOTE),
    "provider-commissioned.v1": ProviderCommissioned(
        unit=HEALTH_CENTRE, provider=PRIVATE_PROVIDER, on_behalf_of="21", note=NOTE
    ),
    "case-disputed.v1": CaseDisputed(
        municipality="2180", month="2026-03", reason="open-care-missing", note=NOTE
    ),
    "homegoing-checklist-completed.v1": HomegoingChecklistCompleted(
        medicines=True, aids=True, transport=True, home_keys=False, note=NOTE
    ),
    "discharge-ready-status-observed.v1": DischargeReadyStatusObserved(
        ready=False, estimated_discharge_at=LATER, note=NOTE
    ),
    "municipal-care-ended.v1": MunicipalCareEnded(
        services=("home-nursing",), municipality="2180", reason="no-longer-needed", note=NOTE
    ),
    "care-contact-ended.v1": CareContactEnded(unit=HEALTH_CENTRE, reason="staff-left", note=NOTE),
    "sip-meeting-held.v1": SipMeetingHeld(
        form="digital", participants=RECIPIENTS, patient_took_part=True, note=NOTE
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
    "home-visit-made.v1.sealed-whole": (
        HomeVisitMade(unit=GAVLE, role="social-services", municipality="2180", note=NOTE),
        {},
    ),
    "responsible-municipality-changed.v1.sealed-whole": (
        ResponsibleMunicipalityChanged(from_municipality="2180", to_municipality="2181", ground="placement"),
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
