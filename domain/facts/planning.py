"""The coordinated individual plan, SIP: needed or not, called, established (LUS 4 chap., HSL 16:4, SoL 10:8)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import Instant
from domain.errors import Refused
from domain.fact import Fact, FreeText
from domain.facts._parts import Principal, Recipients
from domain.facts.notification import ConsentRecorded
from domain.identifiers import OrganisationRef
from domain.view import JourneyView


class SipNeedDecided(Fact, name="sip-need-decided", command="DecideSipNeed", rank=75, mandatory=("needed",)):
    """*Behov av SIP*: whether the patient needs services from both region and municipality (LUS 4:1)."""

    needed: bool | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("decide on a SIP")


class SipMeetingCalled(
    Fact, name="sip-meeting-called", command="CallSipMeeting", rank=80, mandatory=("invitees",)
):
    """*Kallelse till SIP* by the *fast vårdkontakt* in open care (LUS 4:3). Its time is the sending."""

    invitees: Recipients = ()
    meeting_at: Instant | None = None
    form: Literal["in-person", "digital", "telephone"] | None = None
    unit: OrganisationRef | None = None
    """The calling unit."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("call a SIP meeting")


class SipMeetingHeld(
    Fact, name="sip-meeting-held", command="HoldSipMeeting", rank=83, mandatory=("form", "participants")
):
    """*SIP-möte*: patient and units meet about the plan, in a room or digitally (HSL 16:4, SoL 10:8)."""

    form: Literal["in-person", "digital", "telephone"] | None = None
    participants: Recipients = ()
    patient_took_part: bool | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("hold a SIP meeting")


class SipEstablished(
    Fact,
    name="sip-established",
    command="EstablishSip",
    rank=85,
    mandatory=("principals", "overall_responsible"),
):
    """*SIP upprättad och justerad*: who does what, and which *huvudman* answers for the whole (LUS 4:2, HSL 16:4).

    Only the principals stand in clear; the plan itself is sealed.
    """

    principals: Annotated[tuple[Principal, ...], Field(max_length=20)] = ()
    overall_responsible: Principal | None = None
    plan: FreeText | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("establish a SIP")
        consent = view.last(ConsentRecorded, lambda fact: fact.scope == "sip")
        if consent is not None and consent.decision in ("refused", "withdrawn"):
            raise Refused(
                "A SIP cannot be established: the patient has said no to it.",
                hint="Record a new consent if the patient has changed their mind.",
            )
