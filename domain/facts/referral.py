"""Between primary and specialised care: a referral is sent, taken or returned, care is shared and handed back."""

from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import Instant
from domain.errors import Refused
from domain.fact import Fact, FreeText
from domain.identifiers import OrganisationRef, RegionCode
from domain.view import JourneyView

TrackId = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,40}$", examples=["heart-failure"])]
"""A track between specialists and primary care, by its id in the register of tracks."""


class TrackFact(Fact):
    """Something on a track. Which tracks there are is data, so an unknown one is refused only to a person."""

    track: TrackId | None = None
    """Which track it is on."""

    def check(self, view: JourneyView) -> None:
        known = [track.id for track in view.tracks]
        if self.track is not None and self.track not in known:
            raise Refused(
                "There is no such track between specialists and primary care.",
                hint=f"The tracks are {', '.join(known)}.",
            )

    def _require_referral(self, view: JourneyView, act: str) -> None:
        view.require_earlier_anywhere(
            ReferralSent,
            act,
            "no referral was sent on this track",
            lambda earlier: earlier.track == self.track,
        )


class ReferralSent(
    TrackFact, name="referral-sent", command="SendReferral", rank=14, mandatory=("track", "to_unit")
):
    """*Remiss skickad*: specialised care is asked. Its time is the issuing, from which 90 days run (HSF 6:1)."""

    from_unit: OrganisationRef | None = None
    to_unit: OrganisationRef | None = None
    to_region: RegionCode | None = None
    """Given where the unit asked belongs to another region."""
    question: FreeText | None = None
    """*Frågeställning*, sealed."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("send a referral")
        super().check(view)


class ReferralAccepted(
    TrackFact, name="referral-accepted", command="AcceptReferral", rank=15, mandatory=("track", "unit")
):
    """*Remiss accepterad*: a specialist unit takes the patient on the track."""

    unit: OrganisationRef | None = None
    """The unit that takes the patient."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("accept a referral")
        super().check(view)
        self._require_referral(view, "accept a referral")


class ReferralReturned(
    TrackFact, name="referral-returned", command="ReturnReferral", rank=15, mandatory=("track", "reason")
):
    """*Remiss återsänd eller vidaresänd*: the unit asked says no; with ``passed_on_to``, another is asked."""

    unit: OrganisationRef | None = None
    """The unit that says no."""
    reason: (
        Literal["needs-more-information", "wrong-level", "no-capacity", "not-indicated", "other"] | None
    ) = None
    passed_on_to: OrganisationRef | None = None
    """*Vidaresänd*: the unit that is asked instead."""

    def check(self, view: JourneyView) -> None:
        super().check(view)
        self._require_referral(view, "return a referral")


class SharedCareAgreed(
    TrackFact,
    name="shared-care-agreed",
    command="AgreeOnSharedCare",
    rank=16,
    mandatory=("track", "specialist_unit", "primary_care_unit"),
):
    """*Delat ansvar*: specialist and primary care agree that both answer for the patient on the track."""

    specialist_unit: OrganisationRef | None = None
    primary_care_unit: OrganisationRef | None = None
    review_at: Instant | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("agree on shared care")
        super().check(view)


class HandedBackToPrimaryCare(
    TrackFact,
    name="handed-back-to-primary-care",
    command="HandBackToPrimaryCare",
    rank=16,
    mandatory=("track", "to_unit"),
):
    """*Återremiss till primärvården*: the specialist's part on the track is over, and primary care goes on."""

    from_unit: OrganisationRef | None = None
    to_unit: OrganisationRef | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("hand back to primary care")
        super().check(view)
