"""Where the patient belongs and shall live: the responsible municipality, and *särskilt boende* applied for and offered."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact, Regime
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView


class ResponsibleMunicipalityChanged(
    Fact,
    name="responsible-municipality-changed",
    command="ChangeResponsibleMunicipality",
    rank=7,
    mandatory=("to_municipality", "ground"),
):
    """*Ansvarig kommun ändras*: by registration, placement or transfer (LUS 5:2; SoL 29:2-3, 29:10).

    Its time is when it takes effect.
    """

    from_municipality: MunicipalityCode | None = None
    to_municipality: MunicipalityCode | None = None
    ground: Literal["registration", "placement", "transfer"] | None = None
    """*Folkbokföring*; a placement elsewhere, where the placing municipality stays responsible (SoL 29:2); SoL 29:10."""

    def regime(self) -> Regime:
        """A placement and a transferred case are the social services' decisions; a registration is not."""
        return "SoL" if self.ground in ("placement", "transfer") else "HSL"

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("change the responsible municipality")


class SocialServicesFact(Fact):
    """An act under SoL whatever it holds."""

    def regime(self) -> Regime:
        return "SoL"


class ResidentialCareApplied(
    SocialServicesFact,
    name="residential-care-applied",
    command="ApplyForResidentialCare",
    rank=98,
    mandatory=("municipality",),
):
    """*Ansökan om särskilt boende*: it has come in (SoL; Kolada U23401). Its time is when it was received."""

    municipality: MunicipalityCode | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("apply for residential care")


class ResidentialCareOffered(
    SocialServicesFact,
    name="residential-care-offered",
    command="OfferResidentialCare",
    rank=99,
    mandatory=("municipality", "move_in_at"),
):
    """*Erbjudande om särskilt boende*: a place is offered, accepted or not (SoL; Kolada U23401). Its time is the offer."""

    municipality: MunicipalityCode | None = None
    unit: OrganisationRef | None = None
    """The housing that is offered."""
    move_in_at: Instant | None = None
    """The move-in date that is offered, which ends the wait that Kolada counts."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("offer residential care")
