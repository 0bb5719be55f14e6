"""From the judgement that services may be needed to the receivers' answer (LUS 2 chap.)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import Instant
from domain.fact import Fact, Role
from domain.facts._parts import MessageId, Recipients, StaffId
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView

Need = Literal["social-services", "municipal-health", "open-care"]


class ServiceNeedAssessed(
    Fact, name="service-need-assessed", command="AssessServiceNeed", rank=30, mandatory=("outcome",)
):
    """*Bedömning att insatser kan behövas* after discharge, by the treating physician (LUS 2:1, 2:3).

    Its time is the judgement. Without it there is no duty to notify.
    """

    outcome: Literal["yes", "no", "unknown"] | None = None
    needs: Annotated[tuple[Need, ...], Field(max_length=3)] = ()
    at_admission: bool | None = None
    """Judged at admission: then the 24 hours of LUS 2:3 run from admission. Left out, it is read off the times."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("record the assessment of need")


class AdmissionNotified(
    Fact, name="admission-notified", command="NotifyAdmission", rank=40, mandatory=("recipients",)
):
    """*Inskrivningsmeddelande*: the hospital tells every unit concerned (LUS 2:1-2:3). Its time is the sending."""

    recipients: Recipients = ()
    name_included: bool | None = None
    identity_included: bool | None = None
    """Whether the notice held the personnummer (LUS 2:2); the number itself stands in the vault only."""
    address_included: bool | None = None
    estimated_discharge_at: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("send the admission notice")


class AdmissionAcknowledged(
    Fact, name="admission-acknowledged", command="AcknowledgeAdmission", rank=45, mandatory=("unit",)
):
    """*Kvittens*: a receiving unit says it has read the admission notice. It accepts nothing by that."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    received_at: Instant | None = None
    acknowledges: MessageId | None = None
    """The message that is acknowledged."""

    def check(self, view: JourneyView) -> None:
        view.require_earlier(
            AdmissionNotified, "acknowledge an admission notice", "no admission notice was sent"
        )


class EstimatedDischargeChanged(
    Fact,
    name="estimated-discharge-changed",
    command="ChangeEstimatedDischarge",
    rank=50,
    mandatory=("new_estimate_at",),
):
    """*Nytt beräknat utskrivningsdatum*: told as soon as possible (LUS 2:4). Its time is the sending."""

    old_estimate_at: Instant | None = None
    new_estimate_at: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("change the estimated discharge")


class CareContactAppointed(
    Fact, name="care-contact-appointed", command="AppointCareContact", rank=55, mandatory=("unit",)
):
    """*Fast vårdkontakt utses* by the head of the region's open-care unit, before discharge (LUS 2:5)."""

    unit: OrganisationRef | None = None
    person: StaffId | None = None
    reused: bool | None = None
    """An existing *fast vårdkontakt* at the unit goes on."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("appoint a care contact")


class CareContactEnded(
    Fact, name="care-contact-ended", command="EndCareContact", rank=55, mandatory=("reason",)
):
    """*Fast vårdkontakt upphör*: no other takes its place by this."""

    unit: OrganisationRef | None = None
    reason: Literal["patient-chose", "moved", "staff-left", "no-longer-needed", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_standing_anywhere(
            CareContactAppointed,
            CareContactEnded,
            "end a care contact",
            "none is appointed",
            lambda earlier: None in (earlier.unit, self.unit) or earlier.unit == self.unit,
        )


class ConsentRecorded(
    Fact, name="consent-recorded", command="RecordConsent", rank=35, mandatory=("scope", "decision")
):
    """*Samtycke*: what the patient says of sharing information or of a SIP (LUS 4:2, SVOD 3 chap.)."""

    scope: Literal["information-sharing", "sip"] | None = None
    decision: Literal["given", "refused", "withdrawn", "incapable"] | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record a consent")
