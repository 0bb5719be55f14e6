"""The JSON Schemas (draft 2020-12): of each fact's data, of its message, of a line of our NDJSON, of a dead letter."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cli import access_schema, audit_bundle_schema, audit_verify_schema, quality_schemas, vault_schema
from cli.fact_help import field_words, plain, sentence
from domain.envelope import dataschema
from domain.fact import Fact, Sealed, by_name, load_catalogue
from domain.submission import Answers, Patient, Submission

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PREFIX = "urn:carechain:schema:"
_REF = "#/$defs/{model}"
Schema = dict[str, Any]

ENVELOPE, NDJSON, DEAD_LETTER, AGREEMENT = "envelope", "ndjson", "dead-letter", "agreement"
DEAD_LETTER_RESOLVED = "dead-letter-resolved"
_PARTS = (quality_schemas, access_schema, audit_verify_schema, audit_bundle_schema, vault_schema)
"""Modules that each describe some of what is told: their titles by name, and the bodies."""
_OTHERS = {
    ENVELOPE: "What every message on the topic of facts has in common",
    NDJSON: "One line of what `carechain ingest` reads",
    DEAD_LETTER: "One message on the topic of dead letters",
    DEAD_LETTER_RESOLVED: "What became of a dead letter, on the same topic",
    AGREEMENT: "An agreement file, which `carechain agreement adopt` reads",
    **{name: title for part in _PARTS for name, title in part.TITLES.items()},
}


def titles() -> dict[str, str]:
    """What there is a schema of: the others, then the facts, each with a sentence."""
    facts = {kind.NAME: sentence(kind) for kind in _newest()}
    return _OTHERS | facts


def one(name: str, *, message: bool = False) -> Schema | None:
    """The schema of this name: of a fact's data, or of its whole message."""
    if name == ENVELOPE:
        return envelope()
    if name == NDJSON:
        return ndjson()
    if name == DEAD_LETTER:
        return dead_letter()
    if name == DEAD_LETTER_RESOLVED:
        return dead_letter_resolved()
    if name == AGREEMENT:
        return agreement()
    for part in _PARTS:
        if name in part.TITLES:
            return {
                "$schema": DIALECT,
                "$id": f"{_PREFIX}{name}.v1",
                "title": part.TITLES[name],
                **part.body(name),
            }
    kind = by_name(name)
    if kind is None:
        return None
    return message_of(kind) if message else data_of(kind)


def agreement() -> Schema:
    """An agreement file, its TOML read as JSON."""
    from cli.agreement_schema import agreement_file

    return {
        "$schema": DIALECT,
        "$id": f"{_PREFIX}{AGREEMENT}.v1",
        "title": _OTHERS[AGREEMENT],
        "description": "TOML in UTF-8. Each value is plain, with its source, or unconfirmed: then it is not used.",
        **agreement_file(),
    }


def files() -> dict[str, str]:
    """Every schema by the file it is written to."""
    found = {f"{name}.json": one(name) for name in _OTHERS}
    for kind in load_catalogue().values():
        found[f"data/{kind.NAME}.v{kind.VERSION}.json"] = data_of(kind)
        found[f"messages/{kind.NAME}.v{kind.VERSION}.json"] = message_of(kind)
    return {
        place: json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for place, schema in sorted(found.items())
    }


def _newest() -> list[type[Fact]]:
    from cli.fact_help import steps

    return [kind for _, kinds in steps() for kind in kinds]


# -- a fact --------------------------------------------------------------------------------------------------------


def data_of(kind: type[Fact]) -> Schema:
    """What ``dataschema`` names: the fact's fields, with texts sealed or not, or all of it sealed."""
    definitions = _definitions([kind, Sealed])
    return {
        "$schema": DIALECT,
        "$id": dataschema(kind),
        "title": f"{kind.NAME}, version {kind.VERSION}",
        "description": sentence(kind),
        "anyOf": [_ref(kind), _ref(Sealed)],
        "$defs": definitions,
    }


def message_of(kind: type[Fact]) -> Schema:
    """The whole message: the envelope, of this type and with this data."""
    data = data_of(kind)
    common = envelope()
    common["properties"] |= {
        "type": {"const": kind.TYPE},
        "dataschema": {"const": dataschema(kind)},
        "data": {"anyOf": data["anyOf"]},
    }
    return common | {
        "$id": f"{_PREFIX}message:{kind.NAME}.v{kind.VERSION}",
        "title": f"The message of {kind.NAME}, version {kind.VERSION}",
        "description": data["description"],
        "$defs": data["$defs"],
    }


