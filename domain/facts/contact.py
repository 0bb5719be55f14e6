"""Meetings with the patient outside the ward: at home, at a unit, from afar, by ambulance, before any need arises."""

from typing import Literal

from domain.fact import Fact, Regime, Role
from domain.facts._parts import Recipients, StaffId, regime_of
from domain.facts.referral import TrackFact
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView

Profession = Literal[
    "physician", "nurse", "assistant-nurse", "physiotherapist", "occupational-therapist", "psychologist",
    "social-worker", "other",
]  # fmt: skip


class ContactFact(TrackFact):
    """Somebody of a unit met the patient."""

    unit: OrganisationRef | None = None
    role: Role | None = None
    municipality: MunicipalityCode | None = None
    profession: Profession | None = None
    person: StaffId | None = None
    """Who met the patient, by the source's own id of staff."""

    def regime(self) -> Regime:
        return regime_of(self.role)

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record the contact")
        super().check(view)


class VisitMade(ContactFact, name="visit-made", command="MakeVisit", rank=122, mandatory=("unit",)):
    """*Mottagningsbesök*: the patient came to a unit in open care; with a track, to specialised care (HSF 6:1)."""


class HomeVisitMade(
    ContactFact, name="home-visit-made", command="MakeHomeVisit", rank=122, mandatory=("unit",)
):
    """*Hembesök*: the care came to the patient."""


class DigitalVisitHeld(
    ContactFact, name="digital-visit-held", command="HoldDigitalVisit", rank=122, mandatory=("unit",)
):
    """*Digitalt vårdmöte*: the patient met the care from home, by video; with a track, a specialist at the hospital."""


VISITS = (VisitMade, HomeVisitMade, DigitalVisitHeld)
"""Somebody met the patient about something, in whichever form."""


class PreventiveContactMade(
    ContactFact,
    name="preventive-contact-made",
    command="MakePreventiveContact",
    rank=122,
    mandatory=("unit",),
):
    """*Förebyggande kontakt*: somebody reached out before need arose."""


class AmbulanceAttended(
    Fact, name="ambulance-attended", command="AttendByAmbulance", rank=8, mandatory=("outcome",)
):
    """*Ambulansuppdrag*: the patient was conveyed, or left at home in somebody's care."""

    outcome: Literal["conveyed", "left-at-home"] | None = None
    unit: OrganisationRef | None = None
    """The ambulance's unit."""
    conveyed_to: OrganisationRef | None = None
    """Where a patient who was conveyed was taken."""
    handed_to: Recipients = ()
    """Who goes on with a patient left at home; nobody named is a gap, and shown as one."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record the ambulance")
