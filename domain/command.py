"""A command as the domain decides it: pseudonymous, parsed, and with one canonical form that tells repeats."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import rfc8785

from domain.calendar import format_instant
from domain.envelope import plain_data
from domain.fact import Fact, Regime, Role
from domain.seal import Scope
from domain.submission import TimePrecision
from domain.tracks import Track


@dataclass(frozen=True, kw_only=True)
class Command:
    """Ask a journey to record ``fact``. Ids of staff, messages and episodes are references made by the vault."""

    journey: UUID
    fact: Fact
    time: datetime
    """The act's own time, UTC."""
    source: str
    message: str
    """Keyed hash of the source's message id or of a request id; one made at random makes the command new."""
    controller: str
    principal: str | None = None
    sequence: int | None = None
    stay: UUID | None = None
    sent: datetime | None = None
    precision: TimePrecision = "second"
    actor: str | None = None
    unit: str | None = None
    role: Role | None = None
    regime: Regime | None = None
    correlation: str | None = None
    causation: str | None = None
    operator: bool = False
    """Given by a person here and now: held against the rules of the world. Else it states what happened elsewhere."""
    tracks: tuple[Track, ...] | None = None
    """The tracks as adopted, for an operator's command; ``None``: those that came with the programs."""

    @property
    def scope(self) -> Scope:
        """Whose key protects it. A sender may put health care under SoL, never social services under HSL."""
        regime = "SoL" if self.fact.regime() == "SoL" else self.regime or "HSL"
        return Scope(self.journey, self.controller, regime)

    def canonical(self) -> bytes:
        """RFC 8785 JSON of type, time, data, source and message: what a fact's id is the keyed hash of."""
        return rfc8785.dumps(
            {
                "type": self.fact.TYPE,
                "time": format_instant(self.time),
                "data": plain_data(self.fact),
                "source": self.source,
                "message": self.message,
            }
        )
