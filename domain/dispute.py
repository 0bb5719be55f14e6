"""A municipality contests a month, or some of its cases, before it is settled: the command and its event (LUS 4:5)."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict

from domain.calendar import Instant, format_instant, local_date
from domain.errors import Refused
from domain.facts.settlement import CaseDisputed, Month
from domain.identifiers import MunicipalityCode
from domain.settle import first_day_after
from domain.settlement import key_of

DISPUTED = "se.carechain.settlement-disputed.v1"
Ground = Literal[
    "not-notified", "wrong-time", "wrong-municipality", "open-care-missing", "not-discharge-ready", "other"
]
"""What is contested: the codes that a single case's dispute (``CaseDisputed``) has, too."""
GROUNDS: tuple[Ground, ...] = get_args(Ground)
Late = Literal["after-the-agreed-day", "after-the-freeze"]


class Dispute(BaseModel):
    """What is on record of a dispute. It changes no figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    municipality: MunicipalityCode
    month: Month
    stays: tuple[UUID, ...] = ()
    """The cases disputed; none: the whole month."""
    ground: Ground
    late: tuple[Late, ...] = ()
    """Why it came too late, if it did."""


@dataclass(frozen=True, kw_only=True)
class DisputeSettlement:
    """Ask that a dispute be put on record."""

    municipality: str
    """SCB code."""
    month: str
    stays: tuple[UUID, ...] = ()
    ground: Ground
    actor: str
    """Who asks, as a staff reference."""
    now: datetime
    """UTC."""

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.month)

    @property
    def id(self) -> str:
        """The same for the same dispute, whenever and however often it is asked for."""
        stays = ",".join(sorted(map(str, set(self.stays))))
        return hashlib.sha256(f"dispute|{self.key}|{self.ground}|{stays}".encode()).hexdigest()

    def check(self) -> None:
        """Raises ``Refused`` for a month that has not begun: nothing can be wrong in it yet."""
        first_day_after(self.month)
        if f"{local_date(self.now):%Y-%m}" < self.month:
            raise Refused(
                f"{self.month} has not begun yet.", hint="Check the month: it is that of discharge."
            )

    def said(self, day_of_month: int | None, *, frozen: bool) -> Dispute:
        """As it is put on record: late after the agreed day of the next month, or after the freeze, but taken."""
        last = last_day(self.month, day_of_month)
        late: list[Late] = []
        if last is not None and local_date(self.now) > last:
            late.append("after-the-agreed-day")
        if frozen:
            late.append("after-the-freeze")
        return Dispute(
            municipality=self.municipality,
            month=self.month,
            stays=tuple(sorted(set(self.stays))),
            ground=self.ground,
            late=tuple(late),
        )

    def case(self) -> CaseDisputed:
        """The same, said of one stay in its patient's journey."""
        return CaseDisputed(municipality=self.municipality, month=self.month, reason=self.ground)


def last_day(month: str, day_of_month: int | None) -> date | None:
    """The last day for a dispute, in the month after; ``None`` where none is agreed."""
    return None if day_of_month is None else first_day_after(month).replace(day=day_of_month)


class Disputed(BaseModel):
    """A dispute, by whom and when."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    time: Instant
    actor: str
    correlationid: str
    """What the single cases' facts are joined to it by."""
    data: Dispute


def event(store: UUID, command: DisputeSettlement, dispute: Dispute, correlation: str) -> bytes:
    """The dispute as a CloudEvent, as it is stored and published."""
    at = format_instant(command.now)
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": command.id,
            "source": f"/carechain/{store}",
            "type": DISPUTED,
            "subject": f"settlement:{command.key}",
            "time": at,
            "datacontenttype": "application/json",
            "recordedtime": at,
            "actor": command.actor,
            "correlationid": correlation,
            "data": dispute.model_dump(mode="json"),
        }
    )


def disputed_of(raw: bytes) -> Disputed:
    """The dispute in a stored event."""
    document: dict[str, Any] = msgspec.json.decode(raw)
    assert document["type"] == DISPUTED
    return Disputed.model_validate_json(raw)
