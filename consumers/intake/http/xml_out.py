"""Writes a FHIR resource, as its JSON form would be parsed, in FHIR's XML (FHIR R4, XML Representation)."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

_NAMESPACE = "http://hl7.org/fhir"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that no XML 1.0 document may hold."""


def fhir_xml(resource: Mapping[str, Any]) -> bytes:
    """The resource in UTF-8; elements stand in the order of the dictionary, which must be FHIR's."""
    return (_HEAD + _resource(resource, f' xmlns="{_NAMESPACE}"')).encode()


def _resource(resource: Mapping[str, Any], namespace: str = "") -> str:
    kind = resource["resourceType"]
    inner = "".join(_element(name, value) for name, value in resource.items() if name != "resourceType")
    return f"<{kind}{namespace}>{inner}</{kind}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if not isinstance(value, Mapping):
        return f"<{name} value={_quoted(value)}/>"
    if "resourceType" in value:
        return f"<{name}>{_resource(value)}</{name}>"
    attributes = "".join(f" {key}={_quoted(value[key])}" for key in _attributes(name) if key in value)
    inner = "".join(_element(key, item) for key, item in value.items() if key not in _attributes(name))
    return f"<{name}{attributes}>{inner}</{name}>"


def _attributes(name: str) -> tuple[str, ...]:
    """What a data type writes as attributes; an extension its address, too."""
    return ("id", "url") if name in ("extension", "modifierExtension") else ("id",)


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quoteattr(_NOT_IN_XML.sub("\ufffd", text))
