"""The JSON Schema of what `carechain audit verify --json` prints."""

from typing import Any

from cli.audit_verify import FaultLine
from cli.quality_schemas import of

AUDIT_VERIFY = "audit-verify"
TITLES = {AUDIT_VERIFY: "What `carechain audit verify --json` prints"}

_NUMBER = {"type": "integer", "minimum": 0}


def body(_: str) -> dict[str, Any]:
    """The schema, less what every schema has."""
    from consumers.audit.verify_faults import KINDS

    line = of(FaultLine)
    line["properties"]["kind"] |= {"enum": list(KINDS)}
    line["properties"]["odd"]["items"] = {"enum": ["store", "kafka", "journal", "files"]}
    properties = {
        "version": {"const": 1},
        "data": {"type": "array", "items": line, "description": "Empty where nothing is wrong."},
        "facts": _said("Facts in the event store when the check began."),
        "journeys": _said("Journeys that they are about."),
        "checkpoints": _said("Signed checkpoints that were found, each counted once."),
        "proven": _said("Facts that the last checkpoint stands for whose root fits them."),
        "after_last_checkpoint": _said("Facts after it, which are proven against the other copies only."),
        "not_yet": {
            "type": "object",
            "description": "What is on its way and has not arrived, which is no fault.",
            "properties": {
                "kafka": _said("Facts not yet on Kafka."),
                "journal": _said("Facts on Kafka not yet in the journal."),
                "checkpoints": _said("Checkpoints not yet on Kafka."),
            },
            "required": ["kafka", "journal", "checkpoints"],
            "additionalProperties": False,
        },
        "blocks_not_looked_into": _said(
            "Parts of 1024 positions that differ in the same way as others that were looked into fact by fact."
        ),
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _said(words: str) -> dict[str, Any]:
    return {**_NUMBER, "description": words}
