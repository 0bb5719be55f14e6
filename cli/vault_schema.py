"""The JSON Schemas of what `carechain vault due`, `proposals` and `status` print with --json."""

from typing import Any

Schema = dict[str, Any]

DUE, PROPOSALS, STATUS = "vault-due", "vault-proposals", "vault-status"
TITLES = {
    DUE: "What `carechain vault due --json` prints",
    PROPOSALS: "What `carechain vault proposals --json` prints",
    STATUS: "What `carechain vault status --json` prints",
}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Of a dead letter."}
_NAME = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_DAY = {"type": "string", "format": "date", "description": "A day in Sweden."}
_SHOWN = {"type": "string", "format": "date-time", "description": "In Swedish time, with its offset."}
_LAW = {"enum": ["HSL", "SoL"], "description": "Health care, or social services."}
_HOLDS = ["adoption", "archive", "legal-claim", "paternity", "placed-child"]
_COUNT = {"type": "integer", "minimum": 0}


def body(name: str) -> Schema:
    """The schema of this name, less what every schema has."""
    return {DUE: _due, PROPOSALS: _proposals, STATUS: _status}[name]()


def _due() -> Schema:
    line = _object(
        journey=_or_none({**_UUID, "description": "Whose it is; null for a dead letter."}),
        controller={"type": "string", "description": "Who answers for the data (personuppgiftsansvarig)."},
        regime=_or_none(_LAW),
        digest=_or_none(_DIGEST),
        last_entry=_DAY,
        due_from={**_DAY, "description": "The first day on which it may be deleted."},
        due_by=_or_none({**_DAY, "description": "The last day by which it must be (SoL 16:1)."}),
        late={"type": "boolean", "description": "Whether that day has passed."},
        held={"type": "array", "items": {"enum": _HOLDS}, "description": "Why it stays all the same."},
    )
    return _object(version={"const": 1}, data={"type": "array", "items": line}, as_of=_DAY)


def _proposals() -> Schema:
    reference = {**_UUID, "description": "A member of staff, by reference."}
    item = _object(
        journey=_or_none(_UUID),
        controller={"type": "string"},
        regime=_or_none(_LAW),
        digest=_or_none(_DIGEST),
        last_entry=_or_none(_DAY),
        kept_because=_or_none({"enum": ["newer-entry", "held"]}),
        destroyed_at=_or_none(_SHOWN),
    )
    line = _object(
        id=_UUID,
        state={"enum": ["open", "confirmed", "done", "withdrawn"]},
        ground={"enum": ["retention", "ivo-decision"]},
        decision=_or_none({"type": "string", "description": "The number of IVO's decision."}),
        decided_on=_or_none(_DAY),
        parts=_COUNT,
        letters=_COUNT,
        proposed_by=reference,
        proposed_at=_SHOWN,
        confirmed_by=_or_none(reference),
        confirmed_at=_or_none(_SHOWN),
        withdrawn_by=_or_none(reference),
        withdrawn_at=_or_none(_SHOWN),
        completed_at=_or_none({**_SHOWN, "description": "Nothing of it is left to be done."}),
        items={"type": "array", "items": item},
    )
    return _object(version={"const": 1}, data={"type": "array", "items": line})


def _status() -> Schema:
    keys = _object(master_key=_or_none(_NAME), keys=_COUNT)
    return _object(
        version={"const": 1},
        given={"type": "array", "items": _NAME, "description": "Master keys that the settings give."},
        in_use=_or_none({**_NAME, "description": "The one that wraps new keys."}),
        keys={"type": "array", "items": keys, "description": "Content keys by what wraps them."},
        destroyed=_COUNT,
        erasures_not_applied=_COUNT,
    )


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