def _definitions(models: list[type[BaseModel]]) -> Schema:
    """The models and what they are made of, with the docstrings of their fields."""
    wanted = [(model, "validation") for model in models]
    _, schema = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    definitions: Schema = schema["$defs"]
    for model in _with_parts(models):
        named = definitions.get(model.__name__)
        if named is None:
            continue
        named["description"] = plain(model.__doc__ or "")
        for field, words in field_words(model).items():
            named["properties"][field]["description"] = words
    _say_how_times_look(definitions)
    return definitions


def _say_how_times_look(part: Any) -> None:
    """Validators may pass over ``format``; no time is taken without its offset."""
    if isinstance(part, dict):
        if part.get("format") == "date-time":
            part["pattern"] = _TIME
        for inner in part.values():
            _say_how_times_look(inner)
    elif isinstance(part, list):
        for inner in part:
            _say_how_times_look(inner)


def _with_parts(models: list[type[BaseModel]]) -> list[type[BaseModel]]:
    from domain.facts._parts import Recipient

    return [*models, Recipient, Patient]


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model=model.__name__)}


# -- the envelope --------------------------------------------------------------------------------------------------

_HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""A time as it may be sent: with its offset."""
_INSTANT = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
}
_STORE = {"type": "string", "pattern": f"^/carechain/{_UUID['pattern'][1:]}"}
_OPTIONAL = (
    "principal",
    "stay",
    "actor",
    "actorunit",
    "actorrole",
    "sourcemessage",
    "sourcesequence",
    "senttime",
    "correlationid",
    "causationid",
)


def envelope() -> Schema:
    """The attributes of every fact's message, without saying of which type."""
    submission = _definitions([Submission])["Submission"]["properties"]
    unit = _without_null(submission["unit"])
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": _said(_HEX, "Keyed hash of the content: the same content of the same journey has the same id."),
        "source": _said(_STORE, "The store that recorded it."),
        "type": {"type": "string", "pattern": r"^se\.carechain\.[a-z0-9-]+\.v[1-9][0-9]*$"},
        "subject": _said(_UUID, "The patient's journey: a random id."),
        "time": _said(_INSTANT, "When the act happened."),
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "pattern": f"^{_PREFIX}[a-z0-9-]+\\.v[1-9][0-9]*$"},
        "journeyversion": {"type": "integer", "minimum": 1, "description": "Its place in the journey."},
        "recordedtime": _said(_INSTANT, "When it was recorded; never running backwards within a journey."),
        "prevhash": _said(
            _HEX, "SHA-256 of the exact bytes of the journey's fact before, 64 zeros for the first."
        ),
        "timeprecision": {"enum": ["second", "minute", "day"], "description": "How exactly time is known."},
        "stay": _said(_UUID, "The stay it belongs to, where that was said."),
        "controller": _said(unit, "Who answers for the personal data (personuppgiftsansvarig)."),
        "principal": {
            "type": "string",
            "pattern": "^[0-9]{2}([0-9]{2})?$",
            "description": "The huvudman: code of a region or a municipality.",
        },
        "regime": {"enum": ["HSL", "SoL"], "description": "The law acted under."},
        "actor": _said(_UUID, "Who did it: a reference that the vault resolves."),
        "actorunit": _said(unit, "The acting unit."),
        "actorrole": _said(_without_null(submission["role"]), "In which capacity the unit acted."),
        "sourcesystem": _said(submission["source"], "The sending system."),
        "sourcemessage": _said(_HEX, "Keyed hash of the source's id of the message."),
        "sourcesequence": {"type": "integer", "minimum": 0, "description": "The source's own order."},
        "senttime": _said(_INSTANT, "When the source sent it."),
        "correlationid": _said(_HEX, "Joins what belongs together: two facts of one act under two laws."),
        "causationid": _said(_HEX, "What it follows from."),
        "data": {"type": "object"},
    }
    return {
        "$schema": DIALECT,
        "$id": f"{_PREFIX}{ENVELOPE}.v1",
        "title": _OTHERS[ENVELOPE],
        "description": "CloudEvents 1.0, JSON format, structured mode. Unknown attributes may be added.",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in _OPTIONAL],
    }


def _said(schema: Schema, words: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("title", "default")} | {
        "description": words
    }


def _without_null(schema: Schema) -> Schema:
    (found,) = (part for part in schema["anyOf"] if part != {"type": "null"})
    return dict(found)


# -- what goes in --------------------------------------------------------------------------------------------------


