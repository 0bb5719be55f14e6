"""Short words for what units tell one another beside the notices, and for what is agreed; local Swedish times."""

from typing import Any, Literal

from given import instant, said

from domain.agreement import Agreement, LocalLimits
from domain.basis import Basis
from domain.command import Command
from domain.fact import Role
from domain.facts._parts import Recipient
from domain.facts.compulsory_care import CompulsoryOpenCareDecided, CoordinatedCarePlanEstablished
from domain.facts.contact import AmbulanceAttended, HomeVisitMade, VisitMade
from domain.facts.discharge import PatientInformedAtDischarge
from domain.facts.discharge_ready import DischargeReadyStatusObserved
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.facts.messages import NotificationMisdirected, ParticipantChanged, PlanningInputSubmitted
from domain.facts.notification import CareContactEnded, EstimatedDischargeChanged
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.facts.settlement import CaseDisputed

OWN = "2180"
OTHER = "2181"
OTHER_NURSING = Recipient(role="municipal-health", municipality=OTHER)
OTHER_SOCIAL = Recipient(role="social-services", municipality=OTHER)
EYES = "hsa:SE2321000198-EYE1"
HEART = "hsa:SE2321000198-HEART1"
CENTRE = "hsa:SE2321000198-VC1"


def agreed(**limits: Any) -> Basis:
    """An agreement with these local limits and no others."""
    return Basis(
        agreements=(Agreement(id="agreed", version=1, title="Agreed", limits=LocalLimits(**limits)),)
    )


def new_estimate(time: str, estimate: str, **more: Any) -> Command:
    return said(time, EstimatedDischargeChanged(new_estimate_at=instant(estimate)), **more)


def ward_says(time: str, ready: bool | None = None, estimate: str | None = None, **more: Any) -> Command:
    """What the ward's own system shows."""
    at = None if estimate is None else instant(estimate)
    return said(time, DischargeReadyStatusObserved(ready=ready, estimated_discharge_at=at), **more)


def planning(time: str, role: Role | None, municipality: str | None = None, **more: Any) -> Command:
    return said(time, PlanningInputSubmitted(role=role, municipality=municipality, unit=CENTRE), **more)


def joined(time: str, *added: Recipient) -> Command:
    return said(time, ParticipantChanged(added=added, reason="new-need"))


def left(time: str, *removed: Recipient) -> Command:
    return said(time, ParticipantChanged(removed=removed, reason="wrong-unit"))


def astray(
    time: str,
    kind: Literal["admission-notified", "discharge-ready-notified", "sip-meeting-called"] | None,
    receiver: Recipient,
    **more: Any,
) -> Command:
    """The receiver says that it was not for them."""
    report = NotificationMisdirected(
        notification=kind, role=receiver.role, municipality=receiver.municipality, unit=receiver.unit
    )
    return said(time, report, **more)


def moved(
    time: str, to: str, ground: Literal["registration", "placement", "transfer"] = "registration", **more: Any
) -> Command:
    return said(time, ResponsibleMunicipalityChanged(to_municipality=to, ground=ground), **more)


def contact_ended(time: str, unit: str | None = None, **more: Any) -> Command:
    return said(time, CareContactEnded(unit=unit, reason="staff-left"), **more)


def patient_informed(time: str, **more: Any) -> Command:
    return said(time, PatientInformedAtDischarge(summary_given=True), **more)


def compulsory(time: str, *recipients: Recipient, **more: Any) -> Command:
    return said(time, CompulsoryOpenCareDecided(form="LPT", recipients=recipients), **more)


def care_plan(time: str, **more: Any) -> Command:
    return said(time, CoordinatedCarePlanEstablished(principals=("21", OWN)), **more)


def disputed(time: str, **more: Any) -> Command:
    return said(time, CaseDisputed(municipality=OWN, reason="wrong-time"), **more)


def egenvard(
    time: str,
    review: str | None,
    outcome: Literal["egenvard", "health-care"] = "egenvard",
    **more: Any,
) -> Command:
    at = None if review is None else instant(review)
    fact = EgenvardAssessed(outcome=outcome, support="relative", review_at=at, unit=CENTRE)
    return said(time, fact, **more)


def reviewed(
    time: str, review: str | None = None, outcome: Literal["continues", "ended"] = "continues", **more: Any
) -> Command:
    at = None if review is None else instant(review)
    return said(time, EgenvardReviewed(outcome=outcome, review_at=at), **more)


def left_at_home(time: str, *handed_to: Recipient, **more: Any) -> Command:
    return said(time, AmbulanceAttended(outcome="left-at-home", handed_to=handed_to), **more)


def visit(time: str, unit: str = CENTRE, track: str | None = None, **more: Any) -> Command:
    return said(time, VisitMade(unit=unit, track=track), **more)


def home_visit(time: str, **more: Any) -> Command:
    return said(time, HomeVisitMade(unit=CENTRE), **more)


def referred(
    time: str, unit: str = HEART, track: str | None = "heart-failure", region: str | None = None, **more: Any
) -> Command:
    return said(time, ReferralSent(track=track, from_unit=CENTRE, to_unit=unit, to_region=region), **more)


def taken(time: str, track: str | None = "heart-failure", unit: str = HEART, **more: Any) -> Command:
    return said(time, ReferralAccepted(track=track, unit=unit), **more)


def returned(time: str, track: str | None = "heart-failure", to: str | None = None, **more: Any) -> Command:
    return said(time, ReferralReturned(track=track, reason="wrong-level", passed_on_to=to), **more)
