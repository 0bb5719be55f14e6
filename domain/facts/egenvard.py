"""*Egenvård*: what licensed staff judged that the patient does alone or with help, and its review (lag 2022:1250)."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact, FreeText
from domain.identifiers import MunicipalityCode, OrganisationRef
from domain.view import JourneyView


class EgenvardAssessed(
    Fact, name="egenvard-assessed", command="AssessEgenvard", rank=103, mandatory=("outcome",)
):
    """*Bedömning av egenvård*: the licensed staff who treat the patient judge (lag 2022:1250 2 §, 4 §).

    While a measure is done as *egenvård*, HSL does not apply to it (5 §).
    """

    outcome: Literal["egenvard", "health-care"] | None = None
    """The measure may be done as *egenvård*, or it is health care and stays with a *huvudman*."""
    measure: FreeText | None = None
    """What it is about, sealed."""
    support: (
        Literal["patient", "relative", "municipality", "region", "personal-assistance", "other"] | None
    ) = None
    """Who does it, or helps the patient to. Must be given for *egenvård*."""
    municipality: MunicipalityCode | None = None
    """Where a municipality gives the help."""
    review_at: Instant | None = None
    """When it shall be followed up."""
    unit: OrganisationRef | None = None
    """The unit that judged, and reviews."""

    def missing(self) -> tuple[str, ...]:
        """What stays health care needs no support owner."""
        nobody = self.outcome == "egenvard" and self.support is None
        return super().missing() + (("support",) if nobody else ())

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("assess egenvård")


class EgenvardReviewed(
    Fact, name="egenvard-reviewed", command="ReviewEgenvard", rank=132, mandatory=("outcome",)
):
    """*Uppföljning av egenvård*: it goes on as before, or comes to an end."""

    outcome: Literal["continues", "ended"] | None = None
    review_at: Instant | None = None
    """The next review."""
    unit: OrganisationRef | None = None

    def check(self, view: JourneyView) -> None:
        view.require_earlier_anywhere(EgenvardAssessed, "review egenvård", "none was assessed")
