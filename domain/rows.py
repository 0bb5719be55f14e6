"""What conclusions are written in: nine kinds of row, each true from a moment on until it is replaced or ends.

A row never depends on when it was computed. ``at`` lays the clock over rows: it hides what began or was decided
later and says what is open, late or missed at that moment. Tables and SQL views do the same (proven equal).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.calendar import local_date

NAMESPACE = UUID("6f1a5f0e-3d0c-5c1b-9a86-6a7d0c6f7e01")
"""Ours, for ids of rows and stays."""
_NAMESPACE_HASH = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
_FIXED_BITS = 0xF000 << 64 | 0xC000 << 48
"""Where version and variant stand in a UUID (RFC 9562, 4.1 and 4.2)."""
_VERSION_5 = 0x5000 << 64 | 0x8000 << 48


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every kind of row says. All times are UTC."""

    KIND: ClassVar[str] = ""

    id: UUID
    """UUIDv5 of kind, rule, the fact that opened it, and party."""
    journey: UUID
    stay: UUID | None = None
    rule: str
    """Rule, measure, notion, finding or fact: what it is an instance of."""
    rule_version: int = 1
    valid_from: datetime
    """From when the row could be known from what had happened."""
    valid_to: datetime | None = None
    """Until when this version of the row stood; ``None`` for the last."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    """How it ended: ``done``, ``discharged``, ``withdrawn``, ``deceased``, ``cancelled`` and so on."""
    party: str | None = None
    """Whose it is: ``region:21``, ``municipality:2180``, or an organisation as ``system:value``."""
    role: str | None = None
    unit: str | None = None
    organisation: str | None = None
    municipality: str | None = None
    """*Folkbokföringskommun* of the stay, for figures per municipality."""
    region: str | None = None
    opened_by: tuple[str, ...] = ()
    """Ids of the facts it rests on from its beginning."""
    closed_by: tuple[str, ...] = ()
    """Ids of the facts that ended it."""
    agreement: str = ""
    """The agreement used, as ``statute@1``."""
    state: str | None = None
    """Set by ``at``."""
    value: float | None = None
    """Set by ``at`` where time is measured."""

    @property
    def facts(self) -> tuple[str, ...]:
        return (*self.opened_by, *(fact for fact in self.closed_by if fact not in self.opened_by))

    def shown(self, now: datetime) -> "dict[str, Any]":
        """State and value at ``now`` (UTC), given that what was decided later is hidden already."""
        return {"state": "current" if self.ended_at is None else "ended"}


class Responsibility(Row, frozen=True, kw_only=True, gc=False):
    """Somebody is responsible, in a capacity, for a stretch of time. Several at once is normal."""

    KIND: ClassVar[str] = "responsibility"
    due_at: datetime | None = None
    """For ``next_step``: by when."""
    detail: str | None = None
    """For ``next_step`` the rule that says so; for ``payment`` why it is not the municipality; for care the track."""


class Wait(Row, frozen=True, kw_only=True, gc=False):
    """From one act to another, in the measure's unit. Open until the other act happens."""

    KIND: ClassVar[str] = "wait"
    value_unit: str = "hours"
    at_least: float | None = None
    at_most: float | None = None
    """Limits in the measure's unit, where law or agreement sets one: shares are counted by them."""
    paused: timedelta = timedelta()
    """Sum of the pauses that have ended: time that does not count (HSF 6:2)."""
    paused_since: datetime | None = None
    """When the pause that runs began, or ran at the end."""

    def shown(self, now: datetime) -> dict[str, Any]:
        assert self.started_at is not None
        # A pause that runs stops the clock where it began, whether the wait has ended since or not.
        end = self.paused_since or self.ended_at or now
        return {
            "state": "waiting" if self.ended_at is None else "ended",
            "value": measure(self.started_at, end - self.paused, self.value_unit),
        }


class Obligation(Row, frozen=True, kw_only=True, gc=False):
    """Somebody owes a handoff, with or without a time it is due. Ended by being done, or by falling away."""

    KIND: ClassVar[str] = "obligation"
    due_at: datetime | None = None
    """The last moment that is in time; ``None`` where nothing sets a limit."""
    severity: str = "legal"
    detail: str | None = None
    """What about it, where one rule has several: a missing condition, a kind of notice. Never what somebody wrote."""

    def shown(self, now: datetime) -> dict[str, Any]:
        return {"state": self._state(now)}

    def _state(self, now: datetime) -> str:
        if self.ended_at is None:
            overdue = self.due_at is not None and now > self.due_at
            return "missed" if overdue else "due" if self.due_at is not None else "open"
        late = self.due_at is not None and self.ended_at > self.due_at
        if self.outcome == "done":
            return "late" if late else "done"
        return "missed" if late else "cancelled"


class Stay(Row, frozen=True, kw_only=True, gc=False):
    """One stay or visit, from its beginning to its end. A new version for each change of state or unit."""

    KIND: ClassVar[str] = "stay"
    phase: str = "inpatient"
    """``inpatient``, ``outpatient``, ``on_leave``, ``discharged``, ``deceased`` or ``cancelled``."""
    leave_closed: timedelta = timedelta()
    """Sum of the leaves that have ended."""
    leave_since: datetime | None = None
    """When the leave that runs began."""

    def shown(self, now: datetime) -> dict[str, Any]:
        open_leave = now - self.leave_since if self.leave_since is not None else timedelta()
        return {"state": self.phase, "value": _hours(self.leave_closed + open_leave)}


