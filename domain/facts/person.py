"""The patient as a person: what matters to them, who they are in the registers, and who may see it."""

from typing import Annotated, Literal

from pydantic import Field

from domain.errors import Refused
from domain.fact import Fact, FreeText
from domain.facts._parts import EpisodeId
from domain.identifiers import OrganisationRef
from domain.view import JourneyView

JourneyId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        examples=["3f0c6c1e-0000-4000-8000-000000000001"],
    ),
]
"""Another journey, by its random id."""


class PatientGoalStated(
    Fact, name="patient-goal-stated", command="StatePatientGoal", rank=36, mandatory=("goal",)
):
    """*Vad är viktigt för dig?*: the patient's own words about what matters, sealed with the journey."""

    goal: FreeText | None = None
    """In the patient's words."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("state the patient's goal")


class PatientIdentityLinked(
    Fact,
    name="patient-identity-linked",
    command="LinkPatientIdentity",
    rank=2,
    mandatory=("other_journey", "ground"),
):
    """*Identiteter kopplas*: this journey and another are one person's, as when a reserve number becomes a personnummer."""

    CLEAR = ("other_journey", "ground")
    other_journey: JourneyId | None = None
    """The other journey."""
    ground: Literal["reserve-number", "new-identity", "double-record", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        """A link can be made after death, too."""
        if str(view.journey) == self.other_journey:
            raise Refused(
                "You cannot link an identity: that is this journey itself.",
                hint="Give the id of the other journey.",
            )


class PatientIdentityUnlinked(
    Fact,
    name="patient-identity-unlinked",
    command="UnlinkPatientIdentity",
    rank=2,
    mandatory=("other_journey", "ground"),
):
    """*Koppling av identiteter hävs*: the two journeys were not one person's after all."""

    CLEAR = ("other_journey", "ground")
    other_journey: JourneyId | None = None
    """The other journey."""
    ground: Literal["mistaken", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_standing_anywhere(
            PatientIdentityLinked,
            PatientIdentityUnlinked,
            "unlink an identity",
            "that journey is not linked to this one",
            lambda earlier: earlier.other_journey == self.other_journey,
        )


class EpisodeMoved(
    Fact,
    name="episode-moved",
    command="MoveEpisode",
    rank=2,
    mandatory=("moved_episode", "from_journey", "to_journey"),
):
    """*Vårdtillfälle flyttas till rätt patient*: an episode recorded on one patient is another's (HL7 v2 A45).

    It stands in both journeys; what is recorded of the episode in the first counts in the second.
    """

    CLEAR = ("moved_episode", "from_journey", "to_journey")
    moved_episode: EpisodeId | None = None
    """The episode by its source's id; in the log, the stay."""
    from_journey: JourneyId | None = None
    """Where it was recorded."""
    to_journey: JourneyId | None = None
    """Whose it is."""

    def check(self, view: JourneyView) -> None:
        if self.from_journey is not None and self.from_journey == self.to_journey:
            raise Refused(
                "You cannot move an episode to the patient who has it.",
                hint="Give the id of the other journey.",
            )


class BlockSet(Fact, name="block-set", command="SetBlock", rank=5, mandatory=("kind",)):
    """*Spärr*: the patient closes what one unit or provider has recorded to others (PDL 4:4; SVOD 2:3)."""

    kind: Literal["inner", "shared-documentation"] | None = None
    """Within one care provider (PDL 4:4), or between providers (SVOD 2:3)."""
    closed_unit: OrganisationRef | None = None
    """Whose data are closed; none named means the whole provider's."""

    def check(self, view: JourneyView) -> None:
        """The patient decides; nothing in the journey stands in the way."""


class BlockLifted(Fact, name="block-lifted", command="LiftBlock", rank=5, mandatory=("kind", "ground")):
    """*Spärr hävd*: by the patient, or for a moment of vital need (PDL 4:5; SVOD 3:5-6)."""

    kind: Literal["inner", "shared-documentation"] | None = None
    """Within one care provider (PDL 4:4), or between providers (SVOD 2:3)."""
    closed_unit: OrganisationRef | None = None
    """Whose data are opened again; none named means the whole provider's."""
    ground: Literal["patient", "consent", "vital-need"] | None = None
    """The patient takes it back; consents for this time; or is in danger and cannot be asked."""

    def check(self, view: JourneyView) -> None:
        view.require_standing_anywhere(
            BlockSet,
            BlockLifted,
            "lift a block",
            "no such block is set",
            lambda earlier: (earlier.kind, earlier.closed_unit) == (self.kind, self.closed_unit),
        )


class ProtectedIdentitySet(
    Fact, name="protected-identity-set", command="SetProtectedIdentity", rank=4, mandatory=("kind",)
):
    """*Skyddade personuppgifter*: secrecy marking or protected registration (OSL 21:3, 22:1)."""

    kind: Literal["secrecy-marking", "protected-registration"] | None = None
    """*Sekretessmarkering* or *skyddad folkbokföring*."""

    def check(self, view: JourneyView) -> None:
        """It comes from the population register, whatever the journey says."""


class ProtectedIdentityLifted(
    Fact, name="protected-identity-lifted", command="LiftProtectedIdentity", rank=4, mandatory=("kind",)
):
    """*Skyddade personuppgifter upphör* (OSL 21:3, 22:1)."""

    kind: Literal["secrecy-marking", "protected-registration"] | None = None
    """*Sekretessmarkering* or *skyddad folkbokföring*."""

    def check(self, view: JourneyView) -> None:
        view.require_standing_anywhere(
            ProtectedIdentitySet,
            ProtectedIdentityLifted,
            "lift the protection",
            "no such protection is set",
            lambda earlier: earlier.kind == self.kind,
        )
