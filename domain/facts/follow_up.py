"""After discharge: the follow-up that was planned and the one that was made (a local routine, no paragraph)."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact, Role
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView

Channel = Literal["telephone", "home-visit", "visit", "digital"]


class FollowUpPlanned(
    Fact, name="follow-up-planned", command="PlanFollowUp", rank=125, mandatory=("due_at",)
):
    """*Uppföljning planerad*: who will contact the patient after discharge, and by when."""

    due_at: Instant | None = None
    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    channel: Channel | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("plan a follow-up")


class FollowUpCompleted(
    Fact, name="follow-up-completed", command="CompleteFollowUp", rank=130, mandatory=("channel",)
):
    """*Uppföljning gjord*, as in the 48-72 hour method (Fyrbodal). Its time is the contact."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    channel: Channel | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("record a follow-up")
