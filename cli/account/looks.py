"""Who has looked at the patient's data: unit and time, as the access log has it (PDL 8:5)."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from infra.postgres import Connection


class Look(NamedTuple):
    """One look at the patient's data."""

    at: datetime
    unit: str | None
    organisation: str | None
    role: str
    purpose: str
    emergency: bool


_LOOKS = "SELECT at, unit, organisation, role, purpose, emergency FROM access.looked(%s)"


def looks(connection: "Connection", now: datetime) -> tuple[Look, ...]:
    """The looks by ``now`` (UTC) at the patients whose data the connection has opened, oldest first."""
    return tuple(Look(*line) for line in connection.execute(_LOOKS, [now]).fetchall())
