"""Mobile teams of several *huvudmän* who care for frail people at home: they take over, and hand back."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact
from domain.facts._parts import Recipients
from domain.identifiers import OrganisationRef
from domain.view import JourneyView


class MobileTeamTookOver(
    Fact,
    name="mobile-team-took-over",
    command="TakeOverByMobileTeam",
    rank=121,
    mandatory=("team", "members"),
):
    """*Mobilt team tar över*: a team from region and municipality has the patient at home, each member for its own part."""

    team: OrganisationRef | None = None
    members: Recipients = ()
    """In which capacity, and by which unit or municipality, each takes part."""
    review_at: Instant | None = None
    """When the team shall look again at what it does."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("take over by a mobile team")


class MobileTeamHandedBack(
    Fact,
    name="mobile-team-handed-back",
    command="HandBackByMobileTeam",
    rank=121,
    mandatory=("team",),
):
    """*Mobilt team lämnar tillbaka*: the team's part is over, and those named go on."""

    team: OrganisationRef | None = None
    handed_to: Recipients = ()
    """Who goes on, and in which capacity."""
    reason: Literal["stable", "admitted", "other-care", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_standing_anywhere(
            MobileTeamTookOver,
            MobileTeamHandedBack,
            "hand back",
            "this team does not have the patient",
            lambda earlier: earlier.team == self.team,
        )
