"""Reads what one asks of another: Task (takeover, referral, notice), ServiceRequest (referral), CarePlan (SIP)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from consumers.intake.fhir import codes
from consumers.intake.fhir.models import CodeableConcept
from consumers.intake.fhir.parts import CarePlan, ServiceRequest, Task
from consumers.intake.fhir.telling import Telling, moment, needed, text_of
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party, party_of
from domain.facts.messages import MessageAcknowledged
from domain.facts.municipal import (
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.facts.notification import AdmissionAcknowledged
from domain.facts.planning import SipEstablished
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent

TASK_READ: Final = frozenset(
    {"status", "statusReason", "code", "focus", "for", "identifier", "authoredOn", "lastModified", "requester",
     "owner", "restriction", "executionPeriod", "input", "intent"}
)  # fmt: skip
REQUEST_READ: Final = frozenset(
    {"status", "intent", "category", "code", "subject", "identifier", "authoredOn", "requester", "performer"}
)
PLAN_READ: Final = frozenset(
    {"status", "intent", "category", "subject", "identifier", "created", "author", "contributor"}
)
_TASKS: Final = frozenset({"municipal-takeover", "referral", "admission-notice"})
_TRACK = re.compile(r"[a-z][a-z-]{1,40}")
_PLAN_MAX: Final = 20_000


def read_task(telling: Telling) -> frozenset[str]:
    """A takeover, a referral or a notice that one asks another to act on. Other tasks are kept as a note."""
    task = telling.read(Task)
    telling.home = telling.party(task.requester, task.owner)
    sort = codes.our_code([task.code], "task", _TASKS)
    request = _request(telling, task)
    if sort is None and request is not None:
        sort = "referral"
    if sort is None or task.status in (None, "draft"):
        return frozenset()
    if task.status in ("entered-in-error", "cancelled"):
        telling.void(_last(telling, task))
        return TASK_READ
    owner = party_of(telling.sheaf, task.owner)
    if owner.controller is None:
        owner = Party(owner.unit, telling.home.controller, owner.principal or telling.home.principal)
    if sort == "municipal-takeover":
        _tell_takeover(telling, task, owner)
    elif sort == "referral":
        _tell_referral(telling, task, owner, request)
    if task.status == "received":
        fact = AdmissionAcknowledged if sort == "admission-notice" else MessageAcknowledged
        focus = telling.sheaf.find(task.focus)
        answered = focus.key if focus is not None and sort == "admission-notice" else telling.key
        at = _last(telling, task)
        told = owner.recipient(text_of(at)) | {"acknowledges": answered}
        telling.tell(fact, at, told, by=owner)
    return TASK_READ if telling.told else frozenset()


def _tell_takeover(telling: Telling, task: Task, owner: Party) -> None:
    services = _services(task)
    data = {"municipality": owner.municipality, "services": services}
    asked = moment(task.restriction.period.start, "Task.restriction.period.start")
    proposed = needed(moment(task.authored_on, "Task.authoredOn"), "Task", "authoredOn", "missing-time")
    telling.tell(MunicipalTakeoverProposed, proposed, data | {"requested_start_at": text_of(asked)})
    if task.status == "accepted":
        planned = text_of(moment(task.execution_period.start, "Task.executionPeriod.start"))
        accepted = data | {"unit": owner.unit, "planned_start_at": planned or text_of(asked)}
        telling.tell(MunicipalTakeoverAccepted, _last(telling, task), accepted, by=owner)
    elif task.status == "rejected":
        reason = codes.our_code([task.status_reason], "decline", codes.TAKEOVER_DECLINES) or "other"
        telling.tell(MunicipalTakeoverDeclined, _last(telling, task), data | {"reason": reason}, by=owner)


def _tell_referral(telling: Telling, task: Task, owner: Party, request: ServiceRequest | None) -> None:
    track = _track([*request.category, request.code]) if request is not None else None
    track = track or _track([task.code, *(one.concept for one in task.input)])
    if task.status == "accepted":
        telling.tell(ReferralAccepted, _last(telling, task), {"track": track, "unit": owner.unit}, by=owner)
    elif task.status == "rejected":
        reason = codes.our_code([task.status_reason], "decline", codes.REFERRAL_RETURNS) or "other"
        data = {"track": track, "unit": owner.unit, "reason": reason}
        telling.tell(ReferralReturned, _last(telling, task), data, by=owner)


def _request(telling: Telling, task: Task) -> ServiceRequest | None:
    """The referral that the task is about."""
    for reference in (task.focus, *task.based_on):
        item = telling.sheaf.find(reference)
        if item is not None and item.kind == "ServiceRequest":
            request = item.read(ServiceRequest)
            return request if _is_referral(request) else None
    return None


def _last(telling: Telling, task: Task) -> Moment:
    """When the task came to where it is."""
    modified = moment(task.last_modified, "Task.lastModified")
    changed = telling.change.at if telling.change is not None else None
    return needed(modified or changed or telling.sent, "Task", "lastModified", "missing-time")


def _services(task: Task) -> list[str]:
    asked = codes.codes([*(one.concept for one in task.input), task.code], f"{codes.OURS}service")
    return [service for service in dict.fromkeys(asked) if service in codes.SERVICES]


def read_service_request(telling: Telling) -> frozenset[str]:
    """A referral; requests for tests, medicines and the like are kept as a note."""
    request = telling.read(ServiceRequest)
    telling.home = telling.party(request.requester)
    if not _is_referral(request) or request.status in (None, "draft", "unknown"):
        return frozenset()
    if request.status in ("entered-in-error", "revoked"):
        telling.void(telling.needed_sent())
        return REQUEST_READ
    asked = [party_of(telling.sheaf, reference) for reference in request.performer]
    to = next((party for party in asked if party.unit is not None), Party())
    sent = needed(
        moment(request.authored_on, "ServiceRequest.authoredOn"),
        "ServiceRequest",
        "authoredOn",
        "missing-time",
    )
    own = telling.home.principal
    foreign = to.principal if to.principal and len(to.principal) == 2 and to.principal != own else None
    reasons = [one.text for one in request.reason_code]
    words = [text for text in (*reasons, *(one.text for one in request.note)) if text]
    data = {
        "track": _track([*request.category, request.code]),
        "from_unit": telling.home.unit,
        "to_unit": to.unit,
        "to_region": foreign,
        "question": "\n".join(words)[:_PLAN_MAX],
    }
    telling.tell(ReferralSent, sent, data)
    return REQUEST_READ


def _is_referral(request: ServiceRequest) -> bool:
    said = [*request.category, request.code]
    return _track(said) is not None or codes.REFERRAL in codes.codes(said, codes.SNOMED)


def _track(concepts: list[CodeableConcept | None]) -> str | None:
    found = codes.codes(concepts, f"{codes.OURS}track")
    return next((code for code in found if _TRACK.fullmatch(code)), None)


def read_care_plan(telling: Telling) -> frozenset[str]:
    """*SIP*: a plan of that category which is in force; a draft is none yet."""
    plan = telling.read(CarePlan)
    telling.home = telling.party(plan.author, *plan.contributor)
    if codes.our_code(plan.category, "care-plan", frozenset({"sip"})) is None:
        return frozenset()
    if plan.status == "entered-in-error":
        telling.void(telling.needed_sent())
        return PLAN_READ
    if plan.status in (None, "draft", "unknown"):
        return frozenset()
    created = moment(plan.created, "CarePlan.created") or moment(plan.period.start, "CarePlan.period.start")
    named = [party_of(telling.sheaf, one) for one in (plan.author, *plan.contributor)]
    named += [
        party_of(telling.sheaf, one)
        for activity in plan.activity
        if activity.detail is not None
        for one in activity.detail.performer
    ]
    data: dict[str, Any] = {
        "principals": sorted({party.principal for party in named if party.principal}),
        "overall_responsible": named[0].principal,
        "plan": "\n".join(_words(telling, plan))[:_PLAN_MAX],
    }
    at = needed(created or telling.sent, "CarePlan", "created", "missing-time")
    telling.tell(SipEstablished, at, data)
    return PLAN_READ


def _words(telling: Telling, plan: CarePlan) -> Iterator[str]:
    """Title, description, and each activity with the *huvudman* who does it."""
    yield from (text for text in (plan.title, plan.description) if text)
    for activity in plan.activity:
        detail = activity.detail
        if detail is None:
            continue
        text = detail.description or (detail.code.text if detail.code is not None else None)
        by = [party_of(telling.sheaf, one).principal for one in detail.performer]
        if text:
            yield f"{text} ({', '.join(code for code in by if code)})" if any(by) else text
