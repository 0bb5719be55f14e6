"""The project's conclusions and the naive implementation's, of the same submissions, as the same plain tuples."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from given import JOURNEY, STORE, instant
from naive.answer import answer
from naive.facts import read
from sealing import ScopeSeal

from consumers.intake.prepare import Prepared, prepare
from domain.agreement import Agreement
from domain.basis import Basis
from domain.command import Command
from domain.conclude import conclude
from domain.fact import CATALOGUE, Fact
from domain.facts._parts import foreign_fields
from domain.history import History
from domain.journey import CareJourney
from domain.rows import Cause, Figure, Finding, Obligation, Responsibility, Row, Stay, Wait, at
from domain.stays import stay_of_fact
from domain.submission import Submission

Line = tuple[Any, ...]
Adopted = list[dict[str, Any]]
"""Agreements as they could stand in a file, the one adopted first first."""
LOOSE = ("NS-review", "NS-ambulance", "NS-answer-referral")
"""Next steps of the journey, whichever stay the fact was put with."""
NEXT_STEPS = (*LOOSE, "NS-tell")
RECORDED = instant("2028-01-01T00:00:00Z")
"""When everything is recorded: after all that happens."""
ENDED = ("done", None)
COMPLETED: dict[str, tuple[str | None, ...]] = {
    "W-06": ("discharged", None),
    "W-15": ("readmitted", None),
    "W-21": ("appointed", None),
}
"""How a wait ends that was not cut short."""
CODES = ("gap-", "overlap-", "contradiction-", "regime-apart", "MH-23")


@dataclass(frozen=True)
class Told:
    """One patient's submissions, as both implementations read them."""

    history: History
    naive: dict[str, list[dict[str, Any]]]
    stays: dict[Any, UUID]
    """The naive name of a stay, and ours."""

    def moments(self, every: int = 10) -> list[datetime]:
        """After each tenth act, halfway to the next, and long after the last."""
        times = [fact["time"] for fact in self.naive["happened"]]
        chosen = times[::every]
        return (
            [*chosen, *[time + timedelta(hours=37) for time in chosen], times[-1] + timedelta(days=120)]
            if times
            else []
        )


def tell(lines: Sequence[dict[str, Any]]) -> Told:
    """Decide each line as a fact, in order of arrival; and give the naive implementation the same lines."""
    journey, seal = CareJourney(JOURNEY), ScopeSeal()
    ids: list[list[str]] = []
    stays: dict[Any, UUID] = {}
    for number, line in enumerate(lines):
        prepared = prepare(Submission.model_validate_json(json.dumps(line)), JOURNEY)
        assert isinstance(prepared, Prepared), prepared
        named = []
        for command in _commands(prepared, number):
            decided = journey.decide(command, RECORDED + timedelta(seconds=number), seal, STORE).fact
            named.append(decided.id)
            stays["by itself", decided.id] = stay_of_fact(decided.id)
        if line.get("episode"):
            stays[line["source"], line["episode"]] = _stay(line["source"], line["episode"])
        ids.append(named)
    return Told(journey.history, read(lines, ids), stays)


def _commands(prepared: Prepared, number: int) -> Iterable[Command]:
    said = prepared.submission
    for fact in prepared.facts:
        yield Command(
            journey=JOURNEY,
            fact=_with_references(fact, said.source),
            time=said.time,
            source=said.source,
            message=_reference(said.source, said.message or f"nameless {number}"),
            controller=prepared.controller,
            principal=prepared.principal,
            sequence=said.sequence,
            stay=_stay(said.source, said.episode) if said.episode else None,
            sent=said.sent,
            unit=said.unit,
            role=said.role,
            regime=said.regime if len(prepared.facts) == 1 else None,
        )


def _reference(source: str, text: str) -> str:
    return hashlib.sha256(f"{source}|{text}".encode()).hexdigest()


def _stay(source: str, episode: str) -> UUID:
    return uuid5(STORE, f"{source}|{episode}")


def _with_references(fact: Fact, source: str) -> Fact:
    """Other systems' ids as references, as the intake makes them, also in what is amended."""
    update = _references(type(fact), dict(fact), source)
    amended = CATALOGUE.get(getattr(fact, "amended_type", None) or "")
    if amended is not None:
        data = getattr(fact, "amended_data", None) or {}
        update["amended_data"] = {**data, **_references(amended, data, source)}
    return fact.model_copy(update=update)


