"""Which facts belong to which stay, and each stay's states from its beginning to its end.

Everything here looks only backward from each fact, so that a stay as it was at a moment never depends on what
came after it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.belonging import AFTER_A_STAY, NOT_ONLY_IN_LIFE, OF_A_STAY
from domain.calendar import local_date
from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.discharge import EpisodeCancelled, EpisodeClosed, PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.history import History
from domain.reference import is_region
from domain.rows import named_id

OPENING = (PatientAdmitted, EmergencyVisitStarted)
AnyFact = TypeVar("AnyFact", bound=Fact)
OPEN_PHASES = ("inpatient", "outpatient", "on_leave")


def stay_of_episode(source: str, episode_ref: str) -> UUID:
    """The stay's id: UUIDv5 of the source and the keyed hash of its episode."""
    return named_id(f"stay|{source}|{episode_ref}")


def stay_of_fact(fact_id: str) -> UUID:
    """The stay that an admission without an episode opens."""
    return named_id(f"stay|{fact_id}")


class Phase(msgspec.Struct, frozen=True):
    """One state of a stay, from ``since`` until the next. A struct, as each is made by changing the one before."""

    since: datetime
    by: RecordedFact
    phase: str
    unit: str | None
    organisation: str | None
    leave_closed: timedelta = timedelta()
    leave_since: datetime | None = None
    started_at: datetime | None = None
    """When the stay began, as far as it was known ``since`` then."""


@dataclass(frozen=True)
class Oddity:
    """A fact that does not fit; it becomes a finding."""

    code: str
    fact: RecordedFact
    detail: str | None = None


@dataclass
class Stay:
    """The facts of one stay in order, and what they make of it."""

    id: UUID
    facts: list[RecordedFact] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    opened: RecordedFact | None = None
    admitted: RecordedFact | None = None
    """The first admission to inpatient care."""
    ended: RecordedFact | None = None
    closed: RecordedFact | None = None
    """``EpisodeClosed``: nothing more is expected."""
    started_at: datetime | None = None
    placed: RecordedFact | None = None
    """A placement by another municipality that held when the stay began (SoL 29:2, LUS 5:2)."""
    moves: list[RecordedFact] = field(default_factory=list)
    """Changes of the responsible municipality before the stay ended."""
    _by_kind: defaultdict[type, list[RecordedFact]] = field(default_factory=lambda: defaultdict(list))

    def add(self, fact: RecordedFact) -> None:
        """Put a fact with the stay, after those it has."""
        self.facts.append(fact)
        self._by_kind[type(fact.fact)].append(fact)

    def enter(self, phase: Phase) -> None:
        """Go over to another state, with the beginning as it is known now."""
        self.phases.append(replace(phase, started_at=self.started_at))

    @property
    def phase(self) -> str | None:
        return self.phases[-1].phase if self.phases else None

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN_PHASES

    @property
    def region(self) -> str | None:
        """The region that gives the care, where admission or visit says so; LUS applies only then."""
        return self.region_known(None)

    @property
    def municipality(self) -> str | None:
        """The municipality that answers for the patient: *folkbokföring* as told, or who placed them (LUS 5:2)."""
        return self.municipality_known(None)

    def region_known(self, by: datetime | None) -> str | None:
        """The region, as far as it was known ``by`` then."""
        for fact in (self.admitted, self.opened):
            if fact is not None and (by is None or fact.time <= by):
                principal = fact.envelope.principal
                if principal is not None and is_region(principal):
                    return principal
        return None

    def municipality_known(self, by: datetime | None) -> str | None:
        """The municipality, as far as it was known ``by`` then."""
        for move in reversed(self.moves):
            if by is None or move.time <= by:
                return _new_municipality(move)
        if self.placed is not None and self.opened is not None and (by is None or self.opened.time <= by):
            return _new_municipality(self.placed)
        for fact in (self.admitted, self.opened):
            if fact is not None and (by is None or fact.time <= by):
                value = fact.fact
                if isinstance(value, OPENING) and value.municipality:
                    return value.municipality
        return None

    @property
    def under_lus(self) -> bool:
        """LUS 1:1-1:3: inpatient care that a Swedish region gives."""
        return self.admitted is not None and self.region is not None

    @property
    def discharged(self) -> RecordedFact | None:
        """The discharge from inpatient care that ended the stay."""
        return self.ended if self.ended is not None and self.ended.kind is PatientDischarged else None

    def all(
        self, kind: type[AnyFact], where: Callable[[AnyFact], bool] = lambda _: True
    ) -> Iterator[tuple[RecordedFact, AnyFact]]:
        """The stay's facts of this kind, in order, with their readable data."""
        for recorded in self._by_kind.get(kind, ()):
            if isinstance(recorded.fact, kind) and where(recorded.fact):
                yield recorded, recorded.fact

    def first(
        self,
        kind: type[AnyFact],
        where: Callable[[AnyFact], bool] = lambda _: True,
        since: datetime | None = None,
    ) -> RecordedFact | None:
        """The first fact of this kind, at or after ``since``."""
        for recorded, _ in self.all(kind, where):
            if since is None or recorded.time >= since:
                return recorded
        return None


