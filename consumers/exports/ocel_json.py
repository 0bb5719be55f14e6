"""OCEL 2.0 as JSON: written event by event; what events name stands after them."""

import json
from collections.abc import Iterable, Mapping
from typing import TextIO

from consumers.exports.ocel import ALWAYS, EVENT_ATTRIBUTES, OBJECT_ATTRIBUTES, Event, Object, Objects
from consumers.exports.shown import ShownJourney
from consumers.exports.xes import counting


def write(journeys: Iterable[ShownJourney], to: TextIO) -> None:
    """Write the log."""
    objects = Objects()
    events = (objects.event(fact) for journey in journeys for fact in counting(journey))
    to.write('{"events":[')
    _write_items(map(_event, events), to)
    to.write('],\n"objects":[')
    _write_items(map(_object, objects.met()), to)
    to.write('],\n"eventTypes":[')
    _write_items((_type(name, EVENT_ATTRIBUTES) for name in sorted(objects.event_types)), to)
    to.write('],\n"objectTypes":[')
    _write_items((_type(name, attributes) for name, attributes in OBJECT_ATTRIBUTES.items()), to)
    to.write("]}\n")


def _write_items(items: Iterable[Mapping[str, object]], to: TextIO) -> None:
    for number, item in enumerate(items):
        to.write(",\n" if number else "\n")
        to.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")))


def _event(event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "attributes": [{"name": name, "value": value} for name, value in event.attributes.items()],
        "relationships": [{"objectId": one.id, "qualifier": one.qualifier} for one in event.related],
    }


def _object(one: Object) -> dict[str, object]:
    return {
        "id": one.id,
        "type": one.type,
        "attributes": [
            {"name": name, "time": ALWAYS, "value": value} for name, value in one.attributes.items()
        ],
        "relationships": [{"objectId": to.id, "qualifier": to.qualifier} for to in one.related],
    }


def _type(name: str, attributes: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": name,
        "attributes": [{"name": attribute, "type": kind} for attribute, kind in attributes.items()],
    }
