"""Reads one line of our NDJSON: a command as JSON, or the reason why it is none, without a word of the line."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.errors import Unreadable
from domain.submission import Submission

NAMES = frozenset({"type", "time", "patient", "source"})
"""What every command has; by them one is told from other JSON."""


def read_line(raw: bytes) -> list[Submission]:
    """The one command of the line (UTF-8 JSON).

    Raises ``Unreadable`` (``not-json``, ``no-patient-id``, ``invalid-field``).
    """
    try:
        return [Submission.model_validate_json(raw)]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _unreadable(first) from None


def _unreadable(first: ErrorDetails) -> Unreadable:
    if first["type"] == "json_invalid":
        return Unreadable("not-json", "The line is not JSON in UTF-8.")
    if not first["loc"] and first["type"] == "missing":
        return Unreadable("no-patient-id", "It names no patient, and no message that it answers.", "patient")
    if not first["loc"]:
        return Unreadable("invalid-field", "The line is JSON, but not an object.")
    if first["type"] == "extra_forbidden":
        # The name of a field that we do not know is the sender's, and may be anything.
        return Unreadable("invalid-field", "The line holds a field that a command does not have.")
    field = str(first["loc"][0])
    reason = "no-patient-id" if field == "patient" else "invalid-field"
    if first["type"] == "missing":
        return Unreadable(reason, f"The field {'.'.join(map(str, first['loc']))} is missing.")
    return Unreadable(reason, f"The field {field} cannot be read: {first['msg'].rstrip('.')}.")
