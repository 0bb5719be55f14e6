"""Parts that several facts share: who received what, municipal services and the law each belongs to."""

from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.calendar import Instant
from domain.fact import Fact, Regime, Role
from domain.identifiers import MunicipalityCode, OrganisationRef, RegionCode


class ForeignId:
    """Marks a field that names something by another system's id: clear in a command, a keyed hash in the log."""

    def __init__(self, kind: Literal["message", "episode", "staff"]) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"ForeignId({self.kind!r})"


MessageId = Annotated[str, Field(min_length=1, max_length=512), ForeignId("message")]
"""A message of the same source: HMAC in the log, the id as received in the vault."""
EpisodeId = Annotated[str, Field(min_length=1, max_length=512), ForeignId("episode")]
"""An episode of care of the same source: the stay's id in the log, the id as received in the vault."""
StaffId = Annotated[str, Field(min_length=1, max_length=512), ForeignId("staff")]
"""A member of staff: a reference in the log, the id as received in the vault."""


@cache
def foreign_fields(kind: type[Fact]) -> dict[str, str]:
    """Name of each field that holds another system's id -> ``message``, ``episode`` or ``staff``."""
    marked: dict[str, str] = {}
    for name, field in kind.model_fields.items():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            for mark in (*field.metadata, *getattr(part, "__metadata__", ())):
                if isinstance(mark, ForeignId):
                    marked[name] = mark.kind
    return marked


Principal = RegionCode | MunicipalityCode
"""A *huvudman*: the region's two digits or the municipality's four (SCB)."""


class Recipient(BaseModel):
    """One unit that was sent something, and in which capacity it answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    role: Role
    unit: OrganisationRef | None = None
    municipality: MunicipalityCode | None = None
    received_at: Instant | None = None
    """When it reached the unit: LUS 4:3 counts from *lämnats* (given), 5:4 from *skickats* (sent)."""


Recipients = Annotated[tuple[Recipient, ...], Field(max_length=100)]

Service = Literal[
    "home-nursing",  # hemsjukvård, HSL 12:2
    "rehabilitation",  # rehabilitering, HSL 12:5
    "habilitation",  # habilitering, HSL 12:5
    "home-help",  # hemtjänst, SoL
    "short-term-place",  # korttidsplats, SoL
    "residential-care",  # särskilt boende, SoL
]
HSL_SERVICES: frozenset[Service] = frozenset({"home-nursing", "rehabilitation", "habilitation"})
Services = Annotated[tuple[Service, ...], Field(max_length=6)]


def regime_of(role: Role | None) -> Regime:
    """The law that an act in this capacity is under: what the social services do, they do under SoL."""
    return "SoL" if role == "social-services" else "HSL"


class ServicesFact(Fact):
    """A fact about municipal services. HSL and SoL services are two facts: their data never share a key."""

    services: Services = ()

    def regime(self) -> Regime:
        """``SoL`` as soon as one service is: a command about both laws is split before it is decided."""
        return "HSL" if HSL_SERVICES.issuperset(self.services) else "SoL"

    def split(self) -> tuple[Fact, ...]:
        hsl = tuple(s for s in self.services if s in HSL_SERVICES)
        sol = tuple(s for s in self.services if s not in HSL_SERVICES)
        if not hsl or not sol:
            return (self,)
        return (self.model_copy(update={"services": hsl}), self.model_copy(update={"services": sol}))
