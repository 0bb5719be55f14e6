"""A municipality's month frozen before it is settled: the command, what refuses it, and its event (LUS 4:5, 5 chap.)."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict

from domain.calendar import Instant, format_instant, local_date
from domain.errors import Refused
from domain.facts.settlement import Month
from domain.identifiers import MunicipalityCode
from domain.reference import municipality
from domain.settle import first_day_after
from domain.settled import Figures, Mean, Singly

FROZEN_BEFORE = "se.carechain.settlement-frozen.v1"
"""As months were frozen once: with the figures of all stays, and none of agreements."""
FROZEN = "se.carechain.settlement-frozen.v2"
STREAM = "settlements"


class Settlement(BaseModel):
    """What is on record of a frozen month. Times are UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    municipality: MunicipalityCode
    month: Month
    agreement: str
    """The agreement in force on the month's last day, whatever the stay is of, as ``demo@1``."""
    as_of: Instant
    """At which moment the figures were read."""
    known_at: Instant | None = None
    """What was recorded by then is in them; ``None`` where it was not told: ``as_of``."""
    positions: Mapping[str, Mapping[str, int]] = {}
    """How far the answers had come: topic, partition, the next fact's offset."""
    population: str | None = None
    """The population file that rates divide by."""
    figures: Figures
    means: tuple[Mean, ...] | None = None
    """By agreement with an average model; ``None`` in a month frozen before there were any."""
    singly: Singly | None = None
    """Days paid for one patient; ``None`` as above."""


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
        return key_of(self.municipality, self.month)

    def check(self, frozen: Collection[str]) -> None:
        """``frozen`` are the keys that stand. Raises ``Refused``: the month runs, or is frozen, or is none."""
        name = municipality(self.municipality).name
        if local_date(self.now) < first_day_after(self.month):
            raise Refused(
                f"{self.month} is not over yet, so its figures can still change by what happens.",
                hint="Freeze it from the first day of the next month.",
            )
        if self.key in frozen:
            raise Refused(
                f"{self.month} is frozen already for {name}.",
                hint=f"`carechain settlement show --municipality {name} --month {self.month}` shows its figures.",
            )

    def check_day(self, day_of_month: int | None) -> None:
        """Raises ``Refused`` before the agreed day of the month after; where none is agreed any day will do."""
        from_day = freeze_day(self.month, day_of_month)
        if local_date(self.now) < from_day:
            raise Refused(
                f"By the agreement {self.month} is frozen from {from_day} on: until then it can be disputed.",
                hint=f"Freeze it on {from_day} or later; until then `carechain settlement show` has its figures.",
            )


def key_of(municipality: str, month: str) -> str:
    """A municipality's month on the stream: ``2180:2026-03``."""
    return f"{municipality}:{month}"


def freeze_day(month: str, day_of_month: int | None) -> date:
    """The first day on which a month can be frozen: the agreed one of the next month, else its first."""
    return first_day_after(month).replace(day=day_of_month or 1)


def event(store: UUID, command: FreezeSettlement, settlement: Settlement) -> bytes:
    """The settlement as a CloudEvent, as it is stored and published. A month frozen once has one id."""
    at = format_instant(command.now)
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
            "data": settlement.model_dump(mode="json", exclude_none=True),
        }
    )


def settlement_of(raw: bytes) -> Settlement:
    """The settlement in a stored event, of today's form or the one before."""
    document: dict[str, Any] = msgspec.json.decode(raw)
    assert document["type"] in (FROZEN, FROZEN_BEFORE)
    return Settlement.model_validate_json(msgspec.json.encode(document["data"]))
