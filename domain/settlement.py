"""A municipality's month frozen before it is settled: the command, what refuses it, and its event (LUS 4:5, 5 chap.)."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from domain.calendar import Instant, format_instant, local_date
from domain.errors import Refused
from domain.facts.settlement import Month
from domain.identifiers import MunicipalityCode
from domain.reference import municipality

FROZEN = "se.carechain.settlement-frozen.v1"
STREAM = "settlements"


class Figures(BaseModel):
    """A month's figures: stays of the municipality's patients that ended in it by discharge, and their days (W-06)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class Settlement(BaseModel):
    """What is on record of a frozen month. Times are UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    municipality: MunicipalityCode
    month: Month
    agreement: str
    """The agreement in force, as ``demo@1``."""
    as_of: Instant
    """At which moment the figures were read."""
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class FreezeSettlement:
    """Ask that a municipality's month stand as it is known now."""

    municipality: str
    """SCB code."""
    month: str
    """The calendar month of discharge in Sweden, as ``2026-03``."""
    actor: str
    """Who asks, as a staff reference."""
    now: datetime
    """UTC."""

    @property
    def key(self) -> str:
        """The settlement's key on its stream: ``2180:2026-03``."""
        return f"{self.municipality}:{self.month}"

    def check(self, frozen: Collection[str]) -> None:
        """``frozen`` are the keys that stand. Raises ``Refused``: the month runs, or is frozen, or is none."""
        name = municipality(self.municipality).name
        if local_date(self.now) < _first_day_after(self.month):
            raise Refused(
                f"{self.month} is not over yet, so its figures can still change by what happens.",
                hint="Freeze it from the first day of the next month.",
            )
        if self.key in frozen:
            raise Refused(
                f"{self.month} is frozen already for {name}.",
                hint="`carechain settlement list` shows its figures.",
            )


def _first_day_after(month: str) -> date:
    TypeAdapter(Month).validate_python(month)
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1)


def event(store: UUID, command: FreezeSettlement, agreement: str, figures: Figures) -> bytes:
    """The settlement as a CloudEvent, as it is stored and published. A month frozen once has one id."""
    at = format_instant(command.now)
    settlement = Settlement(
        municipality=command.municipality,
        month=command.month,
        agreement=agreement,
        as_of=command.now,
        figures=figures,
    )
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": hashlib.sha256(f"settlement|{command.key}".encode()).hexdigest(),
            "source": f"/carechain/{store}",
            "type": FROZEN,
            "subject": f"settlement:{command.key}",
            "time": at,
            "datacontenttype": "application/json",
            "recordedtime": at,
            "actor": command.actor,
            "data": settlement.model_dump(exclude_none=True) | {"as_of": at},
        }
    )


def settlement_of(raw: bytes) -> Settlement:
    """The settlement in a stored event."""
    document: dict[str, Any] = msgspec.json.decode(raw)
    return Settlement.model_validate_json(msgspec.json.encode(document["data"]))
