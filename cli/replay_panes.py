"""What a replay's panes say at one step: the facts so far, who is responsible for what, and the running clocks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cli import words
from cli.output import STOCKHOLM
from cli.replay import Replay, Standing, Step, standing
from cli.replay_lines import Line, Tone
from domain.envelope import RecordedFact
from domain.responsibility import CARE, NEXT_STEP
from domain.rows import Cause, Obligation, Responsibility, Row, Stay, TimelineEntry, Wait

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Panes:
    """What is seen at one step."""

    number: int
    """Counted from 1."""
    of: int
    moment: str
    stays: str
    facts: tuple[Line, ...]
    responsibility: tuple[Line, ...]
    clocks: tuple[Line, ...]


def panes(replay: Replay, number: int, *, units: bool = True) -> Panes:
    """The panes at step ``number`` (counted from 0). Without ``units`` the facts name whoever acted, not where."""
    now = replay.steps[number].time
    found = standing(replay.rows, now, replay.steps[number - 1].time if number else None)
    return Panes(
        number=number + 1,
        of=len(replay.steps),
        moment=moment(now),
        stays=_stays(found),
        facts=tuple(_facts(replay, number, units=units)),
        responsibility=tuple(_responsibility(found)),
        clocks=tuple(_clocks(found, now)),
    )


def moment(instant: datetime) -> str:
    """Swedish local time with weekday and offset; seconds only where there are any."""
    local = instant.astimezone(STOCKHOLM)
    return f"{local:%a} {_time(instant)} {local.isoformat()[-6:]}"


def _time(instant: datetime) -> str:
    local = instant.astimezone(STOCKHOLM)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


# -- facts ---------------------------------------------------------------------------------------------------------


def _facts(replay: Replay, number: int, *, units: bool) -> Iterator[Line]:
    """All that happened up to the step, oldest first; where no fact came, that time passed a limit."""
    known = {row.opened_by[0]: row for row in replay.rows if isinstance(row, TimelineEntry)}
    for step in replay.steps[: number + 1]:
        now = step is replay.steps[number]
        if not step.facts:
            yield from _time_passed(step, now=now)
        for fact in step.facts:
            mark = step.marks.get(fact.id)
            gone = mark == "voided"
            what = words.fact(fact.kind.NAME) + (f" ({mark})" if mark else "")
            who = _who(fact, known.get(fact.id), units=units)
            sign = ("-" if gone else "+") if now else ""
            yield Line(sign, (_when(fact), what, who), "gone" if gone else "new" if now else "")


def _when(fact: RecordedFact) -> str:
    to_the_day = fact.envelope.timeprecision == "day" and fact.corrected_by is None
    return _time(fact.time)[: 10 if to_the_day else None]


def _who(fact: RecordedFact, entry: TimelineEntry | None, *, units: bool) -> str:
    unit = words.unit(fact.envelope.actorunit)
    if entry is None or entry.party is None:
        return unit or words.party(None)
    return ", ".join([words.owner(entry.party, entry.role), *([unit] if unit and units else [])])


def _time_passed(step: Step, *, now: bool) -> Iterator[Line]:
    """Who missed what, or what began or ended, a line for each owner."""
    told: dict[tuple[str, str], list[str]] = {}
    for row in step.changes:
        how = "missed" if row.state == "missed" else "begins" if row.ended_at is None else "ends"
        told.setdefault((_owner(row), how), []).append(row.rule.replace("_", " "))
    for (owner, how), rules in told.items():
        alarm = now and how == "missed"
        sign = "!" if alarm else "+" if now else ""
        tone: Tone = "alarm" if alarm else "new" if now else ""
        yield Line(sign, (_time(step.time), f"{', '.join(rules)} {how}", owner), tone)


# -- stays and responsibility --------------------------------------------------------------------------------------


def _stays(found: Sequence[Standing]) -> str:
    """Where the patient is, in one line."""
    stays = [
        f"{one.sign} {(one.row.state or '').replace('_', ' ')}".lstrip()
        + (f" at {words.unit(one.row.unit)}" if one.row.unit else "")
        for one in found
        if isinstance(one.row, Stay)
    ]
    return "; ".join(stays) or "none now"


def _responsibility(found: Sequence[Standing]) -> Iterator[Line]:
    """Every notion of responsibility, by who has it: who gives the care first."""
    mine = [one for one in found if isinstance(one.row, Responsibility)]
    carers = {_owner(one.row) for one in mine if one.row.rule == CARE and one.row.ended_at is None}
    yield from _by_owner(mine, _notion, lambda owner: (owner not in carers, owner))


def _notion(one: Standing) -> Line:
    row = one.row
    assert isinstance(row, Responsibility)
    detail = [_what(row.detail)] if row.detail else []
    if row.ended_at is not None:
        tell = [*detail, _ended(row)]
    elif row.rule == NEXT_STEP:
        # Those with a limit are among the clocks, which say it.
        tell = [*detail, *([] if row.due_at else ["no limit"])]
    else:
        tell = [*detail, *([words.unit(row.unit)] if row.unit else []), f"since {words.when(row.started_at)}"]
    return Line(one.sign, (row.rule.replace("_", " "), ", ".join(tell)), _tone(one))


def _ended(row: Responsibility) -> str:
    if row.outcome == "done":
        return "done"
    how = "no longer owed" if row.rule == NEXT_STEP else "ended"
    return f"{how} ({row.outcome})" if row.outcome else how


# -- clocks --------------------------------------------------------------------------------------------------------


def _clocks(found: Sequence[Standing], now: datetime) -> Iterator[Line]:
    """What runs at the moment, by who has it: what is owed by a time, the oldest first, and who waits for what."""
    running = [
        one
        for one in found
        if isinstance(one.row, Wait) or (isinstance(one.row, Obligation) and one.row.due_at is not None)
    ]
    causes: dict[UUID, list[Standing]] = {}
    for one in found:
        if isinstance(one.row, Cause):
            causes.setdefault(one.row.of, []).append(one)
    yield from _by_owner(running, lambda one: _clock(one, now), lambda owner: (False, owner), causes)


def _clock(one: Standing, now: datetime) -> Line:
    row = one.row
    if isinstance(row, Wait):
        return Line(one.sign, (_waited(row, now), _measure(row)), _tone(one))
    assert isinstance(row, Obligation)
    tell = [_what(row.rule), *([words.fact(row.detail)] if row.detail else [])]
    if row.state in ("due", "missed", "late"):
        tell.append(f"{'by' if row.state == 'due' else 'was due'} {words.when(row.due_at)}")
    if row.ended_at is not None and row.outcome not in (None, "done"):
        tell.append(str(row.outcome))
    return Line(one.sign, (_left(row, now), ", ".join(tell)), _tone(one))


def _left(row: Obligation, now: datetime) -> str:
    assert row.due_at is not None
    if row.ended_at is not None:
        return {"late": "done late", "cancelled": "not owed"}.get(row.state or "", row.state or "")
    minutes = round((row.due_at - now) / A_MINUTE)
    if minutes == 0:
        return "due now" if row.state == "due" else "missed now"
    return f"{words.length(abs(minutes) * A_MINUTE)} {'left' if row.state == 'due' else 'late'}"


def _waited(row: Wait, now: datetime) -> str:
    if row.started_at == now and row.ended_at is None:
        return "starts now"
    value = words.measured(row.value, row.value_unit)
    return f"{value} so far" if row.ended_at is None else f"{value}, ended"


def _measure(row: Wait) -> str:
    tell = [_what(row.rule)]
    if row.ended_at is None and row.at_most is not None:
        tell.append(f"at most {words.measured(row.at_most, row.value_unit)}")
    if row.ended_at is None and row.paused_since is not None:
        tell.append("paused")
    if row.ended_at is not None and row.outcome not in (None, "done"):
        tell.append(str(row.outcome))
    return ", ".join(tell)


def _because(one: Standing) -> Line:
    """Why somebody waits, under the wait, and who could end it."""
    tell = f"because: {words.fact(words.title(one.row.rule))}, {_owner(one.row)}"
    return Line(one.sign, ("", tell), _tone(one))


# -- what the panes share ------------------------------------------------------------------------------------------


def _owner(row: Row) -> str:
    return words.owner(row.party, row.role)


def _what(rule: str) -> str:
    """What a rule or measure asks for, and its id; words that are no rule's stand as they are."""
    title = words.title(rule)
    return words.fact(rule) if title == rule else f"{title} ({rule})"


