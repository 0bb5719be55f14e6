"""Rules and measures, whom they are about, and how each kind of row is written for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec.structs import replace

from domain.envelope import RecordedFact
from domain.history import History
from domain.rows import Cause, Figure, Obligation, Wait, row_id
from domain.stays import Stays

Word = Literal["near", "coordinated", "resource-efficient", "health-promoting", "person-centred"]
"""The five words of "God och nära vård" that figures are counted under."""


@dataclass(frozen=True)
class Rule:
    """What a rule or measure is: its id, version, source and what it asks for, in one sentence for people."""

    id: str
    title: str
    source: str
    """The paragraph or publisher."""
    severity: str = "legal"
    """``legal``, ``money``, ``local`` or ``quality`` (`domain-facts.md` §9)."""
    version: int = 1
    unit: str = "hours"
    """For measures: ``minutes``, ``hours``, ``days``, ``dates``, ``count`` or ``share``."""
    word: Word | None = None
    """For measures: under which of the region's five words it is counted."""
    values: tuple[str, ...] = ()
    """The values of the agreement that it uses, as ``limits.takeover_answer_hours``."""


@dataclass(frozen=True)
class Owner:
    """Who owes it, and in which capacity."""

    party: str | None
    role: str | None = None
    """An acting ``Role``, or a kind of care as ``mobile-team``."""
    unit: str | None = None
    follows: bool = field(default=False, compare=False)
    """The municipality that answers for the patient, and not one that somebody named: it changes with the patient's."""


@dataclass(frozen=True)
class Ending:
    """Something that ends a duty without its being done."""

    fact: RecordedFact | None
    outcome: str


@dataclass(frozen=True)
class Until:
    """Something that ends a cause of a wait: an act, or a time that was told before (``None``: not known)."""

    time: datetime | None
    outcome: str
    closed_by: tuple[str, ...] = ()

    @classmethod
    def by(cls, fact: RecordedFact | None, outcome: str) -> "Until":
        """Ended by an act, if it has happened."""
        return cls(None, outcome) if fact is None else cls(fact.time, outcome, (fact.id,))

    @property
    def when(self) -> datetime:
        assert self.time is not None
        return self.time


