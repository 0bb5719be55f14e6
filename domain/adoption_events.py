"""The exact bytes of what is put on the reference stream: what was adopted, whole, or withdrawn, by whom and when."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.adopted import AGREEMENT_ADOPTED, AGREEMENT_WITHDRAWN, REGISTER_ADOPTED, content_of
from domain.agreement import Agreement
from domain.calendar import format_instant
from domain.registers import Register


@dataclass(frozen=True)
class Act:
    """Who adopts or withdraws, where and when."""

    store: UUID
    actor: str
    """A staff reference."""
    now: datetime
    """UTC."""


@dataclass(frozen=True)
class Event:
    """One event, as it is stored and published."""

    key: str
    """Of its record, and its subject: ``agreement:gavleborg``."""
    at: datetime
    body: bytes


def agreement_adopted(act: Act, agreement: Agreement, text: str) -> Event:
    """An agreement with its file, whole."""
    data = _whole(text) | {"agreement": content_of(agreement)}
    return _event(act, AGREEMENT_ADOPTED, f"agreement:{agreement.id}", agreement.name, data)


def agreement_withdrawn(act: Act, agreement: Agreement, reason: str) -> Event:
    """That an adopted agreement is as if it had never been."""
    data = {"id": agreement.id, "version": agreement.version, "reason": reason}
    return _event(act, AGREEMENT_WITHDRAWN, f"agreement:{agreement.id}", agreement.name, data)


def register_adopted(act: Act, register: Register, text: str) -> Event:
    """A register with its file, whole."""
    data = _whole(text) | {"register": register.model_dump(mode="json", exclude_unset=True)}
    return _event(act, REGISTER_ADOPTED, f"register:{register.kind}", register.kind, data)


def adopted(act: Act, kind: str, subject: str, name: str, text: str, content: dict[str, Any]) -> Event:
    """Anything else that is adopted as a file, whole."""
    return _event(act, kind, subject, name, _whole(text) | content)


def _whole(text: str) -> dict[str, Any]:
    return {"digest": hashlib.sha256(text.encode()).hexdigest(), "text": text}


def _event(act: Act, kind: str, subject: str, name: str, data: dict[str, Any]) -> Event:
    at = format_instant(act.now)
    named = f"{name}|{data.get('digest', 'withdrawn')}|{at}"
    body = msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": hashlib.sha256(named.encode()).hexdigest(),
            "source": f"/carechain/{act.store}",
            "type": kind,
            "subject": subject,
            "time": at,
            "datacontenttype": "application/json",
            "recordedtime": at,
            "actor": act.actor,
            "data": data,
        }
    )
    return Event(subject, act.now, body)
