"""Compulsory psychiatric care that goes on in open form: decided, and its plan (LUS 3:1, 4:1; LPT 7 a §, LRV 12 a §)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.fact import Fact, FreeText
from domain.facts._parts import Principal, Recipients
from domain.view import JourneyView


class CompulsoryOpenCareDecided(
    Fact,
    name="compulsory-open-care-decided",
    command="DecideCompulsoryOpenCare",
    rank=68,
    mandatory=("form", "recipients"),
):
    """*Beslut om öppen tvångsvård*: told to the units, it counts as the discharge-ready notice (LUS 3:1).

    The chief psychiatrist (*chefsöverläkaren*) decides (LUS 3:1 second paragraph). Its time is the sending of the
    decision to the units concerned.
    """

    form: Literal["LPT", "LRV"] | None = None
    """*Öppen psykiatrisk tvångsvård* (LPT) or *öppen rättspsykiatrisk vård* (LRV)."""
    recipients: Recipients = ()

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("tell of compulsory open care")


class CoordinatedCarePlanEstablished(
    Fact,
    name="coordinated-care-plan-established",
    command="EstablishCoordinatedCarePlan",
    rank=86,
    mandatory=("principals",),
):
    """*Samordnad vårdplan justerad*: replaces the SIP in compulsory open care (LUS 4:1; LPT 7 a §, LRV 12 a §)."""

    principals: Annotated[tuple[Principal, ...], Field(max_length=20)] = ()
    """The *huvudmän* whose units have adjusted (*justerat*) the plan."""
    plan: FreeText | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("establish a coordinated care plan")
