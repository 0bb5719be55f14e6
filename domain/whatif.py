"""What would have been otherwise: a journey concluded twice, on another basis or with a step taken sooner, and compared."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.basis import Basis
from domain.calendar import local_date
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.history import History
from domain.reference import party_of
from domain.rows import Obligation, Row, Wait, at
from domain.spells import PAID, READY

MISSED = frozenset({"missed", "late"})


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which cases count. Dates are days in Sweden, the first and the last one included."""

    now: datetime
    """The moment at which everything is judged, UTC."""
    first: date | None = None
    last: date | None = None
    municipality: str | None = None
    """SCB code: of its residents, or its own to answer for."""
    region: str | None = None
    """SCB code: of its hospitals, or its own to answer for."""

    def holds(self, row: Row, moment: datetime) -> bool:
        """Whether a row counts whose date is that of ``moment``."""
        day = local_date(moment)
        if (self.first is not None and day < self.first) or (self.last is not None and day > self.last):
            return False
        return _is_of(row, self.municipality, row.municipality) and _is_of(row, self.region, row.region)


def _is_of(row: Row, asked: str | None, of: str | None) -> bool:
    return asked is None or asked == of or row.party == party_of(asked)


@dataclass(frozen=True, kw_only=True)
class Sooner:
    """A step of one rule taken sooner by ``hours``, wherever it came too late."""

    rule: str
    hours: float

    def history(self, history: History, rows: Iterable[Row], now: datetime) -> History:
        """The journey as it would have been: what did the late duty done sooner, but never before it was owed."""
        done: dict[str, datetime] = {}
        for row in at(rows, now):
            if isinstance(row, Obligation) and row.rule == self.rule and row.state == "late":
                owed = max(row.valid_from, row.started_at or row.valid_from)
                done |= {fact: max(done.get(fact, owed), owed) for fact in row.closed_by}
        if not done:
            return history
        return replace(
            history,
            facts=tuple(sorted((self._moved(fact, done) for fact in history.facts), key=_order)),
        )

    def _moved(self, fact: RecordedFact, owed: Mapping[str, datetime]) -> RecordedFact:
        if fact.id not in owed:
            return fact
        return replace(fact, time=min(fact.time, max(owed[fact.id], fact.time - timedelta(hours=self.hours))))


def _order(fact: RecordedFact) -> tuple[datetime, int, int, str]:
    return fact.order


@dataclass(frozen=True)
class Otherwise:
    """One duty that is missed in only one of the two, as it stands in each; ``None`` where it is not owed at all."""

    before: Obligation | None
    after: Obligation | None

    @property
    def missed(self) -> Obligation:
        """The one that is missed."""
        one = self.before if _is_missed(self.before) else self.after
        assert one is not None
        return one

    @property
    def ceases(self) -> bool:
        """Whether it is missed as things are and would not have been."""
        return _is_missed(self.before)


Place = tuple[str | None, str, str]
"""Municipality (SCB code), month (``2026-03``), rule."""


@dataclass
class Difference:
    """Of one journey or of many: what is missed in each of the two, and the days that are settled."""

    before: Counter[Place] = field(default_factory=Counter)
    after: Counter[Place] = field(default_factory=Counter)
    """How many duties are missed, by place."""
    otherwise: list[Otherwise] = field(default_factory=list)
    asked: list[tuple[Obligation, Obligation | None]] = field(default_factory=list)
    """With a step taken sooner: each miss of its rule as it is, and the same duty as it would have been."""
    waits_before: list[Wait] = field(default_factory=list)
    waits_after: list[Wait] = field(default_factory=list)
    """Ready days and liable days (W-06, W-11) as they stand in each."""

    def add(self, other: "Difference") -> None:
        """Take in another one's."""
        self.before.update(other.before)
        self.after.update(other.after)
        self.otherwise += other.otherwise
        self.asked += other.asked
        self.waits_before += other.waits_before
        self.waits_after += other.waits_after

    def sort(self) -> None:
        """Put what was found into an order that does not depend on who found it first."""
        self.otherwise.sort(key=lambda one: _place_and_time(one.missed))
        self.asked.sort(key=lambda pair: _place_and_time(pair[0]))
        self.waits_before.sort(key=_place_and_time)
        self.waits_after.sort(key=_place_and_time)


def difference(
    journey: UUID, history: History, basis: Basis, other: Basis | Sooner, scope: Scope
) -> Difference:
    """One journey under ``basis`` and otherwise. Every row is judged at ``scope.now``."""
    rows = conclude(journey, history, basis)
    if isinstance(other, Sooner):
        moved = other.history(history, rows, scope.now)
        other_rows = rows if moved is history else conclude(journey, moved, basis)
        return compare(rows, other_rows, scope, asked=other.rule)
    return compare(rows, conclude(journey, history, other), scope)


def compare(
    before: Sequence[Row], after: Sequence[Row], scope: Scope, *, asked: str | None = None
) -> Difference:
    """Two conclusions of one journey. ``asked`` is the rule of a step taken sooner."""
    first, second = at(before, scope.now), at(after, scope.now) if after is not before else None
    duties = _duties(first)
    others = duties if second is None else _duties(second)
    found = Difference(
        waits_before=_waits(first, scope), waits_after=_waits(first if second is None else second, scope)
    )
    for id_ in {**duties, **others}:
        one, other = duties.get(id_), others.get(id_)
        was, would = _counts(one, scope), _counts(other, scope)
        if one is not None and was:
            found.before[_place(one)] += 1
        if other is not None and would:
            found.after[_place(other)] += 1
        if was != would:
            found.otherwise.append(Otherwise(one, other))
        if was and one is not None and one.rule == asked:
            found.asked.append((one, other))
    return found


def _duties(rows: Iterable[Row]) -> dict[UUID, Obligation]:
    return {row.id: row for row in rows if isinstance(row, Obligation)}


def _waits(rows: Iterable[Row], scope: Scope) -> list[Wait]:
    return [
        row
        for row in rows
        if isinstance(row, Wait) and row.rule in (READY, PAID) and scope.holds(row, row.ended_at or scope.now)
    ]


def _place_and_time(row: Row) -> tuple[str, str, datetime, UUID]:
    return row.rule, row.municipality or "", row.started_at or row.valid_from, row.id


def _is_missed(duty: Obligation | None) -> bool:
    return duty is not None and duty.state in MISSED


def _counts(duty: Obligation | None, scope: Scope) -> bool:
    """Whether a duty is missed, and one of those asked about: by the day it was due."""
    if duty is None or duty.state not in MISSED:
        return False
    assert duty.due_at is not None
    return scope.holds(duty, duty.due_at)


def _place(duty: Obligation) -> Place:
    assert duty.due_at is not None
    return duty.municipality, month_of(duty.due_at), duty.rule


def month_of(moment: datetime) -> str:
    """The calendar month in Sweden, as ``2026-03``."""
    return local_date(moment).strftime("%Y-%m")
