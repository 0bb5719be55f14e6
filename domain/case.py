"""One stay with what surrounds it: what rules and measures are asked about, and how they write their rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from domain.agreement import Agreement
from domain.envelope import RecordedFact
from domain.fact import Role
from domain.facts._parts import Recipient, Recipients
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyWithdrawn,
)
from domain.facts.notification import AdmissionNotified
from domain.history import History
from domain.rows import Obligation, Row, Wait, row_id
from domain.stays import Stay, Stays


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
    """For measures: ``minutes``, ``hours``, ``days`` or ``dates``."""


@dataclass(frozen=True)
class Owner:
    """Who owes it, and in which capacity."""

    party: str | None
    role: Role | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Ending:
    """Something that ends a duty without its being done."""

    fact: RecordedFact | None
    outcome: str


@dataclass(frozen=True)
class ReadyPeriod:
    """From a declaration (or a notice that came without one) until it is withdrawn, if it is."""

    declared: RecordedFact | None
    notice: RecordedFact | None
    withdrawn: RecordedFact | None

    @property
    def begun(self) -> RecordedFact:
        """Whichever of the two came first: a declaration told late does not move the beginning."""
        first = [fact for fact in (self.declared, self.notice) if fact is not None]
        return min(first, key=lambda fact: fact.order)


@dataclass(frozen=True)
class Case:
    journey: UUID
    history: History
    stays: Stays
    stay: Stay
    agreement: Agreement

    # -- who -------------------------------------------------------------------------------------------------

    def hospital(self, opened: RecordedFact) -> Owner:
        """*Sluten vård*: the region, by the ward the patient was on when it became owed."""
        units = [phase.unit for phase in self.stay.phases if phase.since <= self._begins(opened.time)]
        return Owner(self._region(), "inpatient", units[-1] if units else None)

    def open_care(self, unit: str | None = None) -> Owner:
        """The region's *öppna vård*."""
        return Owner(self._region(), "open-care", unit)

    def municipality(
        self, code: str | None = None, role: Role = "municipal-health", unit: str | None = None
    ) -> Owner:
        code = code or self.stay.municipality
        return Owner(f"municipality:{code}" if code else None, role, unit)

    def receiver(self, recipient: Recipient) -> Owner:
        """Who a recipient is: the region for open care, its municipality otherwise."""
        if recipient.role in ("municipal-health", "social-services"):
            return self.municipality(recipient.municipality, recipient.role, recipient.unit)
        return Owner(self._region(), recipient.role, recipient.unit)

    def _region(self) -> str | None:
        return f"region:{self.stay.region}" if self.stay.region else None

    # -- what happened ---------------------------------------------------------------------------------------

    @property
    def died(self) -> RecordedFact | None:
        return self.stays.died

    @cached_property
    def readmitted(self) -> RecordedFact | None:
        """The next admission of the patient, in another stay, at or after this one's discharge."""
        if self.stay.ended is None:
            return None
        later = [
            other.admitted
            for other in self.stays.stays.values()
            if other is not self.stay and other.admitted and other.admitted.time >= self.stay.ended.time
        ]
        return min(later, key=lambda fact: fact.order, default=None)

    def stopped(self) -> Ending:
        """Death, cancellation or the case being closed: nothing more is owed."""
        stops = [stop for stop in (self.died, self.stay.closed, self._cancelled()) if stop is not None]
        return Ending(min(stops, key=lambda fact: fact.order, default=None), "stopped")

    def _cancelled(self) -> RecordedFact | None:
        ended = self.stay.ended
        return ended if ended is not None and self.stay.phase == "cancelled" else None

    def stay_ended(self) -> Ending:
        return Ending(self.stay.ended, "stay-ended")

    def notice_with(self, *roles: Role) -> tuple[RecordedFact, Recipients] | None:
        """The first admission notice that went to somebody in one of these capacities, and to whom."""
        for recorded, fact in self.stay.all(AdmissionNotified):
            found = tuple(recipient for recipient in fact.recipients if recipient.role in roles)
            if found:
                return recorded, found
        return None

    @cached_property
    def ready_periods(self) -> tuple[ReadyPeriod, ...]:
        """A declaration repeated within a period changes nothing; a notice after a withdrawal begins a new one."""
        periods: list[ReadyPeriod] = []
        declared = notice = None
        for fact in self.stay.facts:
            if fact.kind is DischargeReadyDeclared:
                declared = declared or fact
            elif fact.kind is DischargeReadyNotified:
                notice = notice or fact
            elif fact.kind is DischargeReadyWithdrawn and (declared or notice):
                periods.append(ReadyPeriod(declared, notice, fact))
                declared = notice = None
        if declared or notice:
            periods.append(ReadyPeriod(declared, notice, None))
        return tuple(periods)

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
    ) -> Obligation:
        """Something owed since ``from_time`` (the opening fact's time), ended by the first of what ends it.

        ``key`` tells apart duties of one party from one fact. What was done before it was owed counts as done
        at once. Done and fallen away in one moment is done.
        """
        begins = self._begins(from_time or opened.time)
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
            **self._common(),
        )

    def wait(
        self,
        rule: Rule,
        opened: RecordedFact,
        owner: Owner,
        *,
        started_at: datetime | None = None,
        done: RecordedFact | None = None,
        outcome: str = "done",
        endings: tuple[Ending, ...] = (),
        from_time: datetime | None = None,
        because: tuple[RecordedFact, ...] = (),
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Wait:
        """A wait from ``started_at`` (the opening fact's time), ended by ``done`` or cut short.

        ``at_least`` and ``at_most`` are the limits, in the measure's unit, that shares are counted by.
        """
        begins = self._begins(from_time or opened.time)
        start = started_at or opened.time
        ended_at, ended_as, by = _first_ending(max(begins, start), done, endings, outcome)
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
            **self._common(),
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

    def _begins(self, time: datetime) -> datetime:
        """Nothing is owed under LUS before the admission, also where a message puts an act before it."""
        assert self.stay.admitted is not None
        return max(time, self.stay.admitted.time)

    def _common(self) -> dict[str, Any]:
        return {
            "journey": self.journey,
            "stay": self.stay.id,
            "municipality": self.stay.municipality,
            "region": self.stay.region,
            "agreement": self.agreement.name,
        }


def _first_ending(
    begins: datetime,
    done: RecordedFact | None,
    endings: tuple[Ending, ...],
    outcome: str = "done",
) -> tuple[datetime | None, str | None, tuple[str, ...]]:
    ends = [(max(done.time, begins), 0, outcome, done)] if done is not None else []
    ends += [
        (max(end.fact.time, begins), 1, end.outcome, end.fact) for end in endings if end.fact is not None
    ]
    if not ends:
        return None, None, ()
    time, _, how, fact = min(ends, key=lambda end: (end[0], end[1], end[3].order))
    return time, how, (fact.id,)


Conclude = Callable[[Case], Iterator[Row]]
"""What each module of ``domain.rules`` and ``domain.waits`` offers as ``rows``."""