def _references(kind: type[Fact], values: dict[str, Any], source: str) -> dict[str, Any]:
    found = {}
    for name, sort in foreign_fields(kind).items():
        if isinstance(values.get(name), str):
            episode = sort == "episode"
            found[name] = str(_stay(source, values[name])) if episode else _reference(source, values[name])
    return found


# -- ours ------------------------------------------------------------------------------------------------------


def basis_of(adopted: Adopted) -> Basis:
    return Basis(agreements=tuple(Agreement.model_validate_json(json.dumps(one)) for one in adopted))


def concluded(told: Told, adopted: Adopted) -> list[Row]:
    return conclude(JOURNEY, told.history, basis_of(adopted))


def ours(rows: Iterable[Row], now: datetime) -> Counter[Line]:
    standing = at(rows, now)
    waits = {row.id: row for row in standing if isinstance(row, Wait)}
    lines = [_line(row) for row in standing if not isinstance(row, Cause)]
    lines += [_cause(row, waits[row.of]) for row in standing if isinstance(row, Cause)]
    return Counter(line for line in lines if line is not None)


def _cause(row: Cause, of: Wait) -> Line | None:
    if row.ended_at is not None and row.ended_at == row.started_at:
        return None
    return ("cause", row.rule, of.rule, of.started_at, row.started_at, row.ended_at, row.party)


def _line(row: Row) -> Line | None:
    match row:
        case Stay():
            return ("stay", row.stay, row.state, row.started_at, row.ended_at, row.value)
        case Obligation() if row.rule.startswith("MH-") or row.rule in NEXT_STEPS:
            done = row.ended_at if row.state in ("done", "late") else None
            stay = None if row.rule in LOOSE else row.stay
            about = ("obligation", row.rule, stay, row.started_at, row.due_at, done)
            return (*about, row.state, row.party, row.role, row.detail, row.agreement)
        case Wait():
            how = (
                row.outcome
                if row.rule == "W-11" or row.outcome in COMPLETED.get(row.rule, ENDED)
                else "cut short"
            )
            stay = None if row.rule in ("W-16", "W-17", "W-18", "W-21") else row.stay
            limits = (row.at_least, row.at_most)
            line = (
                "wait",
                row.rule,
                stay,
                row.started_at,
                row.ended_at,
                how,
                row.value,
                row.value_unit,
                row.party,
                *limits,
                row.agreement,
            )
            return (*line, row.role) if row.rule == "W-18" else line
        case Figure():
            return ("figure", row.rule, row.detail, row.number, row.valid_from)
        case Finding() if row.rule.startswith(CODES):
            found: Line = ("finding", row.rule, row.started_at, row.ended_at)
            return (*found, row.agreement) if row.rule == "MH-23" else found
        case Responsibility() if row.rule == "payment":
            since = row.started_at if row.detail is None else None
            paid: Line = ("payment", row.stay, row.party, row.detail, since, row.agreement)
            return paid if row.ended_at is None else None
        case Responsibility() if row.rule in ("care", "care_contact"):
            if row.ended_at is not None and row.ended_at == row.started_at:
                return None
            return (row.rule, row.role, row.party, row.unit, row.started_at, row.ended_at)
        case _:
            return None


def theirs(told: Told, adopted: Adopted, now: datetime) -> Counter[Line]:
    """The naive lines, with our names of the stays."""
    return Counter(_named(line, told) for line in answer(told.naive, adopted, now))


def _named(line: Line, told: Told) -> Line:
    if line[:2] == ("wait", "W-18"):
        return line[:-2]
    if line[:2] == ("wait", "W-21"):
        return ("wait", "W-21", None, *line[3:])
    if line[0] in ("stay", "payment"):
        return (line[0], told.stays[line[1]], *line[2:])
    if line[0] in ("obligation", "wait") and line[2] is not None:
        return (line[0], line[1], told.stays[line[2]], *line[3:])
    return line


def differences(naive: Counter[Line], project: Counter[Line]) -> list[str]:
    """What only one of them says, in a form a person can read."""
    found = [f"naive only:   {_read(line)}" for line in (naive - project)]
    found += [f"project only: {_read(line)}" for line in (project - naive)]
    return sorted(found, key=lambda text: text.split(": ", 1)[1])


def _read(line: Line) -> str:
    return " | ".join(
        f"{part:%Y-%m-%dT%H:%M:%S.%f}Z" if isinstance(part, datetime) else str(part)[:40] for part in line
    )
