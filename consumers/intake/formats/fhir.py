"""FHIR R4, as JSON or XML: one resource a file or body, most often a Bundle. A single command as JSON is read, too."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any

from consumers.intake.fhir.bundle import read_resource
from consumers.intake.fhir.xml import parse_fhir_xml
from consumers.intake.formats._format import BOM, Format, Received, whole
from consumers.intake.message import Message, Told
from consumers.intake.ndjson import NAMES, read_line
from domain.errors import Unreadable

JSON, XML = "fhir-json", "fhir-xml"
BUNDLE_MAX = 16 * 1024 * 1024
"""Bytes of the largest resource that is read."""
_WHY = "The file is larger than any message (16 MiB)."


def read_json(raw: bytes) -> Told:
    """What a JSON document says: a FHIR resource or one of our commands."""
    try:
        document = json.loads(raw.removeprefix(BOM), parse_float=str)
    except RecursionError:
        raise Unreadable("not-json", "The JSON document is nested deeper than any message.") from None
    except ValueError:
        raise Unreadable("not-json", "The document is not JSON in UTF-8.") from None
    if isinstance(document, dict) and "resourceType" in document:
        return _resource(document, raw)
    if not isinstance(document, dict) or len(NAMES & document.keys()) < 2:
        raise Unreadable("unknown-format", "The JSON is neither a FHIR message nor one of our commands.")
    submissions = read_line(raw.removeprefix(BOM))
    return Told("command", tuple(submissions), source=submissions[0].source, unit=submissions[0].unit)


def read_xml(raw: bytes) -> Told:
    """What an XML document says: a FHIR resource."""
    return _resource(parse_fhir_xml(raw), raw)


def _resource(document: dict[str, Any], raw: bytes) -> Told:
    return read_resource(document, sha256(raw).hexdigest())


def _one(
    name: str, content_type: str, read: Callable[[bytes], Told]
) -> Callable[[Received], Iterator[Message]]:
    def messages(received: Received) -> Iterator[Message]:
        def made(raw: bytes) -> Message:
            return Message.of(
                raw, partial(read, raw), place=received.place, format=name, content_type=content_type
            )

        yield whole(received, BUNDLE_MAX, _WHY, made, name)

    return messages


def _begins(sign: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.removeprefix(BOM).lstrip().startswith(sign)


FORMATS = (
    Format(
        JSON,
        ("application/fhir+json", "application/json"),
        (".json",),
        _begins(b"{"),
        0,
        _one(JSON, "application/fhir+json", read_json),
    ),
    Format(
        XML,
        ("application/fhir+xml", "application/xml", "text/xml"),
        (".xml",),
        _begins(b"<"),
        0,
        _one(XML, "application/fhir+xml", read_xml),
    ),
)
