"""The JSON Schemas of what `carechain quality` answers, and of the alarms about sources that have fallen silent."""

import ast
import inspect
import textwrap
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from cli.fact_help import plain

Schema = dict[str, Any]

QUALITY, SOURCES, ALARM_RAISED, ALARM_RESOLVED = (
    "quality",
    "quality-sources",
    "alarm-raised",
    "alarm-resolved",
)
TITLES = {
    QUALITY: "What `carechain quality --json` prints",
    SOURCES: "What `carechain quality sources --json` prints",
    ALARM_RAISED: "One message on the topic of alarms: something is to be told",
    ALARM_RESOLVED: "One message on the topic of alarms: it is over",
}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_INSTANT = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
}
_SHOWN = {"type": "string", "format": "date-time", "description": "In Swedish time, with its offset."}
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: _SHOWN,
    type(None): {"type": "null"},
}


def body(name: str) -> Schema:
    """The schema of this name, less what every schema has."""
    if name in (ALARM_RAISED, ALARM_RESOLVED):
        return _alarm(name)
    from consumers.silence import SourceLine
    from projections.quality import QualityLine

    return _answers(QualityLine if name == QUALITY else SourceLine, scorecards=name == QUALITY)


# -- answers -------------------------------------------------------------------------------------------------------


def _answers(kind: type[Any], *, scorecards: bool) -> Schema:
    """The envelope that every read has, with these lines."""
    properties: Schema = {
        "version": {"const": 1},
        "data": {"type": "array", "items": of(kind)},
        "as_of": {**_SHOWN, "description": "The moment asked about."},
        "known_at": {**_SHOWN, "description": "What was recorded later does not count."},
        "provisional": {
            "type": "boolean",
            "description": "Facts recorded by then may still be on their way.",
        },
        "positions": {
            "type": "object",
            "description": "How far the answers had come, by topic and partition.",
        },
    }
    if scorecards:
        properties["late_after"] = {"type": "number", "description": "Hours after which a fact is late."}
    optional = ("known_at", "provisional")
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def of(kind: type[Any]) -> Schema:
    """A line of an answer: every key is there; what each says stands under it."""
    words = _words(kind)
    properties = {
        name: {**_type(hint), **({"description": words[name]} if name in words else {})}
        for name, hint in get_type_hints(kind).items()
    }
    return {
        "type": "object",
        "description": plain(kind.__doc__ or ""),
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _type(hint: Any) -> Schema:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_typeddict(hint):
        return of(hint)
    if get_origin(hint) is list:
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    assert get_origin(hint) in (Union, UnionType)
    return {"anyOf": [_type(part) for part in get_args(hint)]}


def _words(kind: type[Any]) -> dict[str, str]:
    """The docstring under each key."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    return {
        key.target.id: plain(words.value.value)
        for key, words in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(key, ast.AnnAssign)
        and isinstance(key.target, ast.Name)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
        and isinstance(words.value.value, str)
    }


# -- alarms --------------------------------------------------------------------------------------------------------


def _alarm(name: str) -> Schema:
    raised = name == ALARM_RAISED
    data: Schema = {
        "rule": {"const": "source-silent", "description": "What it is about: a finding, by its code."},
        "about": {"type": "string", "description": "The source, by its name; the record's key."},
        "began_at": {**_INSTANT, "description": "The last that was heard of the source."},
        "due_at": {**_INSTANT, "description": "When something should have been heard by."},
    }
    if raised:
        words = "How many messages its rhythm let expect since, each hour counting for 3 at most."
        data["expected"] = {"type": "number", "minimum": 0, "description": words}
    else:
        data["heard_at"] = {**_INSTANT, "description": "When it was heard again."}
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": {
            **_UUID,
            "description": "Follows from the finding and the step: the same alarm has the same id.",
        },
        "source": {
            "type": "string",
            "pattern": f"^/carechain/{_UUID['pattern'][1:]}",
            "description": "The store that raised it.",
        },
        "type": {"const": f"se.carechain.{name}.v1"},
        "subject": {
            **_UUID,
            "description": "The finding; the same in what raises the alarm and what resolves it.",
        },
        "time": {**_INSTANT, "description": "When it was raised or resolved."},
        "datacontenttype": {"const": "application/json"},
        "data": {
            "type": "object",
            "properties": data,
            "required": list(data),
            "additionalProperties": False,
        },
    }
    return {
        "description": "CloudEvents 1.0, JSON format, structured mode. Unknown attributes may be added.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }
