"""What units tell one another beside the notices: the situation at home, planning, who takes part, what went astray."""

from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import Instant
from domain.fact import Fact, FreeText, Regime, Role
from domain.facts._parts import MessageId, Recipients, regime_of
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView


class HomeSituationReported(
    Fact, name="home-situation-reported", command="ReportHomeSituation", rank=38, mandatory=("unit",)
):
    """*Meddelande från kommun eller öppenvård*: how the patient managed at home before the stay. Its time is the sending."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    received_at: Instant | None = None
    """When it reached the ward."""
    report: FreeText | None = None
    """The report itself, sealed."""

    def regime(self) -> Regime:
        return regime_of(self.role)

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("report the situation at home")


class PlanningInputSubmitted(
    Fact, name="planning-input-submitted", command="SubmitPlanningInput", rank=52, mandatory=("unit", "role")
):
    """*Planeringsunderlag*: a receiving unit answers what it needs and can give (LUS 2:6). Its time is the sending."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    colour: Literal["blue", "green", "yellow", "red"] | None = None
    """*Spårfärg* where the routine has one: who takes part and whether a SIP is meant."""
    complete: bool | None = None
    """Whether all that was asked is answered."""

    def regime(self) -> Regime:
        return regime_of(self.role)

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("submit planning input")


class ParticipantChanged(
    Fact, name="participant-changed", command="ChangeParticipant", rank=48, mandatory=("reason",)
):
    """*Byte eller tillägg av medverkande part*: units that join or leave the planning."""

    added: Recipients = ()
    removed: Recipients = ()
    reason: Literal["moved", "wrong-unit", "new-need", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("change who takes part")


class NotificationMisdirected(
    Fact,
    name="notification-misdirected",
    command="ReportMisdirectedNotification",
    rank=47,
    mandatory=("notification",),
):
    """*Felsänt meddelande*: who received a notice says that it was not for them. It satisfied no duty then (LUS 2:3)."""

    notification: (
        Literal[
            "admission-notified", "discharge-ready-notified", "compulsory-open-care-decided", "sip-meeting-called"
        ]
        | None
    ) = None  # fmt: skip
    """Which kind of message went astray: the last of that kind that went to this receiver."""
    message: MessageId | None = None
    """The message that went astray, where it is known by its id."""
    role: Role | None = None
    """In which capacity the receiver got it."""
    municipality: MunicipalityCode | None = None
    unit: OrganisationRef | None = None
    """The unit that got it."""
    right_unit: OrganisationRef | None = None
    """Where it should have gone, if that is known."""

    def check(self, view: JourneyView) -> None:
        view.require_stay("report a misdirected notice")


class MessageSent(Fact, name="message-sent", command="SendMessage", rank=41, mandatory=("recipients",)):
    """*Generellt eller administrativt meddelande*: said to others, without effect on who owes what."""

    recipients: Recipients = ()
    subject: Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,40}$", examples=["medicine-question"])] | None = (
        None
    )
    """A word for the kind of message, as the routine has it; never the patient's."""
    text: FreeText | None = None
    """What was said, sealed."""

    def check(self, view: JourneyView) -> None:
        """Anybody may say anything at any time."""


class MessageAcknowledged(
    Fact, name="message-acknowledged", command="AcknowledgeMessage", rank=46, mandatory=("unit",)
):
    """*Kvittens av annat meddelande*: a unit says it has read a message other than the admission notice."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    received_at: Instant | None = None
    acknowledges: MessageId | None = None
    """The message that was read."""

    def check(self, view: JourneyView) -> None:
        """What is acknowledged may have come by a way that is not recorded here."""


class MessageNoted(Fact, name="message-noted", command="NoteMessage", rank=42, mandatory=("text",)):
    """*Anteckning ur meddelande*: what a message said that no fact has a place for, kept sealed. Its time is the sending.

    The words beside an act stand in the act's own note; these are of messages without one, or too long for it.
    """

    text: FreeText | None = None
    """What was said, as it was written."""
    part: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$", examples=["2/3"])] | None = None
    """Which part of a long text this is, and of how many."""

    def check(self, view: JourneyView) -> None:
        """Anything may be noted at any time."""
