"""The emergency department: a visit begins, a visit ends."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView


class EmergencyVisitStarted(
    Fact, name="emergency-visit-started", command="StartEmergencyVisit", rank=10, mandatory=("unit",)
):
    """*Akutbesök börjar*: the patient comes to an emergency department and is not admitted (LUS 1:3: open care).

    Its time is the arrival. In the Danish flow: STAA, acute ambulant.
    """

    organisation: OrganisationRef | None = None
    unit: OrganisationRef | None = None
    municipality: MunicipalityCode | None = None
    """*Folkbokföringskommun*."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("start an emergency visit")
        view.refuse_when_in_stay("start an emergency visit")


class EmergencyVisitEnded(Fact, name="emergency-visit-ended", command="EndEmergencyVisit", rank=110):
    """*Akutbesök avslutas*: the patient leaves the emergency department without being admitted."""

    destination: Literal["home", "residential-care", "other-hospital", "other"] | None = None
    started_at: Instant | None = None
    """When the visit began, as the message that ends it tells."""

    def check(self, view: JourneyView) -> None:
        view.require_state("outpatient", "end an emergency visit", "Record the emergency visit first.")
