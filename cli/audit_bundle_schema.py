"""The JSON Schemas of what `carechain audit prove --json` and `carechain audit check --json` print."""

from typing import Any

AUDIT_PROVE, AUDIT_CHECK = "audit-prove", "audit-check"
TITLES = {
    AUDIT_PROVE: "What `carechain audit prove --json` prints",
    AUDIT_CHECK: "What `carechain audit check --json` prints",
}

Schema = dict[str, Any]
_NUMBER = {"type": "integer", "minimum": 0}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_HASHES = {"type": "array", "items": _HASH}
_TIME = {"type": "string", "format": "date-time"}
_JOURNEY = {"type": "string", "format": "uuid"}


def body(name: str) -> Schema:
    """The schema of this name, less what every schema has."""
    return _prove() if name == AUDIT_PROVE else _check()


def _prove() -> Schema:
    fact = _all(
        journey=_JOURNEY,
        version={"type": "integer", "minimum": 1},
        position=_NUMBER,
        recorded_at=_said({"type": "string"}, "As it stands in the fact (UTC)."),
        hash=_said(_HASH, "SHA-256 of the fact's bytes."),
        leaf=_or_none(_NUMBER, "Its number in the tree over all facts; null after the checkpoint."),
        proof=_said(_HASHES, "Its audit path (RFC 6962 section 2.1.1), from the leaf upwards."),
        proven=_or_none({"type": "boolean"}, "The checkpoint counts it so; null after the checkpoint."),
    )
    return _envelope(
        fact,
        "The journey's facts, by version.",
        holds=_said({"type": "boolean"}, "Nothing is wrong."),
        whole=_or_none({"type": "boolean"}, "The checkpoint counts no other fact of the journey."),
        later=_said(_NUMBER, "Facts after the checkpoint, proven only against the other copies."),
        checkpoint=_checkpoint(digest=_said(_HASH, "SHA-256 of the checkpoint's file.")),
        head=_all(leaf=_or_none(_NUMBER, "The journey's number in the tree over journeys."), proof=_HASHES),
        faults={"type": "array", "items": _fault()},
    )


def _check() -> Schema:
    return _envelope(
        _fault(),
        "The first fault of each kind; empty where the bundle holds.",
        holds=_said({"type": "boolean"}, "Nothing is wrong."),
        key=_said({"enum": ["given", "bundle"]}, "Whose word the key was taken on."),
        checkpoint=_or_none(_checkpoint(), "What everything was proven against."),
        kind=_or_none({"enum": ["journeys", "period"]}, "What was exported."),
        journeys={"type": "array", "items": _JOURNEY},
        period=_or_none(_all(**{"from": _TIME, "to": _TIME}), "Recorded from, until before."),
        facts=_NUMBER,
        leaves=_or_none({"type": "array", "items": _NUMBER}, "Of a period: the first leaf and the last."),
        earlier=_said(_NUMBER, "Earlier checkpoints that the log was shown to extend."),
        since=_or_none(_checkpoint(), "The checkpoint that was kept."),
    )


def _fault() -> Schema:
    from typing import get_args

    from consumers.audit.bundle_faults import Kind

    text = {"type": "string"}
    return _all(
        kind={"enum": list(get_args(Kind))},
        message=text,
        where=text,
        expected=_or_none(text, "What should be there."),
        found=_or_none(text, "What is there."),
    )


def _checkpoint(**more: Schema) -> Schema:
    return _all(
        origin={"type": "string"},
        size=_said(_NUMBER, "Facts in the log."),
        root=_said(_HASH, "Of the tree over them."),
        position=_said(_NUMBER, "Of the last one."),
        journeys=_NUMBER,
        heads=_said(_HASH, "The root of the tree over journeys."),
        time=_said(_TIME, "When it was signed."),
        **more,
    )


def _envelope(line: Schema, words: str, **more: Schema) -> Schema:
    data = {"type": "array", "items": line, "description": words}
    return _all(version={"const": 1}, data=data, **more)


def _all(**properties: Schema) -> Schema:
    """An object with exactly these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _said(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _or_none(schema: Schema, words: str) -> Schema:
    return {"anyOf": [schema, {"type": "null"}], "description": words}
