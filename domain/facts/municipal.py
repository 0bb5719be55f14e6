"""The municipality: proposed, accepted or declined takeover, and care that has begun (HSL 12, 14; SoL)."""

from typing import Literal

from domain.calendar import Instant
from domain.facts._parts import ServicesFact
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView


class MunicipalTakeoverProposed(
    ServicesFact,
    name="municipal-takeover-proposed",
    command="ProposeMunicipalTakeover",
    rank=95,
    mandatory=("municipality", "services"),
):
    """*Förfrågan om övertagande*: the municipality is asked to take over. Practice, not law: LUS has no such message."""

    municipality: MunicipalityCode | None = None
    requested_start_at: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("propose a takeover")


class MunicipalTakeoverAccepted(
    ServicesFact,
    name="municipal-takeover-accepted",
    command="AcceptMunicipalTakeover",
    rank=97,
    mandatory=("municipality", "services", "planned_start_at"),
):
    """*Kommunen tar emot*: the municipality says when and by which unit. Care moves when it starts, not before."""

    municipality: MunicipalityCode | None = None
    unit: OrganisationRef | None = None
    planned_start_at: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.require_earlier(MunicipalTakeoverProposed, "accept a takeover", "no takeover was proposed")


class MunicipalTakeoverDeclined(
    ServicesFact,
    name="municipal-takeover-declined",
    command="DeclineMunicipalTakeover",
    rank=97,
    mandatory=("municipality", "reason"),
):
    """*Kommunen avböjer*: a no changes neither care nor payment (LUS has no such message); somebody must act."""

    municipality: MunicipalityCode | None = None
    reason: (
        Literal["no-place", "not-our-resident", "needs-more-information", "medical-objection", "other"] | None
    ) = None

    def check(self, view: JourneyView) -> None:
        view.require_earlier(MunicipalTakeoverProposed, "decline a takeover", "no takeover was proposed")


class MunicipalCareStarted(
    ServicesFact,
    name="municipal-care-started",
    command="StartMunicipalCare",
    rank=120,
    mandatory=("municipality", "services"),
):
    """*Kommunens insatser har börjat* (HSL 12:1-2, 14:1; SoL). Physicians' care stays with the region."""

    municipality: MunicipalityCode | None = None
    unit: OrganisationRef | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("start municipal care")


class MunicipalCareEnded(
    ServicesFact,
    name="municipal-care-ended",
    command="EndMunicipalCare",
    rank=120,
    mandatory=("municipality", "services", "reason"),
):
    """*Kommunens insatser har upphört*: no services named means all that the municipality gave under the same law."""

    municipality: MunicipalityCode | None = None
    reason: Literal["no-longer-needed", "moved", "patient-declined", "handed-over", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_earlier_anywhere(
            MunicipalCareStarted,
            "end municipal care",
            "that municipality has not started any by that time",
            lambda earlier: earlier.municipality == self.municipality,
        )
