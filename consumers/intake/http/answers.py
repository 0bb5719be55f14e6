"""What a sender is told about its message over HTTP: a status and an OperationOutcome."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from consumers.intake.fhir.acknowledgement import ResponseCode, acknowledge, wants_acknowledgement
from consumers.intake.fhir.xml import parse_fhir_xml
from consumers.intake.http.body import CONTENT_TYPES, JSON, XML, NotAccepted
from consumers.intake.http.xml_out import fhir_xml
from consumers.intake.ingest import Outcome
from domain.errors import Unreadable

RETRY_S = "5"
_WRONG = 400
"""Statuses from here on say that something is wrong."""
_CODES = {
    "too-large": "too-long",
    "not-json": "structure",
    "not-xml": "structure",
    "not-fhir": "structure",
    "unknown-format": "not-supported",
}
"""FHIR's issue type for a reason of ours; else ``processing``."""


def status_of(outcomes: Sequence[Outcome]) -> int:
    """201 for something new, 200 for nothing new, 422 for a dead letter, 413 for one that is too large to be kept."""
    reasons = {o.trouble.reason if isinstance(o.trouble, Unreadable) else "" for o in outcomes if o.trouble}
    if reasons:
        return 413 if reasons == {"too-large"} else 422
    return 201 if any(outcome.verdict == "accepted" for outcome in outcomes) else 200


def outcome_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """An OperationOutcome with an issue for each message."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(outcome) for outcome in outcomes]}


def acknowledgement_of(
    raw: bytes | None, form: str, status: int, said: dict[str, Any]
) -> dict[str, Any] | None:
    """The message that answers one of MedCom's; ``None`` for any other, or what cannot be read."""
    try:
        document = json.loads(raw or b"") if form == JSON else parse_fhir_xml(raw or b"")
        if not isinstance(document, dict) or not wants_acknowledgement(document):
            return None
        code: ResponseCode = "ok" if status < _WRONG else "fatal-error"
        issues = [] if code == "ok" else said["issue"]
        return acknowledge(document, code, issues, datetime.now(UTC), lambda: str(uuid4()))
    except (ValueError, RecursionError, Unreadable):
        return None


def problem(code: str, sentence: str) -> dict[str, Any]:
    """An OperationOutcome for a request of which nothing is stored."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "details": {"text": sentence}}],
    }


def _issue(outcome: Outcome) -> dict[str, Any]:
    digest = f"SHA-256 {outcome.message.digest}"
    trouble = outcome.trouble
    if trouble is None:
        said = {
            "accepted": f"Recorded: {_facts(len(outcome.new))}.",
            "known": "Everything in it is known already. Nothing was added.",
            "not_of_use": "It says nothing about the care chain. Nothing was recorded.",
        }[outcome.verdict]
        return {
            "severity": "information",
            "code": "informational",
            "details": {"text": said},
            "diagnostics": digest,
        }
    reason = trouble.reason if isinstance(trouble, Unreadable) else "refused"
    kept = (
        "It is not kept" if outcome.message.raw is None else "It is kept with the dead letters"
    ) + "; sending it again adds no second letter."
    recorded = f" What could be read of it is recorded ({_facts(len(outcome.new))})." if outcome.new else ""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _CODES.get(reason, "processing"),
        "details": {"coding": [{"code": reason}], "text": f"{trouble.message} {kept}{recorded}"},
        "diagnostics": digest,
    }
    if isinstance(trouble, Unreadable) and trouble.field:
        issue["expression"] = [trouble.field]
    return issue


def _facts(number: int) -> str:
    return "1 new fact" if number == 1 else f"{number} new facts"


def respond(
    request: Request, status: int, resource: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    """The resource in the form that is asked for, JSON if none is."""
    if wanted(request) == XML:
        return Response(fhir_xml(resource), status, headers, media_type=f"{XML}; charset=utf-8")
    body = json.dumps(resource, ensure_ascii=False).encode()
    return Response(body, status, headers, media_type=f"{JSON}; charset=utf-8")


def refuse(request: Request, error: NotAccepted) -> Response:
    """The answer to a request that is not accepted."""
    return respond(request, error.status, problem(error.code, error.sentence), error.headers)


def wanted(request: Request) -> str:
    """The form of FHIR that is asked for by ``_format`` or, of those in ``Accept``, with the highest weight."""
    asked = request.query_params.get("_format", "").replace(" ", "+")
    if asked:
        return XML if CONTENT_TYPES.get(asked, asked) in (XML, "xml") else JSON
    found = []
    for part in request.headers.get("accept", "").split(","):
        kind, *parameters = (text.strip().lower() for text in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if kind in CONTENT_TYPES:
            found.append((_number(weight), CONTENT_TYPES[kind]))
    return max(found, key=lambda item: item[0], default=(0.0, JSON))[1]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
