"""The JSON Schema (draft 2020-12) of an agreement file, as TOML reads: every key, and the four forms of a value."""

from typing import Any

from cli.fact_help import field_words, plain
from domain.agreement import SECTIONS, AgreedAmount, Agreement
from domain.agreement_words import UNCONFIRMED

Schema = dict[str, Any]
_OURS = ("sources", "unconfirmed")
"""What is made of the forms of the values, and stands in no file."""
_UNCERTAIN = ("valid_from", "valid_to", "care_forms", "excluded_care_forms")
_PLACES = {
    "regions": "A region's name or SCB code.",
    "municipalities": "A municipality's name or SCB code.",
}
_SOURCE = {"type": "string", "minLength": 1, "description": "Who published it, and where."}


def agreement_file() -> Schema:
    """What `carechain agreement adopt` reads. TOML's days and times are texts here, as JSON has no others."""
    whole = Agreement.model_json_schema(ref_template="#/$defs/{model}")
    definitions: Schema = whole["$defs"]
    properties = {name: field for name, field in whole["properties"].items() if name not in _OURS}
    words = field_words(Agreement)
    for name, field in properties.items():
        if name in SECTIONS:
            properties[name] = {"$ref": f"#/$defs/{SECTIONS[name].__name__}"}
            continue
        bare = _without_null(field)
        if name in _PLACES:
            bare = {"type": "array", "items": {"type": "string", "description": _PLACES[name]}}
        properties[name] = _forms(bare) if name in _UNCERTAIN else bare
        if name in words:
            properties[name]["description"] = words[name]
    for model in SECTIONS.values():
        definition = definitions[model.__name__]
        definition["description"] = plain(model.__doc__ or "")
        definition["properties"] = {
            name: _forms(_without_null(field)) | {"description": field_words(model).get(name, "")}
            for name, field in definition["properties"].items()
        }
    amount = definitions[AgreedAmount.__name__]
    amount["description"] = plain(AgreedAmount.__doc__ or "")
    amount["properties"] = {name: _without_null(field) for name, field in amount["properties"].items()}
    kept = (*(model.__name__ for model in SECTIONS.values()), AgreedAmount.__name__)
    return {
        "type": "object",
        "properties": properties,
        "required": ["id", "version", "title"],
        "additionalProperties": False,
        "$defs": {name: definitions[name] for name in kept},
    }


def _forms(bare: Schema) -> Schema:
    """A value plain, with its source, unconfirmed, or unconfirmed with what it is said to be."""
    return {
        "anyOf": [
            bare,
            _table("value", bare),
            {"const": UNCONFIRMED},
            _table(UNCONFIRMED, bare),
        ]
    }


def _table(name: str, bare: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {name: bare, "source": _SOURCE},
        "required": [name],
        "additionalProperties": False,
    }


def _without_null(field: Schema) -> Schema:
    """TOML has no word for nothing: what is not agreed on is left out."""
    kept = {key: value for key, value in field.items() if key not in ("title", "default")}
    choices = [part for part in kept.get("anyOf", []) if part != {"type": "null"}]
    if not choices:
        return kept
    return choices[0] if len(choices) == 1 else {"anyOf": choices}
