"""`carechain journey diff` worked out and printed: what changed between two states of knowledge, and because of what."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cli import words
from cli.clocks import Clocks
from cli.history import load_facts
from cli.output import say, shown
from cli.page import mark, print_list, print_table
from domain.about import about
from domain.knowledge import Change, Comparison, Learned, compare, said
from domain.responsibility import NEXT_STEP
from domain.rows import Cause, Figure, Finding, Responsibility, Row, Stay, Wait

if TYPE_CHECKING:
    from uuid import UUID

    from domain.envelope import RecordedFact
    from infra.postgres import Connection

COLUMNS = ("id", "journey", "kind", "rule", "title", "detail", "change", "party", "role", "unit", "attributes", "before",
           "after", "because")  # fmt: skip
_LABELS = {
    "started_at": "began",
    "ended_at": "ended",
    "due_at": "due",
    "party": "whose",
    "at_least": "at least",
    "at_most": "at most",
    "leave_closed": "leaves over",
    "leave_since": "on leave since",
    "paused_since": "paused since",
    "number": "value",
}
_MANY = 3
"""More reasons than this for one line are counted, not told: --json tells all."""


def compared(
    connection: "Connection", journey: "UUID", first: datetime, clocks: Clocks
) -> tuple[Comparison, str | None]:
    """What changed from ``first`` (UTC) to ``clocks.known_at``, and why it may not be all.

    Raises ``Refused`` where nothing was known of the journey even then.
    """
    from consumers.journal import Journal
    from consumers.past import bases, nothing_known

    assert clocks.known_at is not None
    facts, incomplete = load_facts(connection, journey, clocks.known_at)
    if not facts and incomplete is None:
        raise nothing_known()
    held = bases(Journal(connection).reference(), known_from=first, known_at=clocks.known_at)
    found = compare(journey, facts, held, known_from=first, known_at=clocks.known_at, as_of=clocks.now)
    return found, incomplete


# -- as answers ------------------------------------------------------------------------------------------------------


def answers(found: Comparison) -> list[dict[str, Any]]:
    """One answer for each row that says something else, with the facts that made it so."""
    learned = [_learned(one) for one in found.learned]
    return [
        {
            "id": change.row.id,
            "journey": change.row.journey,
            "kind": change.row.KIND,
            "rule": change.row.rule,
            "title": about(change.row.rule, getattr(change.row, "detail", None)).title,
            "detail": getattr(change.row, "detail", None),
            "change": change.how,
            "party": change.row.party,
            "role": change.row.role,
            "unit": change.row.unit,
            "attributes": list(change.attributes),
            "before": _said(change.before, change.attributes),
            "after": _said(change.after, change.attributes),
            "because": [learned[number] for number in change.because],
        }
        for change in found.changes
    ]


def _said(row: Row | None, attributes: Sequence[str]) -> dict[str, Any] | None:
    if row is None:
        return None
    return {name: value for name, value in said(row).items() if not attributes or name in attributes}


def learned_answers(found: Comparison) -> list[dict[str, Any]]:
    """Everything recorded in between, in order; also what changed nothing at the moment asked about."""
    return [_learned(one) for one in found.learned]


def _learned(one: Learned) -> dict[str, Any]:
    if one.fact is None:
        return {
            "recorded_at": one.recorded_at,
            "adopted": list(one.adopted),
            "withdrawn": list(one.withdrawn),
        }
    return {
        "recorded_at": one.recorded_at,
        "id": one.fact.id,
        "fact": one.fact.kind.NAME,
        "time": one.fact.time,
        "unit": one.fact.envelope.actorunit,
        "corrects": [{"id": fact.id, "fact": fact.kind.NAME, "time": fact.time} for fact in one.corrects],
    }


# -- for reading -----------------------------------------------------------------------------------------------------


def print_comparison(found: Comparison, clocks: Clocks) -> None:
    """What was recorded in between, then what it changed."""
    print_list(
        "Recorded in between",
        [(words.when(one.recorded_at), _told(one)) for one in found.learned],
        empty="nothing",
    )
    changes = [change for change in found.changes if _worth_telling(change)]
    if changes:
        print_table([_line(change, found.learned) for change in changes])
    else:
        say(f"It changes nothing of what is said as of {words.when(clocks.now)}.")
    rest = sum(change.attributes == ("agreement",) for change in found.changes)
    if rest:
        say(f"{rest} more rest on another agreement and say the same (--json tells which).")


def _worth_telling(change: Change) -> bool:
    """The next step says what the handoff it follows from says."""
    return change.row.rule != NEXT_STEP and change.attributes != ("agreement",)


def _line(change: Change, learned: Sequence[Learned]) -> dict[str, object]:
    row = change.row
    whose = words.owner(row.party, row.role) if row.party else words.unit(row.unit)
    style = {"appeared": "green", "vanished": "red"}.get(change.how, "")
    because = [_told(learned[number], recorded=True) for number in change.because[-_MANY:]]
    more = len(change.because) - len(because)
    return {
        "what": f"{_title(row)}{', ' if whose else ''}{whose}",
        "before -> after": mark(_turned(change), style),
        "because": "; ".join([*([f"{more} facts before, and"] if more else []), *because]),
    }


def _title(row: Row) -> str:
    detail = getattr(row, "detail", None)
    title = about(row.rule, detail).title.rstrip(".")
    if not isinstance(row, Finding | Cause | Responsibility | Stay):
        title += f" ({row.rule})"
    return f"{title}, {words.fact(detail.replace(',', ', '))}" if detail else title


def _turned(change: Change) -> str:
    if change.before is None:
        return f"nothing -> {_phrase(change.row)}"
    if change.after is None:
        return f"{_phrase(change.row)} -> nothing"
    before, after = said(change.before), said(change.after)
    return "; ".join(
        f"{label}{_value(name, before[name], change.before)} -> {_value(name, after[name], change.after)}"
        for label, name in _labelled(change)
    )


def _labelled(change: Change) -> Iterator[tuple[str, str]]:
    """Each attribute that differs, the state first and without a name; how a row ended stands in its state."""
    names = set(change.attributes)
    if "state" in names:
        yield "", "state"
        names -= {"state", "outcome"}
    for name in change.attributes:
        if name in names:
            yield f"{_LABELS.get(name, name.replace('_', ' '))} ", name


def _phrase(row: Row) -> str:
    """A row by itself: its state, and its times."""
    times = [
        f"{label} {words.when(time)}"
        for label, time in (
            ("from", row.started_at),
            ("due", getattr(row, "due_at", None)),
            ("ended", row.ended_at),
        )
        if time is not None
    ]
    value = _value("value", row.value, row) if isinstance(row, Wait | Figure) else ""
    return ", ".join(part for part in (_value("state", row.state, row), value, *times) if part)


def _value(name: str, value: Any, row: Row) -> str:
    if value is None:
        return "none"
    if isinstance(value, timedelta):
        return words.length(value)
    if name == "value":
        return words.measured(value, getattr(row, "value_unit", "hours"))
    if name == "party":
        return words.party(value)
    if name in ("unit", "organisation"):
        return words.unit(value)
    if name in ("municipality", "region"):
        return words.party(f"{name}:{value}")
    if name in ("state", "outcome", "detail", "phase"):
        return str(value).replace("-", " ").replace("_", " ")
    return str(shown(value))


def _told(one: Learned, *, recorded: bool = False) -> str:
    """What was learned, in plain words."""
    by = f", recorded {words.when(one.recorded_at)}" if recorded else ""
    if one.fact is None:
        parts = {"adopted": one.adopted, "withdrawn": one.withdrawn}
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names) + by
    unit = "" if recorded else words.unit(one.fact.envelope.actorunit)
    about_what = "".join(f" (was: {_fact(fact)})" for fact in one.corrects)
    return f"{_fact(one.fact)}{about_what}{f', {unit}' if unit else ''}{by}"


def _fact(fact: "RecordedFact") -> str:
    return f"{words.fact(fact.kind.NAME)} {words.when(fact.time)}"


def envelope(found: Comparison, first: datetime, clocks: Clocks) -> Mapping[str, object]:
    """What the JSON envelope says besides the changes."""
    return {
        "as_of": clocks.now,
        "known_at": [first, clocks.known_at],
        "provisional": clocks.provisional,
        "learned": learned_answers(found),
    }
