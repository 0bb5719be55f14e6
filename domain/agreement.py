"""What a region and its municipalities may agree on, and the statute, which is the agreement where there is none.

A local limit without a statutory value is ``None`` in the statute: the duty is open, and never late.
"""

import hashlib
import tomllib
from functools import cached_property
from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain import reference
from domain.envelope import first_problem
from domain.errors import Refused
from domain.identifiers import MunicipalityCode, RegionCode

Minutes = Annotated[int, Field(ge=0, le=10_080)]
Hours = Annotated[int, Field(ge=0, le=8_784)]
Days = Annotated[int, Field(ge=0, le=366)]
BarOrDelay = Literal["bar", "delay"]


class LocalLimits(BaseModel):
    """Limits that LUS leaves open or that only a routine knows; absent means none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    discharge_ready_notice_minutes: Minutes | None = None
    """MH-09: from the judgement to the notice (LUS 3:1 says "as soon as possible")."""
    takeover_answer_hours: Hours | None = None
    """MH-24: for the municipality's answer to a proposed takeover."""
    municipal_start_hours: Hours | None = None
    """MH-18: from the planned start, or from discharge when that is later."""
    acknowledgement_hours: Hours | None = None
    """MH-05: for a recipient's *kvittens* of the admission notice."""
    planning_input_hours: Hours | None = None
    """MH-08: for a recipient's *planeringsunderlag*, from receipt of the admission notice (Halland: 48)."""
    estimate_changed_days: Days | None = None
    """MH-04: how far the estimated discharge may be passed before it must be told anew (Halland: 1)."""
    care_contact_before_ready: bool = False
    """MH-07: whether a *fast vårdkontakt* shall be appointed by the discharge-ready notice already."""
    sip_established_days: Days | None = None
    """MH-11: from the call to the SIP being drawn up."""
    withdrawal_minutes: Minutes | None = None
    """MH-16: from the ward's own status to the withdrawal being told."""
    resend_hours: Hours | None = None
    """MH-21: from a misdirected notice to its being sent to the right unit."""
    dispute_day_of_month: Annotated[int, Field(ge=1, le=28)] | None = None
    """MH-25: the last day in the month after discharge for contesting a case (Västra Götaland: 12)."""
    readmission_by: Literal["hours", "dates"] = "hours"
    """MH-23: whether 30 days are 30 x 24 hours or 30 dates (the published definition is not confirmed)."""
    home_contact_hours: Hours | None = None
    """NS-ambulance: for the contact with a patient whom an ambulance left at home."""
    follow_up_from_hours: Hours | None = None
    """W-14: when the follow-up window opens, from discharge (Fyrbodal: 48)."""
    follow_up_within_hours: Hours | None = None
    """MH-19: when the follow-up window closes, from discharge (Fyrbodal: 72)."""


class LiabilityTerms(BaseModel):
    """What LUS chapter 5 leaves to be read, or to be agreed. The defaults are the strict reading of the text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    late_admission_notice: BarOrDelay = "bar"
    """An admission notice after the 24 hours of LUS 2:3: a bar (5:3 refers to 2:3), or no matter once it is sent."""
    late_sip_call: BarOrDelay = "bar"
    """A SIP call after the three days of LUS 4:3: a bar (5:3 refers to 4:3), or liability starts when it is sent."""
    open_care_cleared: BarOrDelay = "delay"
    """Open care in place only after liability would have started: it starts then, or never (LUS 5:5)."""
    refused_sip_waives_call: bool = True
    """No SIP is to be done for a patient who has said no to it, so no call is needed (5:3 second paragraph, a reading)."""


class Agreement(BaseModel):
    """An agreement as adopted. Where it is silent the statute holds (LUS 4:4-4:5)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    regions: tuple[RegionCode, ...] = ()
    """Whom it binds; none named means everybody."""
    municipalities: tuple[MunicipalityCode, ...] = ()
    """Only these municipalities of the regions; none named means all of them."""
    limits: LocalLimits = LocalLimits()
    liability: LiabilityTerms = LiabilityTerms()

    @property
    def name(self) -> str:
        """As it stands on a row: ``statute@1``."""
        return f"{self.id}@{self.version}"

    def binds(self, region: str | None, municipality: str | None) -> bool:
        if self.regions and region not in self.regions:
            return False
        return not self.municipalities or municipality in self.municipalities


STATUTE = Agreement(id="statute", version=1, title="Lag (2017:612), där inget annat är överenskommet")


class Basis(BaseModel):
    """What conclusions rest on besides the facts: agreements, reference data. Rule versions stand in the rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    agreements: tuple[Agreement, ...] = ()
    """As adopted, oldest first; of those that bind a case the last one holds."""

    def agreement_for(self, region: str | None, municipality: str | None) -> Agreement:
        for agreement in reversed(self.agreements):
            if agreement.binds(region, municipality):
                return agreement
        return STATUTE

    @cached_property
    def digest(self) -> str:
        """SHA-256 over agreements and reference data: rows of another basis are concluded anew."""
        content = [reference.digest(), *(a.model_dump(mode="json") for a in self.agreements)]
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def read_agreement(text: str) -> Agreement:
    """An agreement from TOML. Raises ``Refused`` naming the key that is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            f"The agreement is not valid TOML: {error}.", hint="Mend the line that is named."
        ) from None
    try:
        return Agreement.model_validate_json(msgspec.json.encode(document))
    except ValidationError as error:
        raise Refused(
            f"The agreement cannot be used: {first_problem(error, own_file=True)}.",
            hint="infra/demo/agreement.toml is a model.",
        ) from None
