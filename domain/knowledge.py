"""What changed between two states of knowledge about a journey, and which of the things learned in between changed it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.basis import Basis
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.history import History
from domain.rows import Row, TimelineEntry, at

Said = Mapping[str, Any]
"""What a row says, by attribute."""
_OUR_OWN = frozenset(
    {"id", "journey", "rule", "rule_version", "valid_from", "valid_to", "opened_by", "closed_by"}
)
"""What a row is and rests on, not what it says."""


@dataclass(frozen=True)
class Learned:
    """One thing that came to be known: a fact of the journey, or another basis. Times are UTC."""

    recorded_at: datetime
    fact: RecordedFact | None = None
    """As it was recorded."""
    corrects: tuple[RecordedFact, ...] = ()
    """Facts that from then on counted otherwise, or not at all, or again; as they counted before."""
    basis: Basis | None = None
    """What held from then on, where it is that which changed."""
    adopted: tuple[str, ...] = ()
    """Agreements that came to stand, as ``statute@1``, and registers that changed, by name."""
    withdrawn: tuple[str, ...] = ()
    """Agreements that stood no longer."""


@dataclass(frozen=True)
class Change:
    """One row that says something else at the same moment, now that more is known."""

    before: Row | None
    """``None`` where it appeared."""
    after: Row | None
    """``None`` where it vanished."""
    attributes: tuple[str, ...]
    """Which differ; none where it appeared or vanished."""
    because: tuple[int, ...]
    """Which of the things learned made it so, in order."""

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was where it is no more."""
        row = self.after or self.before
        assert row is not None
        return row

    @property
    def how(self) -> str:
        """``appeared``, ``vanished`` or ``changed``."""
        return "appeared" if self.before is None else "vanished" if self.after is None else "changed"


@dataclass(frozen=True)
class Comparison:
    """What was learned, in the order in which it was recorded, and what it changed."""

    learned: tuple[Learned, ...]
    changes: tuple[Change, ...]


def compare(
    journey: UUID,
    facts: Sequence[RecordedFact],
    bases: Sequence[tuple[datetime, Basis]],
    *,
    known_from: datetime,
    known_at: datetime,
    as_of: datetime,
) -> Comparison:
    """What is said of ``as_of`` with what was recorded by ``known_at``, against what had been by ``known_from``.

    ``bases`` are what held from when on, oldest first; the first one held at ``known_from``. All times are UTC.
    A row that changed and changed back is not told. What happened is told as learned, not as rows of the timeline.
    """
    known = [fact for fact in facts if fact.envelope.recordedtime <= known_from]
    states = list(_states(known, facts, bases, known_from, known_at))

    def seen(state: "_State") -> dict[UUID, Row]:
        rows = conclude(journey, state.history, state.basis)
        return {row.id: row for row in at(rows, as_of) if not isinstance(row, TimelineEntry)}

    first = seen(states[0])
    last = seen(states[-1]) if len(states) > 1 else first
    differing = [id_ for id_ in {**first, **last} if _said(first.get(id_)) != _said(last.get(id_))]
    traces: dict[UUID, list[Said | None]] = {id_: [_said(first.get(id_))] for id_ in differing}
    for state in states[1:-1] if differing else ():
        rows = seen(state)
        for id_, trace in traces.items():
            trace.append(_said(rows.get(id_)))
    changes = [
        _change(first.get(id_), last.get(id_), [*trace, _said(last.get(id_))])
        for id_, trace in traces.items()
    ]
    return Comparison(
        learned=tuple(state.learned for state in states if state.learned is not None),
        changes=tuple(sorted(changes, key=_place)),
    )


# -- the walk --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """What was known after something was learned; nothing, for the first."""

    learned: Learned | None
    history: History
    basis: Basis


