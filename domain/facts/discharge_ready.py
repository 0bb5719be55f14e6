"""Ready for discharge: declared, notified, withdrawn (LUS 3:1), and what blocks liability (LUS 5:5)."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact
from domain.facts._parts import Recipients
from domain.view import JourneyView

OpenCareService = Literal[
    "home-visit", "rehabilitation", "equipment", "primary-care-visit", "specialist-visit", "other"
]


class DischargeReadyDeclared(Fact, name="discharge-ready-declared", command="DeclareDischargeReady", rank=65):
    """*Utskrivningsklar*: the treating physician judges that inpatient care is no longer needed (LUS 1:3, 3:1).

    Its time is the judgement. The units concerned are told by ``DischargeReadyNotified``.
    """

    physician_role: Literal["treating-physician", "chief-psychiatrist"] | None = None
    """*Behandlande läkare*, or *chefsöverläkare* (LUS 3:1 second paragraph)."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("declare the patient ready for discharge")


class DischargeReadyNotified(
    Fact, name="discharge-ready-notified", command="NotifyDischargeReady", rank=70, mandatory=("recipients",)
):
    """*Underrättelse om utskrivningsklar* (LUS 3:1). Its time is the sending, which starts LUS 5:4."""

    recipients: Recipients = ()

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("send the discharge-ready notice")
        view.require_standing(
            DischargeReadyDeclared,
            DischargeReadyWithdrawn,
            "send the discharge-ready notice",
            "nobody has declared the patient ready",
        )


class DischargeReadyWithdrawn(
    Fact, name="discharge-ready-withdrawn", command="WithdrawDischargeReady", rank=65, mandatory=("reason",)
):
    """*Avbrott i utskrivningsklar*: the patient needs inpatient care again, or the judgement was wrong."""

    reason: Literal["worse", "error", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("withdraw the judgement")
        view.require_standing(
            DischargeReadyDeclared,
            DischargeReadyWithdrawn,
            "withdraw the judgement",
            "nobody has declared the patient ready",
        )


class DischargeReadyStatusObserved(
    Fact,
    name="discharge-ready-status-observed",
    command="ObserveDischargeReadyStatus",
    rank=66,
    mandatory=("ready",),
):
    """*Status i avdelningens system*: whether the ward's own system has the patient as ready, and its estimate."""

    ready: bool | None = None
    """Whether the ward's system says *utskrivningsklar*."""
    estimated_discharge_at: Instant | None = None
    """The discharge it expects (LUS 2:4)."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("observe the ward's status")


class OpenCareServiceUnavailable(
    Fact,
    name="open-care-service-unavailable",
    command="ReportOpenCareServiceUnavailable",
    rank=90,
    mandatory=("service",),
):
    """*Öppenvårdens insatser saknas*: the region's open care cannot give what discharge needs (LUS 5:5)."""

    service: OpenCareService | None = None
    expected_until: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("report a missing open-care service")


class OpenCareServiceCleared(
    Fact, name="open-care-service-cleared", command="ClearOpenCareService", rank=90, mandatory=("service",)
):
    """*Öppenvårdens insatser finns*: what was missing is in place, so LUS 5:5 no longer stands in the way."""

    service: OpenCareService | None = None

    def check(self, view: JourneyView) -> None:
        view.require_standing(
            OpenCareServiceUnavailable,
            OpenCareServiceCleared,
            "clear an open-care service",
            "none was reported missing",
        )
