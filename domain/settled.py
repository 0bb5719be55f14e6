"""The figures of a settled month, as they are shown and as they stand in its event, and the cases behind them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

IN_MEAN, UP_TO_CAP, APART, LEFT_OUT, NO_MEAN, PAID_SINGLY = COUNTED = (
    "in-mean",
    "in-mean-up-to-cap",
    "out-of-mean-over-cap",
    "left-out-day-zero",
    "under-no-mean",
    "paid-singly",
)
"""How a case counts: in the mean, with all its days or up to the cap; out of it, as it is reckoned singly, or as the
patient left on the day of the notice; in none, as its agreement has none; or as days paid for one patient."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figures(_Said):
    """Whatever is agreed on: stays of the municipality's patients that ended by discharge, and their days (W-06)."""

    discharged: int = Field(0, ge=0)
    """Stays with a discharge-ready notice."""
    days: float = 0.0
    """Days *utskrivningsklar* of all of them together."""
    mean_stockholm: float | None = None
    """W-07 over all of them, day 0 counted as zero (Region Stockholm's payment mean)."""
    stays_one_day: int = Field(0, ge=0)
    """Stays of one day or more."""
    mean_skr: float | None = None
    """W-07 over stays of one day or more only (SKR)."""
    per_1000_aged_65: float | None = None
    """W-09: days per 1 000 inhabitants aged 65 or older."""


class Mean(_Said):
    """A month under one agreement with an average model. Decimals are exact."""

    agreement: str
    """By whose terms, as ``demo@1``."""
    discharged: int
    """Stays in the mean."""
    days: int
    """Of the agreed kind, of all of them together."""
    mean: Decimal | None = None
    """Four decimals, for reading; ``None`` without stays."""
    threshold: Decimal
    above: bool
    """Whether the exact mean is above the threshold."""
    billable: Decimal
    """Days above the threshold, rounded as agreed."""
    apart: int = 0
    """Stays over the cap, which are reckoned singly instead."""
    left_out: int = 0
    """Stays that ended on the day of the notice, where those do not count."""
    sek_per_day: int | None = None
    """The amount of the month's last day."""
    amount: Decimal | None = None
    """SEK for the billable days."""
    amount_missing: str | None = None
    """Why there is no amount, where days are to be paid for."""
    per_1000_aged_65: Decimal | None = None
    """Days in the mean per 1 000 inhabitants aged 65 or older; four decimals."""


class Singly(_Said):
    """Stretches of liability for one patient that ended in the month, however they ended (W-11)."""

    stretches: int = 0
    days: int = 0
    amount: int | None = None
    """SEK, each date by its own amount."""
    amount_missing: str | None = None


@dataclass(frozen=True, kw_only=True)
class SettledCase:
    """One stay's part in a month."""

    id: UUID
    """Of the row of W-06 or W-11 that it rests on."""
    journey: UUID
    stay: UUID
    agreement: str
    """In force on the day of the notice."""
    terms: str
    """The one that the month is reckoned by."""
    start: date
    """Of the notice; for days that are paid for singly the first of them."""
    end: date
    """Of the discharge, or of what else ended it. It is not counted itself where days are paid for singly."""
    outcome: str | None
    counted: str
    """One of ``COUNTED``."""
    days: int
    notified: date | None = None
    """The notice's day."""
    sek_per_day: int | None = None
    """For days paid for singly, where all cost the same."""
    amount: int | None = None
    amount_missing: str | None = None

    @property
    def paid(self) -> bool:
        """Whether it is days that the municipality pays for this patient, and not days ready for discharge."""
        return self.counted == PAID_SINGLY