def ndjson() -> Schema:
    """One line: the command's own fields, and per type the data it takes, with its texts in clear."""
    kinds = list(load_catalogue().values())
    definitions = _definitions([Submission, *kinds])
    line = definitions.pop("Submission")
    definitions.pop("Sealed")
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            if "anyOf" in field:
                # Sealing is done on the way in, never before.
                field["anyOf"] = [part for part in field["anyOf"] if part != _ref(Sealed)]
    line["properties"]["type"] = _said(line["properties"]["type"], line["properties"]["type"]["description"])
    line["properties"]["type"] |= {"enum": sorted(kind.TYPE for kind in kinds)}
    return {
        "$schema": DIALECT,
        "$id": f"{_PREFIX}{NDJSON}.v1",
        "title": _OTHERS[NDJSON],
        "description": (
            "UTF-8, one JSON object a line, one command each. Identities are taken out on the way in: "
            "they stand in the vault, and references in the facts."
        ),
        **{key: value for key, value in line.items() if key not in ("title", "description")},
        "anyOf": [
            {"properties": {name: _ref(about)}, "required": [name]}
            for name, about in (("patient", Patient), ("answers", Answers))
        ],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind.TYPE}}, "required": ["type"]},
                "then": {"properties": {"data": _ref(kind)}},
            }
            for kind in sorted(kinds, key=lambda kind: kind.TYPE)
        ],
        "$defs": definitions,
    }


_TEXT = {"type": "string", "minLength": 1}


def dead_letter() -> Schema:
    """The message about what could not become a fact."""
    unit = _without_null(_definitions([Submission])["Submission"]["properties"]["unit"])
    data: Schema = {
        "reason": _said(_TEXT, "A short code that stays the same over versions."),
        "message": _said(_TEXT, "The reason as a sentence, without a piece of what was received."),
        "source": _said(_TEXT, "The sending system, or the kind of file where it could not be read."),
        "place": _said(_TEXT, "The file by its number in the order of reading, its ending, and the line."),
        "digest": _said(_HEX, "SHA-256 of the bytes."),
        "size": {"type": "integer", "minimum": 0, "description": "How many bytes they were."},
        "content_type": _said(_TEXT, "What the bytes are."),
        "kind": _said(_TEXT, "What sort of message it is, as far as it could be read: `ADT^A01`."),
        "unit": _said(unit, "The unit it comes from, as far as it could be read."),
        "field": _said(_TEXT, "Where the fault is thought to be: `PV1-44`."),
        "journey": _said(_UUID, "Whose it is, where that could be read and the patient is known."),
        "since": _said(_INSTANT, "Since when it lies there, where an event before this one said so already."),
        "kept": {
            "enum": ["here", "postgresql"],
            "description": "Where the sealed bytes are: over 512 KiB they stay in PostgreSQL. Left out: nowhere.",
        },
        "sealed": {
            "$ref": _REF.format(model="Sealed"),
            "description": "The bytes as received, which only the vault's key opens.",
        },
    }
    return _about_letters(
        DEAD_LETTER,
        data,
        ["reason", "message", "source", "digest", "size"],
        event_id="^[0-9a-f]{64}(:[1-9][0-9]*)?$",
        said="The digest of the bytes; with a number where it is told of once more, which stands for what was told before.",
    )


def dead_letter_resolved() -> Schema:
    """The message about what became of a dead letter."""
    data: Schema = {
        "digest": _said(_HEX, "SHA-256 of the bytes: which letter."),
        "how": {
            "enum": ["retried", "discarded"],
            "description": "It could be read after all, or somebody decided that it need not be.",
        },
        "by": {
            "anyOf": [_UUID, {"const": "sent-again"}],
            "description": "Who did it: a reference that the vault resolves; or that it was sent again and could be read.",
        },
        "at": _said(_INSTANT, "When."),
        "reason": {
            "$ref": _REF.format(model="Sealed"),
            "description": "What somebody wrote about why it was discarded.",
        },
        "facts": {"type": "array", "items": _HEX, "description": "The ids of the facts it told."},
    }
    return _about_letters(
        DEAD_LETTER_RESOLVED,
        data,
        ["digest", "how", "by", "at"],
        event_id="^[0-9a-f]{64}(:[1-9][0-9]*)?:resolved$",
        said="The id of the event that it is the end of, and `resolved`.",
    )


def _about_letters(name: str, data: Schema, required: list[str], *, event_id: str, said: str) -> Schema:
    properties = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "pattern": event_id, "description": said},
        "source": _STORE,
        "type": {"const": f"se.carechain.{name}.v1"},
        "time": _said(_INSTANT, "When that was put on record."),
        "datacontenttype": {"const": "application/json"},
        "data": {
            "type": "object",
            "properties": data,
            "required": required,
            "additionalProperties": False,
        },
    }
    return {
        "$schema": DIALECT,
        "$id": f"{_PREFIX}{name}.v1",
        "title": _OTHERS[name],
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "$defs": {"Sealed": _definitions([Sealed])["Sealed"]},
    }
