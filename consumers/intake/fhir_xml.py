"""Reads a FHIR resource written as XML into the same dictionary that its JSON form gives."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # types only: defusedxml does the parsing

from defusedxml.ElementTree import iterparse

from domain.errors import Unreadable

_NAMESPACE = "{http://hl7.org/fhir}"
_DEEPEST = 100
"""A message is some ten elements deep; the limit keeps a hostile one from using up the stack."""

_LISTS = {
    ("Bundle", "entry"),
    ("Encounter", "episodeOfCare"),
    ("Encounter", "identifier"),
    ("MessageHeader", "destination"),
    ("MessageHeader", "focus"),
    ("Organization", "identifier"),
    ("Patient", "identifier"),
    ("Patient", "name"),
    ("Provenance", "agent"),
    ("Provenance", "entity"),
    ("Provenance", "target"),
    ("activity", "coding"),
    ("meta", "profile"),
    ("name", "given"),
}
"""Elements that FHIR lets repeat, with the element around them: JSON writes them as arrays even when alone.

Only those that stand in the messages we read. ``extension`` repeats everywhere.
"""
_BOOLEANS = {"deceasedBoolean", "valueBoolean"}


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
        name, value = _name(child), _value(child)
        if name == "extension" or (_name(element), name) in _LISTS:
            read.setdefault(name, []).append(value)
        elif name not in read:
            read[name] = value
        elif isinstance(read[name], list):
            read[name].append(value)
        else:
            read[name] = [read[name], value]
    return read


def _value(element: Element) -> Any:
    text = element.get("value")
    if text is not None:
        return text == "true" if _name(element) in _BOOLEANS and text in ("true", "false") else text
    inner = list(_children(element))
    if _name(element) in ("resource", "contained") and len(inner) == 1:
        return _resource(inner[0])
    return _object(element)


def _children(element: Element) -> Iterator[Element]:
    return (child for child in element if isinstance(child.tag, str) and child.tag.startswith(_NAMESPACE))


def _name(element: Element) -> str:
    return element.tag.removeprefix(_NAMESPACE)