@dataclass
class Stays:
    """All stays of a journey, what stands outside them, and what does not fit."""

    stays: dict[UUID, Stay] = field(default_factory=dict)
    outside: list[RecordedFact] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)
    died: RecordedFact | None = None
    residence: list[RecordedFact] = field(default_factory=list)
    """Every change of the responsible municipality, in order."""
    _last_ended: Stay | None = None

    @classmethod
    def of(cls, history: History) -> "Stays":
        self = cls()
        events = [
            *((f, False) for f in history.facts),
            *((f, True) for f in history.voided if f.kind in OPENING),
        ]
        for fact, voided in sorted(events, key=lambda event: (event[0].order, not event[1])):
            if voided:
                self._annul(fact)
            else:
                self._place(fact)
        return self

    def open_at_end(self) -> Stay | None:
        """The stay that is open after the last fact; of several, the one that began last."""
        return next((stay for stay in reversed(self.stays.values()) if stay.is_open), None)

    def last(self) -> Stay | None:
        """The stay a fact without one belongs to: the open one, else the last that ended."""
        return self.open_at_end() or self._last_ended

    def _annul(self, fact: RecordedFact) -> None:
        """An annulled admission: the stay is shown as cancelled until something valid opens it."""
        stay = self._stay(fact.stay or stay_of_fact(fact.id))
        if not stay.phases:
            stay.add(fact)
            stay.started_at = fact.time
            unit, organisation = _where(fact)
            stay.enter(Phase(fact.time, fact, "cancelled", unit, organisation))

    def _place(self, fact: RecordedFact) -> None:
        if self.died is not None and fact.time > self.died.time and _of_the_living(fact):
            self.oddities.append(Oddity("after-death", fact))
        if fact.kind is PatientDeceased:
            self._die(fact)
            return
        if fact.kind is ResponsibleMunicipalityChanged:
            self._move(fact)
            return
        stay = self._stay_for(fact)
        if stay is None:
            self.outside.append(fact)
            if fact.kind.NAME in OF_A_STAY:
                self.oddities.append(Oddity("no-stay", fact))
            return
        stay.add(fact)
        handler = _HANDLERS.get(fact.kind)
        if handler is not None:
            before = stay.ended
            self.oddities.extend(Oddity(code, fact) for code in handler(stay, fact))
            self._watch(stay, fact, before)

    def _move(self, fact: RecordedFact) -> None:
        """The person moves, not the stay: every stay that is open goes along, those that have ended stay as they were."""
        if isinstance(fact.fact, ResponsibleMunicipalityChanged) and fact.fact.to_municipality:
            self.residence.append(fact)
            for stay in self.stays.values():
                if stay.is_open:
                    stay.moves.append(fact)
        self.outside.append(fact)

    def _placement(self) -> RecordedFact | None:
        """The placement that holds now, unless something else was said of the municipality since."""
        last = self.residence[-1] if self.residence else None
        value = last.fact if last is not None else None
        placed = isinstance(value, ResponsibleMunicipalityChanged) and value.ground == "placement"
        return last if placed else None

    def _watch(self, stay: Stay, fact: RecordedFact, before: RecordedFact | None) -> None:
        """Notice what one stay cannot see alone: that it ended, or that another is open as it opens."""
        if stay.ended is not None and before is None:
            self._last_ended = stay
        if stay.opened is fact:
            stay.placed = self._placement()
            if any(other.is_open for other in self.stays.values() if other is not stay):
                self.oddities.append(Oddity("two-open-stays", fact))
            self.stays[stay.id] = self.stays.pop(stay.id)  # the last begun stands last

    def _stay_for(self, fact: RecordedFact) -> Stay | None:
        if fact.stay is not None:
            return self._stay(fact.stay)
        if fact.kind in OPENING:
            return self._stay(stay_of_fact(fact.id))
        if fact.kind.NAME in AFTER_A_STAY:
            return self._last_inpatient() or self.last()
        return self.last()

    def _last_inpatient(self) -> Stay | None:
        """The stay in inpatient care that is open, else the last that ended; visits do not count."""
        admitted = [stay for stay in self.stays.values() if stay.admitted is not None]
        opened = [stay for stay in admitted if stay.is_open]
        return opened[-1] if opened else max(admitted, key=_ended, default=None)

    def _stay(self, stay_id: UUID) -> Stay:
        return self.stays.setdefault(stay_id, Stay(stay_id))

    def _die(self, fact: RecordedFact) -> None:
        if self.died is None:
            self.died = fact
            touched = [stay for stay in self.stays.values() if stay.is_open]
        elif _may_be_one_time(fact, self.died):
            touched = []  # the same death told again ends the stay it was told of, too
        else:
            self.oddities.append(Oddity("died-twice", fact))
            return
        own = None if fact.stay is None else self._stay(fact.stay)
        if own is not None and own not in touched and own.ended is None and own.phase != "cancelled":
            touched.append(own)
            if own.opened is None:
                # Dead on arrival: the one message tells the beginning as well, and nothing is missing.
                own.started_at = getattr(fact.fact, "admitted_at", None)
                if own.started_at is None:
                    self.oddities.append(Oddity("end-without-start", fact))
        for stay in touched:
            stay.add(fact)
            _end(stay, fact, "deceased")
            self._last_ended = stay
        if not touched and self.died is fact:
            self.outside.append(fact)


