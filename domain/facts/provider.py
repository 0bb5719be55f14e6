"""A provider that gives care on a *huvudman*'s behalf: Hälsovalet, *LOV*, *LOU* (HSL 15:1)."""

from domain.fact import Fact
from domain.facts._parts import Principal
from domain.identifiers import OrganisationRef
from domain.view import JourneyView


class ProviderCommissioned(
    Fact,
    name="provider-commissioned",
    command="CommissionProvider",
    rank=6,
    mandatory=("unit", "provider", "on_behalf_of"),
):
    """*Utförare på huvudmannens uppdrag*: who runs the patient's unit, and whose responsibility it stays (HSL 15:1)."""

    unit: OrganisationRef | None = None
    """The unit that meets the patient."""
    provider: OrganisationRef | None = None
    """The organisation that runs the unit."""
    on_behalf_of: Principal | None = None
    """The *huvudman* who answers for the care all the same."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("commission a provider")
