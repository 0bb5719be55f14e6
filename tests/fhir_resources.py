"""FHIR resources that we wrote ourselves, as JSON-like dictionaries and as XML."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from consumers.intake.fhir.bundle import read_resource
from consumers.intake.fhir.xml import parse_fhir_xml
from consumers.intake.message import Told
from domain.fact import load_catalogue
from domain.submission import Submission

PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
RESERVE = "http://electronichealth.se/identifier/nationelltReservnummer"
TOLVAN = "191212121212"
HSA = "urn:oid:1.2.752.129.2.1.4.1"
HSA_BASE = "urn:oid:1.2.752.29.4.19"
MUNICIPALITY = "urn:oid:1.2.752.129.2.2.1.17"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
OURS = "urn:carechain:code:"

HOSPITAL = "SE2321000198-SJUKHUS"
WARD_A, WARD_B = "hsa:SE2321000198-AVDA", "hsa:SE2321000198-AVDB"
MUNICIPAL = "SE2120002338-HEMSJV"
"""A unit of the municipality of Gävle, 2180."""
DIGEST = "d" * 64


def coding(system: str, code: str) -> dict[str, Any]:
    return {"system": system, "code": code}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(system, code)]}


def ours(name: str, code: str) -> dict[str, Any]:
    return concept(f"{OURS}{name}", code)


def ref(to: str) -> dict[str, Any]:
    return {"reference": to}


def period(start: str | None = None, end: str | None = None) -> dict[str, str]:
    return {name: time for name, time in (("start", start), ("end", end)) if time is not None}


def patient(value: str = TOLVAN, id_: str = "p1", system: str = PERSONNUMMER, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "identifier": [{"system": system, "value": value}]} | more


def hospital(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": "hospital",
        "identifier": [{"system": HSA, "value": HOSPITAL}],
    } | more


def municipality(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": "municipality",
        "identifier": [
            {"system": HSA_BASE, "value": MUNICIPAL},
            {"system": MUNICIPALITY, "value": "2180"},
        ],
    } | more


def ward(name: str, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Location",
        "id": name,
        "identifier": [{"system": HSA, "value": unit.removeprefix("hsa:")}],
        "managingOrganization": ref("Organization/hospital"),
    }


def encounter(
    class_: str = "IMP",
    status: str = "in-progress",
    start: str | None = "2026-03-02T08:00:00+01:00",
    end: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "identifier": [{"system": "https://region.example/vtf", "value": "VTF-1"}],
        "status": status,
        "class": coding(ACT, class_),
        "subject": ref("Patient/p1"),
        "period": period(start, end),
        "serviceProvider": ref("Organization/hospital"),
    } | more


def at_places(*places: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Location entries: name, start, end."""
    return [
        {"location": ref(f"Location/{name}"), "period": period(start, end)} for name, start, end in places
    ]


def history(*entries: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Status history: status, start, end."""
    return [{"status": status, "period": period(start, end)} for status, start, end in entries]


def bundle(
    *resources: Mapping[str, Any],
    sort: str = "transaction",
    sent: str | None = "2026-03-02T08:10:00+01:00",
    around: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A Bundle of these, of the patient and of the organisations, unless ``around`` says otherwise."""
    others = [patient(), hospital(), municipality()] if around is None else around
    own = {(r["resourceType"], r.get("id")) for r in resources}
    all_ = [*resources, *(r for r in others if (r["resourceType"], r["id"]) not in own)]
    made: dict[str, Any] = {"resourceType": "Bundle", "id": "b1", "type": sort}
    if sent is not None:
        made["timestamp"] = sent
    made["entry"] = [
        {"fullUrl": f"https://region.example/fhir/{r['resourceType']}/{r.get('id', n)}", "resource": dict(r)}
        for n, r in enumerate(all_)
    ]
    return made


def read(document: Mapping[str, Any]) -> Told:
    """What it says; as JSON and as XML the same, and all of it facts of the catalogue."""
    told = read_resource(json.loads(json.dumps(document)), DIGEST)
    again = read_resource(parse_fhir_xml(as_xml(document)), DIGEST)
    assert as_plain(again) == as_plain(told)
    for said in told.submissions:
        load_catalogue()[said.type].model_validate_json(msgspec.json.encode(said.data))
    return told


def as_plain(told: Told) -> list[object]:
    """All that a message says, to be compared."""
    trouble = told.trouble
    wrong = (trouble.reason, trouble.message, trouble.field) if trouble is not None else None
    said = [one.model_dump() for one in told.submissions]
    return [told.kind, told.source, told.unit, wrong, told.patient, said]


def acts(told: Told) -> list[Submission]:
    """The facts without the notes; nothing may have gone wrong."""
    assert told.trouble is None, as_plain(told)
    return acts_of(told)


def acts_of(told: Told) -> list[Submission]:
    return [said for said in told.submissions if name_of(said) != "message-noted"]


def notes(told: Told) -> str:
    return "\n".join(said.data["text"] for said in told.submissions if name_of(said) == "message-noted")


def name_of(said: Submission) -> str:
    return said.type.removeprefix("se.carechain.").removesuffix(".v1")


def brief(said: Submission) -> tuple[str, str, dict[str, Any]]:
    """What, when (UTC, to the second), and with which data."""
    return name_of(said), f"{said.time:%Y-%m-%dT%H:%M:%SZ}", said.data


def briefs(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [brief(said) for said in acts(read(document))]


def as_xml(resource: Mapping[str, Any]) -> bytes:
    """The same resource as FHIR writes it in XML."""
    kind = resource["resourceType"]
    inner = _elements(resource)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="http://hl7.org/fhir">{inner}</{kind}>'
    ).encode()


def _elements(parts: Mapping[str, Any]) -> str:
    named = [name for name in parts if name not in ("resourceType", "url") and not name.startswith("_")]
    bare = [name for name in parts if name.startswith("_") and name[1:] not in parts and parts[name]]
    with_value = "".join(_element(name, parts[name], parts.get(f"_{name}")) for name in named)
    return with_value + "".join(_element(name[1:], parts[name]) for name in bare)


def _element(name: str, value: Any, about: Any = None) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if not isinstance(value, Mapping):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name} value={quoteattr(text)}>{_elements(about or {})}</{name}>"
    inner = _elements(value)
    if "resourceType" in value:
        inner = f"<{value['resourceType']}>{inner}</{value['resourceType']}>"
    url = f" url={quoteattr(value['url'])}" if "url" in value else ""
    return f"<{name}{url}>{inner}</{name}>"
