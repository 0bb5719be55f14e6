"""A journey fact by fact: after each moment, what changed in stay, responsibility, clocks and handoffs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cli import words
from cli.page import print_indented, print_line
from domain.about import about
from domain.envelope import RecordedFact
from domain.history import History
from domain.responsibility import CARE, NEXT_STEP
from domain.rows import Cause, Finding, Obligation, Responsibility, Row, Stay, Wait, at

MICROSECOND = timedelta(microseconds=1)
_ORDER: tuple[type[Row], ...] = (Stay, Responsibility, Wait, Obligation, Finding)
_STANDING: tuple[type[Row], ...] = (Stay, Responsibility, Wait, Obligation, Cause)


@dataclass(frozen=True)
class Step:
    """One moment: what happened then, and what followed. Without facts it is time itself that passed a limit."""

    time: datetime
    facts: tuple[RecordedFact, ...]
    marks: dict[str, str]
    """Fact id -> ``voided``, ``amended``, ``sealed`` or ``correction``, where it is so."""
    changes: tuple[Row, ...]
    """Rows as they stand now, which did not stand so the moment before."""


@dataclass(frozen=True)
class Replay:
    """One journey made ready: its steps, and all that was concluded of it."""

    journey: UUID
    steps: Sequence[Step]
    rows: Sequence[Row]
    incomplete: str | None = None
    """Why it is not whole, where it is not."""


@dataclass(frozen=True)
class Standing:
    """A row that stands, or that ended in this very step."""

    sign: str
    """What the step did: ``+`` it came, ``-`` it went, ``!`` missed or late, ``>`` and ``<`` a clock; else nothing."""
    row: Row


def standing(rows: Sequence[Row], moment: datetime, before: datetime | None) -> list[Standing]:
    """What stands at ``moment``, and what changed since the step ``before`` (both UTC; ``None`` for the first)."""
    told = [row for row in rows if type(row) in _STANDING]
    earlier = {row.id: row for row in at(told, before)} if before is not None else {}
    found = []
    for row in at(told, moment):
        was = earlier.get(row.id)
        changed = was is None or _standing_of(was) != _standing_of(row)
        over = row.ended_at is not None
        if over and was is not None and was.ended_at is not None:
            continue
        found.append(Standing(_sign(row, over=over) if changed else "", row))
    return found


def _standing_of(row: Row) -> tuple[object, ...]:
    due, detail = getattr(row, "due_at", None), getattr(row, "detail", None)
    return (row.state, row.ended_at is None, row.unit, row.party, row.role, due, detail)


def _sign(row: Row, *, over: bool) -> str:
    if isinstance(row, Wait):
        return "<" if over else ">"
    if row.state == "late" or (row.state == "missed" and not over):
        return "!"
    return "-" if over else "+"


def steps(history: History, rows: Sequence[Row], until: datetime) -> Iterator[Step]:
    """The journey up to ``until`` (UTC), moment by moment.

    One conclusion serves every moment, as at(conclude(H), T) = at(conclude(H up to T), T).
    """
    happened: defaultdict[datetime, list[RecordedFact]] = defaultdict(list)
    for fact in sorted((*history.facts, *history.voided, *history.corrections), key=lambda fact: fact.order):
        happened[fact.time].append(fact)
    marks = _marks(history)
    told = [row for row in rows if type(row) in _ORDER and row.rule != NEXT_STEP]
    before: dict[UUID, Row] = {}
    for moment in sorted({*happened, *_turns(told)}):
        if moment > until:
            return
        now = {row.id: row for row in at(told, moment)}
        changed = [row for key, row in now.items() if _differs(before.get(key), row)]
        changed.sort(
            key=lambda row: (
                _ORDER.index(type(row)),
                row.state in ("current", "waiting", "due", "open"),
                row.rule,
                # Two that differ in this only came in the order of their random ids.
                row.party or "",
                row.role or "",
            )
        )
        if happened[moment] or changed:
            facts = tuple(happened[moment])
            yield Step(moment, facts, {f.id: marks[f.id] for f in facts if f.id in marks}, tuple(changed))
        before = now


def _turns(rows: Iterable[Row]) -> Iterator[datetime]:
    """Every moment at which a row can come to stand otherwise."""
    for row in rows:
        yield row.valid_from
        if row.ended_at is not None:
            yield max(row.ended_at, row.valid_from)
        if isinstance(row, Obligation) and row.due_at is not None:
            yield max(row.due_at + MICROSECOND, row.valid_from)


def _differs(before: Row | None, now: Row) -> bool:
    if before is None:
        return True
    return (before.state, before.unit, before.party) != (now.state, now.unit, now.party)


def _marks(history: History) -> dict[str, str]:
    marks = {fact.id: "sealed" for fact in history.facts if fact.fact is None}
    marks |= {fact.id: "amended" for fact in history.facts if fact.corrected_by is not None}
    marks |= {fact.id: "correction" for fact in history.corrections}
    return marks | {fact.id: "voided" for fact in history.voided}


# -- as answers ------------------------------------------------------------------------------------------------------


def answer(step: Step) -> dict[str, object]:
    """The step for other programs."""
    return {
        "time": step.time,
        "facts": [
            {
                "id": fact.id,
                "fact": fact.kind.NAME,
                "state": step.marks.get(fact.id, "happened"),
                "unit": fact.envelope.actorunit,
                "recorded_at": fact.envelope.recordedtime,
            }
            for fact in step.facts
        ],
        "changes": [_change(row) for row in step.changes],
    }


def _change(row: Row) -> dict[str, object]:
    name = {Wait: "measure", Responsibility: "notion"}.get(type(row), "rule")
    return {
        "id": row.id,
        "kind": row.KIND,
        name: row.rule,
        "state": row.state,
        "party": row.party,
        "role": row.role,
        "unit": row.unit,
        "started_at": row.started_at,
        "due_at": getattr(row, "due_at", None),
        "ended_at": row.ended_at,
        "outcome": row.outcome,
        "detail": getattr(row, "detail", None),
        "value": row.value,
        "value_unit": row.value_unit if isinstance(row, Wait) else "hours" if isinstance(row, Stay) else None,
        "facts": row.facts,
    }


# -- for reading -----------------------------------------------------------------------------------------------------


def print_step(step: Step) -> None:
    """The moment, what happened and, indented, what followed."""
    when = words.when(step.time)
    for fact in step.facts:
        mark = step.marks.get(fact.id)
        unit = words.unit(fact.envelope.actorunit)
        print_line(
            (when, "bold"),
            "  ",
            (words.fact(fact.kind.NAME), "bold cyan"),
            f"  {unit}" if unit else "",
            f"  ({mark})" if mark else "",
        )
    if not step.facts:
        print_line((when, "bold"), "  ", ("time passes", "dim"))
    print_indented(17, [_told(row) for row in step.changes])


def _told(row: Row) -> tuple[str, str, str]:
    """Sign, sentence and style."""
    if isinstance(row, Stay):
        return "=", f"stay: {(row.state or '').replace('_', ' ')}{_at(row)}", ""
    if isinstance(row, Responsibility):
        whose = f"{words.owner(row.party, row.role)}{_detail(row)}"
        notion = "responsible" if row.rule == CARE else row.rule.replace("_", " ")
        if row.state == "current":
            until = f", until {words.when(row.due_at)}" if row.due_at else ""
            return "+", f"{notion}: {whose}{until}{_at(row)}", "green"
        return "-", f"no longer {notion}: {whose} ({row.outcome})", ""
    if isinstance(row, Wait):
        return _told_wait(row)
    if isinstance(row, Finding):
        return _told_finding(row)
    assert isinstance(row, Obligation)
    return _told_handoff(row)


def _told_wait(row: Wait) -> tuple[str, str, str]:
    what = f"{row.rule} {words.title(row.rule)}, {words.owner(row.party, row.role)}"
    if row.state == "waiting":
        return ">", f"clock starts: {what}", "yellow"
    how = "" if row.outcome == "done" else f" ({row.outcome})"
    return "<", f"clock stops at {words.measured(row.value, row.value_unit)}: {what}{how}", ""


def _told_handoff(row: Obligation) -> tuple[str, str, str]:
    what = f"{words.title(row.rule)} ({row.rule}){_detail(row)}"
    whose = words.owner(row.party, row.role)
    match row.state:
        case "due":
            return "+", f"owed by {words.when(row.due_at)}: {what}, {whose}", "yellow"
        case "open":
            return "+", f"owed: {what}, {whose}", "yellow"
        case "done":
            return "-", f"done: {what}, {whose}", "green"
        case "late":
            return "!", f"done late: {what}, {whose}, due {words.when(row.due_at)}", "red"
        case "missed":
            return "!", f"missed: {what}, {whose}, due {words.when(row.due_at)}", "red"
        case _:
            return "-", f"no longer owed: {what}, {whose} ({row.outcome})", ""


def _told_finding(row: Finding) -> tuple[str, str, str]:
    text = f"{about(row.rule).title.rstrip('.')}{_detail(row)}"
    if row.state == "open":
        return "!", f"does not fit: {text}", "red"
    return "-", f"fits again: {text} ({row.outcome})", ""


def _detail(row: Responsibility | Obligation | Finding) -> str:
    """What about it: why the region pays, which track, which condition."""
    return f", {words.fact(row.detail.replace(',', ', '))}" if row.detail else ""


def _at(row: Row) -> str:
    return f", {words.unit(row.unit)}" if row.unit else ""
