"""The histories inside an Encounter: classes, statuses and places, each in the order in which they were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from consumers.intake.fhir import codes
from consumers.intake.fhir.parts import Encounter, Place, StatusEntry
from consumers.intake.fhir.sheaf import Sheaf
from consumers.intake.fhir.telling import moment, needed
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import party_of

UNDER_WAY: Final = ("arrived", "triaged", "in-progress", "onleave")
PlaceAt = tuple[Moment | None, str | None]
"""When the patient came there, and the unit."""


@dataclass(frozen=True)
class Spell:
    """A time that the patient was in one class of care."""

    group: codes.Group
    start: Moment


def group_of(encounter: Encounter) -> codes.Group | None:
    """What sort of care the class stands for; nothing for one without counterpart."""
    code = encounter.code
    if code is None or code.code is None or (code.system and not code.system.endswith("v3-ActCode")):
        return None
    return codes.CLASSES.get(code.code.strip().upper())


def spells(encounter: Encounter) -> Iterator[Spell]:
    """The classes in order; the encounter begins with the first, and the present one follows the last that ended."""
    first = begin(encounter)
    history = []
    for entry in encounter.class_history:
        group = group_of(Encounter.model_construct(code=entry.code))
        start = time_of(entry.period.start, "classHistory.period.start")
        if group is not None:
            history.append((start or first, time_of(entry.period.end, "classHistory.period.end"), group))
    placed = [(start, end, group) for start, end, group in history if start is not None]
    placed.sort(key=lambda one: one[0].at)
    now = group_of(encounter)
    for start, _, group in placed:
        yield Spell(group, start)
    if now is not None and (not placed or placed[-1][2] != now):
        since = placed[-1][1] or first if placed else first
        if since is not None:
            yield Spell(now, since)


def begin(encounter: Encounter) -> Moment | None:
    """When it began: the period's start, else the first status in which the patient was there."""
    start = time_of(encounter.period.start, "period.start")
    if start is not None:
        return start
    begun = [entry for entry in encounter.status_history if entry.status in UNDER_WAY]
    times = [time_of(entry.period.start, "statusHistory.period.start") for entry in begun]
    return min((time for time in times if time is not None), key=lambda time: time.at, default=None)


def leaves(encounter: Encounter) -> Iterator[tuple[Moment, Moment | None]]:
    """Each leave; the present one began when the status before it ended."""
    history = by_start(encounter.status_history)
    for start, end, status in history:
        if status == "onleave":
            yield start, end
    if encounter.status == "onleave" and not (history and history[-1][2] == "onleave"):
        since = history[-1][1] if history else None
        yield needed(since, "Encounter", "statusHistory.period", "missing-leave"), None


def by_start(entries: Sequence[StatusEntry]) -> list[tuple[Moment, Moment | None, str | None]]:
    """Start, end and status of each entry that has a start."""
    found = []
    for entry in entries:
        start = time_of(entry.period.start, "statusHistory.period.start")
        if start is not None:
            found.append((start, time_of(entry.period.end, "statusHistory.period.end"), entry.status))
    return sorted(found, key=lambda one: one[0].at)


def reopenings(encounter: Encounter) -> list[Moment]:
    """When an encounter that had been finished went on: its discharge was taken back."""
    history = by_start(encounter.status_history)
    found = []
    for number, (_, end, status) in enumerate(history):
        if status != "finished":
            continue
        if number + 1 < len(history):
            found.append(history[number + 1][0])
        elif encounter.status in UNDER_WAY and end is not None:
            found.append(end)
    return found


def places(sheaf: Sheaf, encounter: Encounter) -> Iterator[PlaceAt]:
    """The units the patient was at, by when they came there; those planned or only reserved are left out."""
    found = []
    for place in settled(encounter.location):
        start = time_of(place.period.start, "location.period.start")
        found.append((start, party_of(sheaf, place.location).unit))
    yield from sorted(found, key=lambda one: (one[0] is not None, one[0].at if one[0] else None))


def settled(places: Sequence[Place]) -> list[Place]:
    """Without those planned or only reserved."""
    return [place for place in places if place.status not in ("planned", "reserved")]


def time_of(text: str | None, place: str) -> Moment | None:
    """A time of the encounter, named by its place when it cannot be read."""
    return moment(text, f"Encounter.{place}")