def _states(
    known: Sequence[RecordedFact],
    facts: Sequence[RecordedFact],
    bases: Sequence[tuple[datetime, Basis]],
    known_from: datetime,
    known_at: datetime,
) -> Iterator[_State]:
    """The first state of knowledge, and the one after each thing learned, in the order of recording."""
    new = [fact for fact in facts if known_from < fact.envelope.recordedtime <= known_at]
    steps: list[RecordedFact | tuple[datetime, Basis]] = [*new, *bases[1:]]
    steps.sort(key=_recorded)
    facts_known, basis = list(known), bases[0][1]
    history = History.of(facts_known)
    yield _State(None, history, basis)
    for step in steps:
        if isinstance(step, RecordedFact):
            facts_known.append(step)
            before, history = history, History.of(facts_known)
            learned = Learned(step.envelope.recordedtime, step, corrects=_corrected(before, history, step))
        else:
            learned = _adoption(basis, *step)
            basis = step[1]
        yield _State(learned, history, basis)


def _recorded(step: RecordedFact | tuple[datetime, Basis]) -> tuple[datetime, str, int]:
    """The order of recording; what different stores recorded in one moment in any order, but always the same."""
    if isinstance(step, RecordedFact):
        return step.envelope.recordedtime, step.envelope.source, step.envelope.journeyversion
    return step[0], "", 0


def _corrected(before: History, after: History, new: RecordedFact) -> tuple[RecordedFact, ...]:
    """The facts, known before, that count otherwise since ``new`` is known; as they counted before."""
    now = {fact.id: _standing(fact, voided=False) for fact in after.facts}
    now |= {fact.id: _standing(fact, voided=True) for fact in after.voided}
    return tuple(
        fact
        for voided, some in ((False, before.facts), (True, before.voided))
        for fact in some
        if fact.id != new.id and now.get(fact.id) != _standing(fact, voided=voided)
    )


def _standing(fact: RecordedFact, *, voided: bool) -> tuple[bool, str | None]:
    return voided, fact.corrected_by


def _adoption(before: Basis, recorded_at: datetime, after: Basis) -> Learned:
    stood, stands = ([a.name for a in basis.agreements] for basis in (before, after))
    others = [
        name
        for name in type(after).model_fields
        if name != "agreements" and getattr(before, name) != getattr(after, name)
    ]
    return Learned(
        recorded_at,
        basis=after,
        adopted=(*(name for name in stands if name not in stood), *others),
        withdrawn=tuple(name for name in stood if name not in stands),
    )


# -- what made it so -------------------------------------------------------------------------------------------------


def said(row: Row) -> Said:
    """What a row says, by attribute: without its id, versions and the facts it rests on."""
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in _OUR_OWN}


def _said(row: Row | None) -> Said | None:
    return None if row is None else said(row)


def _change(before: Row | None, after: Row | None, trace: Sequence[Said | None]) -> Change:
    """``trace`` is what the row said at first and after each thing learned; ``None`` while it was not there."""
    was, now = trace[0], trace[-1]
    if was is None:
        # It may have come and gone before: what counts is since it was there for good.
        return Change(before, after, (), _turns(trace, _last_like_first(trace)))
    if now is None:
        return Change(before, after, (), (_last_like_first([one is None for one in trace]),))
    attributes = tuple(name for name in was if was[name] != now[name])
    because: set[int] = set()
    for name in attributes:
        # In a tuple: an attribute that is none is not a row that is not there.
        values = [None if one is None else (one[name],) for one in trace]
        because.update(_turns(values, _last_like_first(values)))
    return Change(before, after, attributes, tuple(sorted(because)))


def _last_like_first(trace: Sequence[Any]) -> int:
    return max(number for number, one in enumerate(trace) if one == trace[0])


def _turns(trace: Sequence[Any], since: int) -> tuple[int, ...]:
    """Which things learned, after those that led to ``trace[since]``, made it something else."""
    return tuple(number for number in range(since, len(trace) - 1) if trace[number] != trace[number + 1])


def _place(change: Change) -> tuple[object, ...]:
    row = change.row
    began = (row.started_at is not None, row.started_at)
    return row.KIND, row.rule, began, row.party or "", row.role or "", row.id
