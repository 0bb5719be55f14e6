"""Reads a FHIR resource written as XML into the same dictionary that its JSON form gives."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError  # types only: defusedxml does the parsing

from defusedxml.ElementTree import iterparse

from domain.errors import Unreadable

_NAMESPACE = "{http://hl7.org/fhir}"
_DEEPEST = 100
"""A message is some ten elements deep; the limit keeps a hostile one from using up the stack."""

_ALWAYS: Final = frozenset({"coding", "contained", "extension", "modifierExtension"})
"""What repeats in whatever holds it."""
_REPEATING: Final = {
    "Bundle": "entry link",
    "CarePlan": "activity addresses basedOn careTeam category contributor goal identifier instantiatesCanonical"
    " instantiatesUri note partOf replaces supportingInfo",
    "CareTeam": "category identifier managingOrganization note participant reasonCode reasonReference telecom",
    "Communication": "about basedOn category identifier inResponseTo instantiatesCanonical instantiatesUri medium"
    " note partOf payload reasonCode reasonReference recipient",
    "Encounter": "account appointment basedOn classHistory diagnosis episodeOfCare identifier location participant"
    " reasonCode reasonReference statusHistory type",
    "EpisodeOfCare": "account diagnosis identifier referralRequest statusHistory team type",
    "Flag": "category identifier",
    "HealthcareService": "category characteristic communication coverageArea eligibility endpoint identifier"
    " location program referralMethod serviceProvisionCode specialty telecom type",
    "Location": "alias endpoint hoursOfOperation identifier telecom type",
    "MessageHeader": "destination focus",
    "OperationOutcome": "issue",
    "Organization": "address alias contact endpoint identifier telecom type",
    "Patient": "address communication contact generalPractitioner identifier link name photo telecom",
    "Practitioner": "address communication identifier name photo qualification telecom",
    "PractitionerRole": "availableTime code endpoint healthcareService identifier location notAvailable specialty"
    " telecom",
    "Provenance": "agent entity policy reason signature target",
    "ServiceRequest": "basedOn bodySite category identifier instantiatesCanonical instantiatesUri insurance"
    " locationCode locationReference note orderDetail performer reasonCode reasonReference relevantHistory replaces"
    " specimen supportingInfo",
    "Task": "basedOn identifier input insurance note output partOf performerType relevantHistory",
    "activity": "outcomeCodeableConcept outcomeReference progress",
    "address": "line",
    "agent": "role",
    "contact": "relationship telecom",
    "detail": "goal instantiatesCanonical instantiatesUri performer reasonCode reasonReference",
    "entity": "agent",
    "entry": "link",
    "hospitalization": "dietPreference specialArrangement specialCourtesy",
    "issue": "expression location",
    "meta": "profile security tag",
    "name": "given prefix suffix",
    "participant": "role type",
    "restriction": "recipient",
}
"""Elements that FHIR R4 lets repeat, by the element around them: JSON writes them as arrays even when alone.

Those of the resources that we read; what others hold is kept as text, in which one and one of several look alike.
"""
_LISTS: Final = frozenset((outer, inner) for outer, names in _REPEATING.items() for inner in names.split())
_BOOLEANS: Final = frozenset(
    {"active", "allDay", "deceasedBoolean", "doNotPerform", "inactive", "multipleBirthBoolean", "preferred",
     "userSelected", "valueBoolean"}
)  # fmt: skip
_INTEGERS: Final = frozenset(
    {"multipleBirthInteger", "rank", "total", "valueInteger", "valuePositiveInt", "valueUnsignedInt"}
)
_NUMBER: Final = re.compile(r"-?\d{1,18}", re.ASCII)


def parse_fhir_xml(raw: bytes) -> dict[str, Any]:
    """The resource as its JSON form would be parsed, without narrative (XHTML) and comments.

    Raises Unreadable (`not-xml`, `not-fhir`): not well-formed, a document type or an entity in it, too deep,
    another vocabulary than FHIR's.
    """
    root = _parse(raw)
    if not root.tag.startswith(_NAMESPACE):
        raise Unreadable("not-fhir", "The XML document is not a FHIR resource.")
    return _resource(root)


def _parse(raw: bytes) -> Element:
    depth = 0
    root: Element | None = None
    try:
        for event, element in iterparse(BytesIO(raw), events=("start", "end"), forbid_dtd=True):
            if root is None:
                root = element
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise Unreadable("not-xml", "The XML document is nested deeper than any message.")
    except (ParseError, ValueError, LookupError):  # defusedxml's refusals are ValueErrors
        raise Unreadable(
            "not-xml", "The XML document is not well-formed, or holds a document type."
        ) from None
    if root is None:
        raise Unreadable("not-xml", "The XML document is empty.")
    return root


def _resource(element: Element) -> dict[str, Any]:
    return {"resourceType": _name(element), **_object(element)}


def _object(element: Element) -> dict[str, Any]:
    read: dict[str, Any] = {key: value for key, value in element.attrib.items() if key in ("id", "url")}
    for child in _children(element):
        name = _name(child)
        repeats = name in _ALWAYS or (_name(element), name) in _LISTS
        if not repeats and _only_extended(child):
            read[f"_{name}"] = _object(child)
            continue
        _add(read, name, _value(child), repeats)
        if child.get("value") is not None and (about := _about(child)):
            _add(read, f"_{name}", about, repeats)
    return read


def _add(read: dict[str, Any], name: str, value: Any, repeats: bool) -> None:
    if repeats:
        read.setdefault(name, []).append(value)
    elif name not in read:
        read[name] = value
    elif isinstance(read[name], list):
        read[name].append(value)
    else:
        read[name] = [read[name], value]


def _only_extended(element: Element) -> bool:
    """A value that is not given, only why: JSON leaves the value out."""
    children = [_name(child) for child in _children(element)]
    return element.get("value") is None and bool(children) and set(children) == {"extension"}


def _about(element: Element) -> dict[str, Any]:
    """The id and extensions of a plain value, which JSON writes beside it."""
    about = _object(element)
    about.pop("url", None)
    return about


def _value(element: Element) -> Any:
    text = element.get("value")
    if text is not None:
        return _typed(_name(element), text)
    inner = list(_children(element))
    if _name(element) in ("resource", "contained") and len(inner) == 1:
        return _resource(inner[0])
    return _object(element)


def _typed(name: str, text: str) -> Any:
    """A value as JSON has it: most are strings. A decimal stays as it is written, as its digits count."""
    if name in _BOOLEANS and text in ("true", "false"):
        return text == "true"
    if name in _INTEGERS and _NUMBER.fullmatch(text):
        return int(text)
    return text


def _children(element: Element) -> Iterator[Element]:
    return (child for child in element if isinstance(child.tag, str) and child.tag.startswith(_NAMESPACE))


def _name(element: Element) -> str:
    return element.tag.removeprefix(_NAMESPACE)