def _of_the_living(fact: RecordedFact) -> bool:
    return fact.kind is not PatientDeceased and fact.kind.NAME not in NOT_ONLY_IN_LIFE


def _may_be_one_time(one: RecordedFact, other: RecordedFact) -> bool:
    """Whether two times are the same as far as both are known."""
    if "day" in (one.envelope.timeprecision, other.envelope.timeprecision):
        return local_date(one.time) == local_date(other.time)
    return one.time == other.time


def _ended(stay: Stay) -> tuple[datetime, int, int, str]:
    assert stay.ended is not None
    return stay.ended.order


def _new_municipality(change: RecordedFact) -> str | None:
    value = change.fact
    return value.to_municipality if isinstance(value, ResponsibleMunicipalityChanged) else None


def _where(fact: RecordedFact) -> tuple[str | None, str | None]:
    value = fact.fact
    if isinstance(value, OPENING):
        return value.unit or fact.envelope.actorunit, value.organisation
    return fact.envelope.actorunit, None


def _admit(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    unit, organisation = _where(fact)
    if stay.ended is not None:
        if stay.opened is None:
            yield "times-backwards"
        elif fact.time > stay.ended.time:
            yield "after-end"
        return
    if stay.admitted is None:
        stay.admitted = fact
        stay.opened = stay.opened or fact
        leave = stay.phases[-1] if stay.phases and stay.phases[-1].phase == "on_leave" else None
        if stay.started_at is None or stay.phase == "cancelled":
            stay.started_at = fact.time
        phase = Phase(fact.time, fact, "inpatient", unit, organisation)
        stay.enter(phase if leave is None else replace(leave, since=fact.time, by=fact, unit=unit))
    elif fact.time > stay.admitted.time and unit != stay.phases[-1].unit:
        stay.enter(
            replace(
                stay.phases[-1],
                since=fact.time,
                by=fact,
                unit=unit,
                organisation=organisation or stay.phases[-1].organisation,
            )
        )
    elif fact.time > stay.admitted.time:
        yield "admitted-twice"


def _visit(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.ended is not None:
        yield "after-end"
    elif stay.opened is None:
        unit, organisation = _where(fact)
        stay.opened, stay.started_at = fact, fact.time
        stay.enter(Phase(fact.time, fact, "outpatient", unit, organisation))


def _transfer(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.ended is not None:
        yield "after-end"
    elif not stay.is_open:
        yield "on-cancelled-stay" if stay.phase == "cancelled" else "no-admission"
    elif isinstance(fact.fact, PatientTransferred):
        now = stay.phases[-1]
        organisation = fact.fact.to_organisation or now.organisation
        stay.enter(replace(now, since=fact.time, by=fact, unit=fact.fact.to_unit, organisation=organisation))


def _leave(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.ended is not None:
        yield "after-end"
        return
    if stay.opened is None:
        if stay.phase == "cancelled":
            yield "on-cancelled-stay"
            return
        yield "no-admission"
        stay.started_at = stay.started_at or getattr(fact.fact, "admitted_at", None)
    now = (
        stay.phases[-1] if stay.phases else Phase(fact.time, fact, "inpatient", fact.envelope.actorunit, None)
    )
    if fact.kind is LeaveStarted:
        if now.phase == "on_leave":
            if fact.time != now.leave_since:
                yield "leave-started-twice"
            return
        stay.enter(replace(now, since=fact.time, by=fact, phase="on_leave", leave_since=fact.time))
        return
    began = now.leave_since or getattr(fact.fact, "started_at", None)
    if now.phase != "on_leave":
        yield "leave-end-without-start"
        if _already_counted(stay, began):
            began = None
    closed = now.leave_closed + (max(fact.time - began, timedelta()) if began is not None else timedelta())
    stay.enter(
        replace(now, since=fact.time, by=fact, phase="inpatient", leave_closed=closed, leave_since=None)
    )


def _already_counted(stay: Stay, began: datetime | None) -> bool:
    return began is not None and any(phase.leave_since == began for phase in stay.phases)


def _discharge(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.ended is not None:
        if fact.time != stay.ended.time:
            yield "ended-twice"
        return
    if stay.opened is None:
        if stay.phase == "cancelled":
            yield "on-cancelled-stay"
            return
        yield "end-without-start"
        stay.started_at = stay.started_at or getattr(fact.fact, "admitted_at", None)
    _end(stay, fact, "discharged")


def _end_visit(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.phase == "outpatient" and stay.admitted is None:
        _end(stay, fact, "discharged")
    elif stay.ended is not None:
        if fact.time != stay.ended.time:
            yield "ended-twice"
    elif stay.phase == "cancelled":
        yield "on-cancelled-stay"
    elif stay.opened is None:
        yield "end-without-start"
        stay.started_at = getattr(fact.fact, "started_at", None)
        _end(stay, fact, "discharged")


def _cancel(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    if stay.ended is not None:
        yield "after-end"
    elif stay.opened is None:
        yield "no-admission"
    else:
        _end(stay, fact, "cancelled")


def _close(stay: Stay, fact: RecordedFact) -> Iterator[str]:
    stay.closed = stay.closed or fact
    if stay.is_open:
        yield "closed-while-open"


def _end(stay: Stay, fact: RecordedFact, phase: str) -> None:
    """End the stay; a leave that runs ends with it."""
    now = stay.phases[-1] if stay.phases else Phase(fact.time, fact, phase, fact.envelope.actorunit, None)
    closed = now.leave_closed
    if now.leave_since is not None:
        closed += fact.time - now.leave_since
    stay.ended = fact
    stay.enter(replace(now, since=fact.time, by=fact, phase=phase, leave_closed=closed, leave_since=None))


_HANDLERS: dict[type[Fact], Callable[[Stay, RecordedFact], Iterator[str]]] = {
    PatientAdmitted: _admit,
    EmergencyVisitStarted: _visit,
    EmergencyVisitEnded: _end_visit,
    PatientTransferred: _transfer,
    LeaveStarted: _leave,
    LeaveEnded: _leave,
    PatientDischarged: _discharge,
    EpisodeCancelled: _cancel,
    EpisodeClosed: _close,
}