def _by_owner(
    found: Iterable[Standing],
    line: Callable[[Standing], Line],
    order: Callable[[str], tuple[bool, str]],
    causes: Mapping[UUID, Sequence[Standing]] | None = None,
) -> Iterator[Line]:
    owners: dict[str, list[Standing]] = {}
    for one in found:
        owners.setdefault(_owner(one.row), []).append(one)
    for owner in sorted(owners, key=order):
        yield Line("", (owner,), "heading")
        for one in sorted(owners[owner], key=_place):
            yield line(one)
            yield from map(_because, (causes or {}).get(one.row.id, ()))


def _place(one: Standing) -> tuple[object, ...]:
    """Care, other notions, next steps; what is due by when it is due; waits."""
    row = one.row
    due: datetime | None = getattr(row, "due_at", None)
    rank = {CARE: 0, NEXT_STEP: 2}.get(row.rule, 1) if isinstance(row, Responsibility) else 3
    return (
        rank,
        due is None,
        due.timestamp() if due else 0,
        getattr(row, "detail", None) or "",
        row.rule,
        row.id,
    )


def _tone(one: Standing) -> Tone:
    if one.sign == "!":
        return "alarm"
    if one.row.ended_at is not None:
        return ""
    return "late" if one.row.state == "missed" else "new" if one.sign else ""
