"""What a region and its municipalities may agree on, and the statute, which is the agreement where there is none.

A local limit without a statutory value is ``None`` in the statute: the duty is open, and never late. The defaults of
``LiabilityTerms`` and ``PaymentTerms`` are what LUS chapter 5 says, read strictly.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.identifiers import MunicipalityCode, RegionCode

Minutes = Annotated[int, Field(ge=0, le=10_080)]
Hours = Annotated[int, Field(ge=0, le=8_784)]
Days = Annotated[int, Field(ge=0, le=366)]
MeanDays = Annotated[float, Field(ge=0, le=366)]
DayOfMonth = Annotated[int, Field(ge=1, le=28)]
BarOrDelay = Literal["bar", "delay"]
CareForm = Literal["somatic", "psychiatric", "compulsory-open-care"]
"""What a stay is of; ``compulsory-open-care`` (ÖPT, ÖRV) from the decision on it, whatever it was before."""

INDIVIDUAL: Literal["individual"] = "individual"
AVERAGE: Literal["monthly-average"] = "monthly-average"
CAPPED: Literal["monthly-average-with-individual-cap"] = "monthly-average-with-individual-cap"


class Values(BaseModel):
    """Some of the values that may be agreed; what is not given is the statute's."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LocalLimits(Values):
    """Limits that LUS leaves open or that only a routine knows; absent means none."""

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
    sip_call_rolls_over: bool = False
    """MH-10: a last day that is a Saturday, Sunday or holiday moves to the next working day (lag 1930:173 2 §)."""
    withdrawal_minutes: Minutes | None = None
    """MH-16: from the ward's own status to the withdrawal being told."""
    resend_hours: Hours | None = None
    """MH-21: from a misdirected notice to its being sent to the right unit."""
    dispute_day_of_month: DayOfMonth | None = None
    """MH-25: the last day in the month after discharge for contesting a case (Västra Götaland: 12)."""
    readmission_by: Literal["hours", "dates"] = "hours"
    """MH-23: whether 30 days are 30 x 24 hours or 30 dates (the published definition is not confirmed)."""
    home_contact_hours: Hours | None = None
    """NS-ambulance: for the contact with a patient whom an ambulance left at home."""
    follow_up_from_hours: Hours | None = None
    """W-14: when the follow-up window opens, from discharge (Fyrbodal: 48)."""
    follow_up_within_hours: Hours | None = None
    """MH-19: when the follow-up window closes, from discharge (Fyrbodal: 72)."""


class LiabilityTerms(Values):
    """What LUS 5:3 and 5:5 leave to be read. The defaults are the strict reading of the text."""

    late_admission_notice: BarOrDelay = "bar"
    """An admission notice after the 24 hours of LUS 2:3: a bar (5:3 refers to 2:3), or no matter once it is sent."""
    late_sip_call: BarOrDelay = "bar"
    """A SIP call after the three days of LUS 4:3: a bar (5:3 refers to 4:3), or liability starts when it is sent."""
    open_care_cleared: BarOrDelay = "delay"
    """Open care in place only after liability would have started: it starts then, or never (LUS 5:5)."""
    refused_sip_waives_call: bool = True
    """No SIP is to be done for a patient who has said no to it, so no call is needed (5:3 second paragraph, a reading)."""


class AgreedAmount(Values):
    """SEK for each *vårddygn* that the parties have agreed on instead of Socialstyrelsen's."""

    valid_from: date
    valid_to: date | None = None
    """The last day, if there is one."""
    sek: Annotated[int, Field(ge=0, le=1_000_000)]
    source: str | None = None


class PaymentTerms(Values):
    """From when a municipality pays, and how much (LUS 4:5, 5:4, 5:6). The defaults are the statute's."""

    model: Literal["individual", "monthly-average", "monthly-average-with-individual-cap"] = INDIVIDUAL
    """For each patient by himself; or by the mean of a calendar month's discharges; or so, and long stays singly."""
    free_days: Days = 3
    """Days from the notice until the municipality pays for one patient (5:4)."""
    day_type: Literal["calendar", "weekday"] = "calendar"
    """Whether free days, and the days of a mean, are all days or working days (*helgfria vardagar*)."""
    cutoff_local_time: time | Literal["none"] = time(12)
    """A notice sent after it, Swedish time, gives one free day more (5:4); ``none``: the time of day does not matter."""
    threshold_days: MeanDays | None = None
    """The mean of days per patient above which the municipality pays. For the average models."""
    count_day_zero: bool = True
    """Whether patients who left on the day of the notice count in the mean, with no days. For the average models."""
    individual_cap_days: Days | None = None
    """A patient who stays more than this many calendar days after the notice is reckoned singly."""
    capped: Literal["apart", "beyond-cap"] = "apart"
    """Such a patient: out of the mean and paid for by the individual rule; or in it up to the cap and paid for beyond."""
    rounding: Literal["none", "up", "down", "half-up"] = "none"
    """How a month's days above the threshold become the days that are paid for."""
    amount_source: Literal["socialstyrelsen", "local"] = "socialstyrelsen"
    """Whose amount per day: the regulation's (5:6), or the one in ``amounts``."""
    amounts: tuple[AgreedAmount, ...] = ()
    freeze_day_of_month: DayOfMonth | None = None
    """From which day of the next month on a month is frozen."""

    @field_validator("cutoff_local_time")
    @classmethod
    def _is_local(cls, value: time | Literal["none"]) -> time | Literal["none"]:
        if isinstance(value, time) and value.tzinfo is not None:
            raise ValueError("the time is Sweden's own, and has no offset")
        return value

    @property
    def is_average(self) -> bool:
        """Whether a month's mean decides, and not each patient's days."""
        return self.model != INDIVIDUAL

    @property
    def usable(self) -> bool:
        """Whether everything is known without which the model cannot be reckoned."""
        threshold = not self.is_average or self.threshold_days is not None
        return threshold and (self.model != CAPPED or self.individual_cap_days is not None)


