"""What OCEL 2.0 logs say, in JSON and in SQLite alike: events, the objects they are about, and how these hang together.

The types of events are the kinds of fact. The types of objects are journey, stay, unit and municipality; an event is
``about`` a journey, ``during`` a stay, ``by`` a unit, and of a ``resident of`` a municipality; a stay is ``part of`` a
journey. Facts that count are events; what was voided and what voided it are not. See the specification of 16 October
2023 (ocel-standard.org).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consumers.exports.shown import ShownFact
from domain import reference
from domain.calendar import format_instant

EVENT_ATTRIBUTES: Mapping[str, str] = {
    "recorded": "time",
    "precision": "string",
    "state": "string",
    "role": "string",
    "staff": "string",
    "regime": "string",
    "source": "string",
}
"""Of every type of event: name and type, as OCEL calls it."""
OBJECT_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "journey": {},
    "stay": {},
    "unit": {"system": "string"},
    "municipality": {"name": "string"},
}
"""By type of object."""
ALWAYS = "1970-01-01T00:00:00Z"
"""From when an attribute of an object holds that never changes."""


@dataclass(frozen=True, slots=True)
class Related:
    """An object that an event or another object is related to."""

    id: str
    qualifier: str


@dataclass(frozen=True, slots=True)
class Object:
    """One object, with the values of its type's attributes and what it is part of."""

    id: str
    type: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One event with the values of its attributes that are known, its objects among them once."""

    id: str
    type: str
    time: str
    """UTC, ISO 8601."""
    attributes: Mapping[str, str]
    related: tuple[Related, ...]


class Objects:
    """The objects met so far. They are far fewer than events, and a log names each once."""

    def __init__(self) -> None:
        self._met: dict[str, Object] = {}
        self.event_types: set[str] = set()

    def event(self, fact: ShownFact) -> Event:
        """The fact as an event; its objects are met from now on."""
        self.event_types.add(fact.kind)
        related = []
        for met, qualifier in _objects(fact):
            self._met.setdefault(met.id, met)
            related.append(Related(met.id, qualifier))
        values = {
            "recorded": format_instant(fact.recorded_at) if fact.recorded_at else None,
            "precision": fact.precision,
            "state": fact.state,
            "role": fact.role,
            "staff": fact.actor,
            "regime": fact.regime,
            "source": fact.source,
        }
        known = {name: value for name, value in values.items() if value is not None}
        return Event(fact.id, fact.kind, format_instant(fact.time), known, tuple(related))

    def met(self) -> list[Object]:
        """All objects, by type and id."""
        order = list(OBJECT_ATTRIBUTES)
        return sorted(self._met.values(), key=lambda one: (order.index(one.type), one.id))


def _objects(fact: ShownFact) -> Iterator[tuple[Object, str]]:
    journey = Object(f"journey:{fact.case}", "journey")
    yield journey, "about"
    if fact.stay is not None:
        yield Object(f"stay:{fact.stay}", "stay", related=(Related(journey.id, "part of"),)), "during"
    if fact.unit is not None:
        system = fact.unit.partition(":")[0]
        yield Object(f"unit:{fact.unit}", "unit", {"system": system}), "by"
    if fact.municipality is not None:
        known = reference.is_municipality(fact.municipality)
        name = reference.municipality(fact.municipality).name if known else fact.municipality
        yield Object(f"municipality:{fact.municipality}", "municipality", {"name": name}), "resident of"