class Finding(Row, frozen=True, kw_only=True, gc=False):
    """Something that does not fit: a contradiction, an absence, a correction of nothing."""

    KIND: ClassVar[str] = "finding"
    severity: str = "quality"
    detail: str | None = None
    """Which field or kind it is about; never a value somebody wrote."""

    def shown(self, now: datetime) -> dict[str, Any]:
        return {"state": "open" if self.ended_at is None else "resolved"}


class TimelineEntry(Row, frozen=True, kw_only=True, gc=False):
    """One fact of the journey, for reading: the voided ones are marked, not hidden."""

    KIND: ClassVar[str] = "timeline"
    regime: str = "HSL"
    detail: str | None = None
    """``voided``, ``amended`` or ``sealed`` where it is so."""
    source: str | None = None
    """The sending system."""
    at_latest: datetime | None = None
    """When it had happened at the latest (UTC): the end of the day where the day alone is known."""
    judged: bool = False
    """Whether it counts, can be read, and is of somebody who must give what is mandatory: else ``lacks`` says nothing."""
    lacks: tuple[str, ...] = ()
    """The mandatory items that are missing in it."""
    controller: str | None = None
    """Who is answerable for the personal data (*personuppgiftsansvarig*), as ``system:value``."""

    def shown(self, now: datetime) -> dict[str, Any]:
        return {"state": self.detail or "happened"}


class Cause(Row, frozen=True, kw_only=True, gc=False):
    """Why somebody waits, from when to when, and who could end it. A wait may have several at once."""

    KIND: ClassVar[str] = "cause"
    of: UUID
    """The wait's row."""

    def shown(self, now: datetime) -> dict[str, Any]:
        assert self.started_at is not None
        return {
            "state": "current" if self.ended_at is None else "ended",
            "value": measure(self.started_at, self.ended_at or now, "hours"),
        }


class Figure(Row, frozen=True, kw_only=True, gc=False):
    """One number about one patient, for counting over many: a count within a window, or 1 and 0 of a share.

    Complete when its window is over; a new version whenever the number changes.
    """

    KIND: ClassVar[str] = "figure"
    number: float
    value_unit: str = "count"
    """What the number counts, or ``share`` where it is 1 for yes and 0 for no."""
    detail: str | None = None
    """Which part of the measure, where it has several: ``before`` and ``after``, a form of contact."""

    def shown(self, now: datetime) -> dict[str, Any]:
        return {"state": "open" if self.ended_at is None else "complete", "value": self.number}


class Restriction(Row, frozen=True, kw_only=True, gc=False):
    """Something limits who may see the journey: *spärr*, protected identity, what the patient said of sharing.

    ``organisation`` is the controller that recorded it, ``unit`` the one whose data are closed.
    """

    KIND: ClassVar[str] = "restriction"
    detail: str | None = None
    """Of a protection which kind it is; of a consent the decision."""

    def shown(self, now: datetime) -> dict[str, Any]:
        return {"state": "current" if self.ended_at is None else "ended"}


KINDS: tuple[type[Row], ...] = (
    Responsibility,
    Wait,
    Obligation,
    Stay,
    Finding,
    TimelineEntry,
    Cause,
    Figure,
    Restriction,
)
"""The closed set. A rule or a measure adds no kind."""

AnyRow = TypeVar("AnyRow", bound=Row)


def row_id(kind: type[Row], rule: str, opened_by: str, party: str | None = None) -> UUID:
    """The id of a row follows from what it is about, so that a rebuild gives the same one."""
    return named_id(f"{kind.KIND}|{rule}|{opened_by}|{party or ''}")


def named_id(name: str) -> UUID:
    """``uuid.uuid5`` of a name in our namespace, in half the time: each row and each stay has one."""
    named = _NAMESPACE_HASH.copy()
    named.update(name.encode())
    return UUID(int=int.from_bytes(named.digest()[:16], "big") & ~_FIXED_BITS | _VERSION_5)


def at(rows: Iterable[AnyRow], now: datetime) -> list[AnyRow]:
    """The rows as they stand at ``now`` (UTC): later ones hidden, later endings undone, state and value set.

    Until when a version will stand is later knowledge, too: ``valid_to`` is ``None`` in the answer.
    """
    shown = []
    for row in rows:
        if row.valid_from > now or (row.valid_to is not None and row.valid_to <= now):
            continue
        if row.ended_at is not None and row.ended_at > now:
            row = replace(row, ended_at=None, outcome=None, closed_by=())
        shown.append(replace(row, valid_to=None, **row.shown(now)))
    return shown


def measure(start: datetime, end: datetime, unit: str) -> float:
    """Elapsed time in ``minutes``, ``hours``, ``days`` (24 hours each, 4 decimals), or whole local ``dates``."""
    if unit == "dates":
        return float((local_date(end) - local_date(start)).days)
    return _rounded(end - start, _MICROSECONDS[unit])


_MICROSECONDS = {"minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000}
_FOUR = Decimal("0.0001")


def _hours(length: timedelta) -> float:
    return _rounded(length, _MICROSECONDS["hours"])


def _rounded(length: timedelta, unit: int) -> float:
    exact = Decimal(length // timedelta(microseconds=1)) / unit
    return float(exact.quantize(_FOUR, ROUND_HALF_UP))