@dataclass(frozen=True)
class Subject:
    """What a rule is asked about, and how it writes its rows."""

    journey: UUID
    history: History
    stays: Stays

    @property
    def died(self) -> RecordedFact | None:
        return self.stays.died

    def begins(self, time: datetime) -> datetime:
        """The earliest moment at or after ``time`` at which something can be owed or waited for."""
        return time

    def common(self, opened: RecordedFact) -> dict[str, Any]:
        """What every row of this subject says: journey, stay, municipality, region, agreement."""
        raise NotImplementedError

    # -- what is concluded -----------------------------------------------------------------------------------

    def obligation(
        self,
        rule: Rule,
        opened: RecordedFact,
        owner: Owner,
        *,
        due_at: datetime | None = None,
        done: RecordedFact | None = None,
        endings: tuple[Ending, ...] = (),
        from_time: datetime | None = None,
        started_at: datetime | None = None,
        because: tuple[RecordedFact, ...] = (),
        key: str = "",
        detail: str | None = None,
    ) -> Obligation:
        """Something owed since ``from_time`` (the opening fact's time), ended by the first of what ends it.

        ``key`` tells apart duties of one party from one fact. What was done before it was owed counts as done
        at once. Done and fallen away in one moment is done.
        """
        begins = self.begins(from_time or opened.time)
        ended_at, outcome, by = _first_ending(begins, done, endings)
        return Obligation(
            id=row_id(Obligation, rule.id, opened.id, f"{owner.party or ''}/{key}"),
            rule=rule.id,
            rule_version=rule.version,
            severity=rule.severity,
            valid_from=begins,
            started_at=started_at or begins,
            due_at=due_at,
            ended_at=ended_at,
            outcome=outcome,
            party=owner.party,
            role=owner.role,
            unit=owner.unit,
            opened_by=(*(fact.id for fact in because), opened.id),
            closed_by=by,
            detail=detail,
            **self.common(opened),
        )

    def wait(
        self,
        rule: Rule,
        opened: RecordedFact,
        owner: Owner,
        *,
        started_at: datetime | None = None,
        done: RecordedFact | None = None,
        done_at: datetime | None = None,
        outcome: str = "done",
        endings: tuple[Ending, ...] = (),
        from_time: datetime | None = None,
        because: tuple[RecordedFact, ...] = (),
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Wait:
        """A wait from ``started_at`` (the opening fact's time), ended by ``done`` or cut short.

        ``done_at`` is when it ends where ``done`` tells of a later time; it cannot end before it is told.
        ``at_least`` and ``at_most`` are the limits, in the measure's unit, that shares are counted by.
        """
        begins = self.begins(from_time or opened.time)
        start = started_at or opened.time
        ended_at, ended_as, by = _first_ending(max(begins, start), done, endings, outcome, done_at)
        return Wait(
            id=row_id(Wait, rule.id, opened.id, f"{owner.party or ''}/{owner.role or ''}/{owner.unit or ''}"),
            rule=rule.id,
            rule_version=rule.version,
            valid_from=begins,
            started_at=start,
            ended_at=ended_at,
            outcome=ended_as,
            value_unit=rule.unit,
            at_least=at_least,
            at_most=at_most,
            party=owner.party,
            role=owner.role,
            unit=owner.unit,
            opened_by=(*(fact.id for fact in because), opened.id),
            closed_by=by,
            **self.common(opened),
        )

    def difference(
        self,
        rule: Rule,
        at: RecordedFact,
        owner: Owner,
        *,
        since: datetime,
        because: tuple[RecordedFact, ...],
    ) -> Wait:
        """From a time that was foretold to the act itself; known, and ended, when the act happens."""
        return replace(
            self.wait(rule, at, owner, started_at=at.time, done=at, because=because), started_at=since
        )

    def figure(
        self,
        rule: Rule,
        opened: RecordedFact,
        owner: Owner,
        number: float,
        *,
        detail: str | None = None,
        known: RecordedFact | None = None,
        known_at: datetime | None = None,
        because: tuple[RecordedFact, ...] = (),
    ) -> Figure:
        """A number about what ``opened`` began, complete when the fact ``known`` tells it, or at ``known_at``.

        Where neither is given it is known with ``opened`` itself. Nothing that happens later may change it.
        ``detail`` tells apart the numbers of one fact; ``because`` are the facts that were counted.
        """
        told = known_at or (known or opened).time
        complete = max(told, opened.time)
        rests_on = (*because, opened, *((known,) if known is not None else ()))
        return Figure(
            id=row_id(Figure, rule.id, opened.id, f"{owner.party or ''}/{owner.role or ''}/{detail or ''}"),
            rule=rule.id,
            rule_version=rule.version,
            valid_from=complete,
            started_at=opened.time,
            ended_at=complete,
            outcome="complete",
            number=number,
            value_unit=rule.unit,
            detail=detail,
            party=owner.party,
            role=owner.role,
            unit=owner.unit,
            opened_by=tuple(dict.fromkeys(fact.id for fact in rests_on)),
            **self.common(opened),
        )

    def cause(
        self,
        code: str,
        wait: Wait,
        opened: RecordedFact,
        owner: Owner,
        *,
        from_time: datetime | None = None,
        until: tuple[Until, ...] = (),
    ) -> Iterator[Cause]:
        """Why somebody waits, from ``from_time`` (the opening fact's time) until the first of ``until``.

        Clipped to the wait; nothing where no time is left of it. Several causes at once are normal.
        """
        assert wait.started_at is not None
        begins = max(from_time or opened.time, wait.started_at, wait.valid_from)
        ends = [end for end in until if end.time is not None]
        if wait.ended_at is not None:
            ends.append(Until(wait.ended_at, "wait-ended", wait.closed_by))
        end = min(ends, key=lambda one: one.when, default=None)
        if end is not None and end.when <= begins:
            return
        yield Cause(
            id=row_id(Cause, code, opened.id, str(wait.id)),
            journey=wait.journey,
            stay=wait.stay,
            rule=code,
            valid_from=begins,
            started_at=begins,
            ended_at=end.when if end is not None else None,
            outcome=end.outcome if end is not None else None,
            party=owner.party,
            role=owner.role,
            unit=owner.unit,
            municipality=wait.municipality,
            region=wait.region,
            opened_by=(opened.id,),
            closed_by=end.closed_by if end is not None else (),
            agreement=wait.agreement,
            of=wait.id,
        )

    def opening(self, wait: Wait) -> RecordedFact:
        """The fact that a wait of this subject opened with."""
        return self.history.by_id[wait.opened_by[-1]]


def _first_ending(
    begins: datetime,
    done: RecordedFact | None,
    endings: tuple[Ending, ...],
    outcome: str = "done",
    done_at: datetime | None = None,
) -> tuple[datetime | None, str | None, tuple[str, ...]]:
    ends = []
    if done is not None:
        ends.append((max(done.time, begins, *((done_at,) if done_at is not None else ())), 0, outcome, done))
    ends += [
        (max(end.fact.time, begins), 1, end.outcome, end.fact) for end in endings if end.fact is not None
    ]
    if not ends:
        return None, None, ()
    time, _, how, fact = min(ends, key=lambda end: (end[0], end[1], end[3].order))
    return time, how, (fact.id,)
