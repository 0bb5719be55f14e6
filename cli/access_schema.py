"""The JSON Schema of what is published when patients' data are read."""

from typing import Any

Schema = dict[str, Any]

PATIENT_DATA_READ = "patient-data-read"
TITLES = {PATIENT_DATA_READ: "One message on the topic of accesses: one patient's data were read"}
_PATTERN = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_UUID = {"type": "string", "pattern": f"^{_PATTERN}"}
_PLACE = {"type": "string", "pattern": "^[a-z]+:.+$"}
_COUNT = {"type": "integer", "minimum": 0}
_OPTIONAL = ("staff", "unit", "organisation", "emergency")


def body(_: str) -> Schema:
    """The schema, less what every schema has (PDL 4:3; HSLF-FS 2016:40: what, where, when, who, about whom)."""
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": _said(_UUID, "Follows from the look and the journey."),
        "source": {"type": "string", "pattern": f"^/carechain/{_PATTERN}"},
        "type": {"const": f"se.carechain.{PATIENT_DATA_READ}.v1"},
        "subject": _said(_UUID, "The patient's journey: a random id."),
        "time": {
            "type": "string",
            "format": "date-time",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
            "description": "When it was read.",
        },
        "datacontenttype": {"const": "application/json"},
        "data": _object(_data()),
    }
    return _object(properties)


def _data() -> Schema:
    return {
        "look": _said(_UUID, "What was read at once has the same."),
        "staff": _said(_UUID, "Who read it: a reference that the vault resolves."),
        "role": {"enum": ["operator", "care", "municipal", "auditor"], "description": "In which capacity."},
        "unit": _said(_PLACE, "At which unit."),
        "organisation": _said(_PLACE, "The controller that the person works for."),
        "purpose": {
            "enum": ["care", "coordination", "administration", "quality", "patient-request", "audit"],
            "description": "For what (PDL 2:4).",
        },
        "action": {"type": "string", "description": "What was done, as the command is called."},
        "ground": {
            "enum": ["relation", "coordination", "audit", "emergency"],
            "description": "Why it was allowed.",
        },
        "emergency": {
            "enum": ["danger-to-life", "cannot-be-asked", "child-at-risk"],
            "description": "The reason for reading without relation or consent, or in spite of a block.",
        },
        "lifted": {
            "type": "boolean",
            "description": "Whether the places of a protected identity were asked for.",
        },
        "blocked": _said(_COUNT, "Facts not shown because of a spärr."),
        "unconsented": _said(_COUNT, "Facts of others not shown for want of consent."),
    }


def _said(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in _OPTIONAL],
        "additionalProperties": False,
    }