class Unconfirmed(BaseModel):
    """A value that the parties may have agreed on, and that nobody has confirmed: it is not used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidate: Any = None
    """What it is said to be, where anybody says it."""
    source: str | None = None


SECTIONS: dict[str, type[Values]] = {
    "limits": LocalLimits,
    "liability": LiabilityTerms,
    "payment": PaymentTerms,
}
"""Where the values stand; a key is ``section.name``."""


class Agreement(BaseModel):
    """An agreement. Where it is silent the one that it supplements holds, and then the statute (LUS 4:4-4:5)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    regions: tuple[RegionCode, ...] = ()
    """Whom it binds; none named means everybody."""
    municipalities: tuple[MunicipalityCode, ...] = ()
    """Only these municipalities of the regions; none named means all of them."""
    valid_from: date | None = None
    """The first day on which it holds, in Sweden; ``None``: always."""
    valid_to: date | None = None
    """The last day."""
    care_forms: tuple[CareForm, ...] = ()
    """Only stays of these; none named means all."""
    excluded_care_forms: tuple[CareForm, ...] = ()
    """Not stays of these."""
    supplements: str | None = None
    """The id of an overall agreement of the same parties whose values hold where this one says nothing."""
    limits: LocalLimits = LocalLimits()
    liability: LiabilityTerms = LiabilityTerms()
    payment: PaymentTerms = PaymentTerms()
    sources: Mapping[str, str] = Field(default_factory=dict)
    """By key, where a value is from."""
    unconfirmed: Mapping[str, Unconfirmed] = Field(default_factory=dict)
    """By key, what the parties may have agreed and nobody has confirmed."""

    @model_validator(mode="after")
    def _one_sense(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        if self.care_forms and self.excluded_care_forms:
            raise ValueError("care_forms and excluded_care_forms cannot both be given")
        return self

    @property
    def name(self) -> str:
        """As it stands on a row: ``statute@1``."""
        return f"{self.id}@{self.version}"

    def binds(self, region: str | None, municipality: str | None) -> bool:
        """Whether it is an agreement of this region and municipality (SCB codes)."""
        if self.regions and region not in self.regions:
            return False
        return not self.municipalities or municipality in self.municipalities

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on that day in Sweden."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)

    def covers(self, care_form: str | None) -> bool:
        """Whether it is for stays of this form; a form nobody told is covered by those that name none."""
        if self.care_forms:
            return care_form in self.care_forms
        return care_form not in self.excluded_care_forms

    def given(self) -> Iterator[tuple[str, Any]]:
        """Each value that the agreement itself says and that is confirmed, by key."""
        for section in SECTIONS:
            values: Values = getattr(self, section)
            for name in type(values).model_fields:
                if name in values.model_fields_set:
                    yield f"{section}.{name}", getattr(values, name)

    def value(self, key: str) -> Any:
        """The value under a key as ``limits.takeover_answer_hours``. KeyError for a key that there is not."""
        section, _, name = key.partition(".")
        if section not in SECTIONS or name not in SECTIONS[section].model_fields:
            raise KeyError(key)
        return getattr(getattr(self, section), name)

    def over(self, overall: "Agreement") -> "Agreement":
        """This agreement, with the other's values where it says nothing itself."""
        merged = {
            section: getattr(overall, section).model_copy(
                update={
                    name: getattr(getattr(self, section), name)
                    for name in getattr(self, section).model_fields_set
                }
            )
            for section in SECTIONS
        }
        return self.model_copy(update=merged)

    def in_force(self) -> "Agreement":
        """As it can be used: an average model without a confirmed threshold or cap gives way to the statute's rule."""
        return self if self.payment.usable else self.model_copy(update={"payment": PaymentTerms()})


def keys() -> tuple[str, ...]:
    """Every value that may be agreed, as ``section.name``, in the order of the sections."""
    return tuple(f"{section}.{name}" for section, model in SECTIONS.items() for name in model.model_fields)


STATUTE = Agreement(id="statute", version=1, title="Lag (2017:612), där inget annat är överenskommet")
