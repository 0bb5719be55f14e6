"""FHIR R4 Provenance: for each fact who did what, when, for whom, and what it mended; one resource a fact.

``target`` is the fact, ``activity`` its kind and what was done to the record (``v3-DataOperation``), ``occurred`` the act
as recorded, ``recorded`` the moment of record. The author is the staff member, or the unit where none is named, on behalf
of the controller; the informant is the system that told us. What was mended and the message that said it are entities.
"""

from collections.abc import Iterable, Iterator
from typing import TextIO

from consumers.exports.fhir_parts import (
    Resource,
    coding,
    identifier,
    masked,
    organisation,
    our_code,
    reference,
    resource_id,
    write_bundle,
)
from consumers.exports.shown import ShownFact, ShownJourney
from domain.calendar import format_instant, local_date

_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_DONE = {"fact-amended": ("UPDATE", "revision"), "fact-voided": ("NULLIFY", "removal")}
"""By correction: the operation, and what became of the fact that it means."""
_EXTENSION = "urn:carechain:extension:"


def write(journeys: Iterable[ShownJourney], to: TextIO) -> None:
    """Write a Bundle with every fact that is shown, in order of record within each journey."""
    write_bundle((provenance(fact) for journey in journeys for fact in journey.facts), to)


def provenance(fact: ShownFact) -> Resource:
    """One fact as it was recorded; whether it counts still is told by the fact that mended it."""
    operation, _ = _DONE.get(fact.kind_on_record, ("CREATE", ""))
    entities = list(_entities(fact))
    return {
        "resourceType": "Provenance",
        "id": resource_id("provenance", fact.id),
        "extension": list(_extensions(fact)),
        "target": [{"identifier": identifier("fact", fact.id)}],
        "occurredDateTime": _occurred(fact),
        # There must be one; where it is not told, FHIR wants to be told that.
        **({"recorded": format_instant(fact.recorded_at)} if fact.recorded_at else {"_recorded": masked()}),
        "activity": {
            "coding": [
                coding("urn:carechain:code:fact", fact.kind_on_record),
                coding(_OPERATION, operation),
            ]
        },
        "agent": list(_agents(fact)),
        **({"entity": entities} if entities else {}),
    }


def _extensions(fact: ShownFact) -> Iterator[Resource]:
    """What Provenance has no element for: whose fact it is, and where it stands in which chain."""
    yield {"url": f"{_EXTENSION}journey", "valueIdentifier": identifier("journey", fact.case)}
    if fact.evidence is not None:
        yield {"url": f"{_EXTENSION}chain", "valueIdentifier": identifier("journey", fact.evidence.journey)}
        yield {"url": f"{_EXTENSION}version", "valuePositiveInt": fact.evidence.version}
        yield {"url": f"{_EXTENSION}sha256", "valueString": fact.evidence.hash}


def _occurred(fact: ShownFact) -> str:
    if fact.precision == "day":
        return local_date(fact.time_on_record).isoformat()
    return format_instant(fact.time_on_record)


def _agents(fact: ShownFact) -> Iterator[Resource]:
    author: Resource = {"type": {"coding": [coding(_PARTICIPANT, "author")]}}
    if fact.role is not None:
        author["role"] = [our_code("role", fact.role)]
    if fact.actor is not None:
        author["who"] = reference("Practitioner", "staff", fact.actor)
    elif fact.unit is not None or fact.controller is not None:
        author["who"] = organisation(fact.unit or fact.controller or "")
    else:
        author["who"] = masked()
    if fact.controller is not None:
        author["onBehalfOf"] = organisation(fact.controller)
    yield author
    if fact.actor is not None and fact.unit is not None:
        yield {"type": {"coding": [coding(_PARTICIPANT, "performer")]}, "who": organisation(fact.unit)}
    if fact.source is not None:
        yield {
            "type": {"coding": [coding(_PARTICIPANT, "informant")]},
            "who": reference("Device", "source", fact.source),
        }


def _entities(fact: ShownFact) -> Iterator[Resource]:
    _, role = _DONE.get(fact.kind_on_record, ("", "revision"))
    for mended in fact.mends:
        yield {"role": role, "what": {"identifier": identifier("fact", mended)}}
    if fact.evidence is not None and fact.evidence.message is not None:
        yield {"role": "source", "what": {"identifier": identifier("message", fact.evidence.message)}}
