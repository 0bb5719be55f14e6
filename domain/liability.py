"""Which municipality is to pay for whom from which date, and why it is not (LUS 5 chap.).

One walk forward through a stay's facts and through the moments at which liability may start. At each moment only
what had happened by then is known, so that a later fact ends something or begins something, and never rewrites.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import cast

from domain.agreement import CAPPED, STATUTE, PaymentTerms
from domain.calendar import STOCKHOLM, add_days, local_date, start_of_local_day, working_days_after
from domain.case import READY_NOTICES, Case
from domain.envelope import RecordedFact
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyWithdrawn,
)
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.liability_conditions import (
    LATE_SIP_CALL,
    OPEN_CARE,
    SIP_CALL,
    Conditions,
    told_municipalities,
)
from domain.liability_parts import (
    BY_THE_MONTH,
    NO_NOTICE,
    NOT_READY,
    WAITING_DAYS,
    Course,
    Liability,
    Missing,
    Payer,
)


def start_date(sent: datetime, terms: PaymentTerms = STATUTE.payment) -> date:
    """The date from which the municipality pays for a notice sent then. ValueError on a naive time.

    By the statute three calendar days after the local date of sending, four when it was sent after 12.00 (LUS 5:4);
    dates and never hours. Where working days are agreed on, the last of them.
    """
    cutoff = terms.cutoff_local_time
    late = cutoff != "none" and sent.astimezone(STOCKHOLM).time() > cutoff
    count = working_days_after if terms.day_type == "weekday" else add_days
    return count(local_date(sent), terms.free_days + late)


def liabilities(case: Case) -> tuple[Liability, ...]:
    """One for each notice that reached the municipality answering for the patient, in order of time.

    A notice sent when the stay has ended leads to none; one to a municipality that comes to answer later leads to
    one from then on.
    """
    return tuple(course(case).liabilities)


def course(case: Case) -> Course:
    """The walk through one stay; kept with the case, because several rules ask for it."""
    kept = vars(case)
    if "_liability" not in kept:
        kept["_liability"] = _Walk(case).through()
    return cast(Course, kept["_liability"])


class _Walk:
    def __init__(self, case: Case) -> None:
        assert case.stay.admitted is not None
        self.case = case
        self.admitted = case.stay.admitted
        self.municipality = case.stay.municipality_known(self.admitted.time)
        self.moved: RecordedFact | None = None
        self.conditions = Conditions(case)
        self.course = Course()
        self.period = 0
        self.begun = False
        self.notices: dict[str, RecordedFact] = {}
        self.told: RecordedFact | None = None
        """The first notice of the period that reached anybody."""
        self.running: Liability | None = None
        self.ending = "changed"

    def through(self) -> Course:
        ended = self.case.stay.ended
        for moment, facts in self._moments():
            self._clock(before=moment)
            running = self.running
            self.ending = "changed"
            by = [fact for fact in facts if self._tell(fact)]
            if running is not None:
                self._done_since(running)
            if ended is not None and moment >= ended.time:
                return self.course
            self._see(moment, by[-1] if by else self.admitted, by_clock=False)
        self._clock(before=None)
        return self.course

    def _moments(self) -> Iterator[tuple[datetime, list[RecordedFact]]]:
        """The acts of each moment until the stay ended. What was told before the admission counts from it on."""
        ended, admitted = self.case.stay.ended, self.admitted.time
        moves = [move for move in self.case.stay.moves if move.time > admitted]
        facts = [f for f in (*self.case.stay.facts, *moves) if ended is None or f.time <= ended.time]
        facts.sort(key=lambda fact: fact.order)
        for moment, group in groupby(facts, key=lambda fact: max(fact.time, admitted)):
            yield moment, list(group)

    # -- acts ------------------------------------------------------------------------------------------------

    def _tell(self, fact: RecordedFact) -> bool:
        """Take in one act; whether it is one that matters here."""
        matters = self.conditions.tell(fact, self.municipality)
        if fact.kind is DischargeReadyDeclared:
            self.begun = True
        elif fact.kind in READY_NOTICES:
            self._notice(fact)
        elif fact.kind is DischargeReadyWithdrawn and self.begun:
            self._withdraw(fact)
        elif fact.kind is ResponsibleMunicipalityChanged:
            self._move(fact)
        else:
            return matters
        return True

    def _notice(self, fact: RecordedFact) -> None:
        reached = self.case.reached(fact)
        self.begun = self.begun or reached or fact.kind is CompulsoryOpenCareDecided
        if reached:
            self.told = self.told or fact
        for municipality in told_municipalities(self.case.recipients(fact), self.municipality):
            self.notices.setdefault(municipality, fact)

    def _withdraw(self, fact: RecordedFact) -> None:
        if self.running is not None:
            self.running.withdrawn = fact
        if self.ending == "changed":
            self.ending = "withdrawn"
        self.running = self.told = None
        self.notices = {}
        self.begun = False
        self.period += 1

    def _move(self, fact: RecordedFact) -> None:
        value = fact.fact
        to = value.to_municipality if isinstance(value, ResponsibleMunicipalityChanged) else None
        if to is None or to == self.municipality:
            return
        if self.running is not None:
            self.running.succeeded = fact
        self.running = None
        self.municipality, self.moved, self.ending = to, fact, "moved"

    def _done_since(self, liability: Liability) -> None:
        """Mark what was missing at the start and has been done by now, or is not needed any more."""
        conditions = self.conditions
        for missing in liability.missing:
            if missing.done is not None or missing.not_needed is not None:
                continue
            if missing.condition in (SIP_CALL, LATE_SIP_CALL) and not (
                conditions.sip_is_to_be_made(liability.agreement)
            ):
                missing.not_needed = conditions.sip_said
            missing.done = {
                "admission-notice": conditions.admission.get(liability.municipality),
                SIP_CALL: conditions.called,
                OPEN_CARE: conditions.cleared if not conditions.blocks else None,
            }.get(missing.condition)

    # -- moments ---------------------------------------------------------------------------------------------

    def _clock(self, before: datetime | None) -> None:
        """The date on which it is settled may come without any act; ``None`` is the end of time."""
        running = self.running
        if running is None or running.settled or running.settled_at is None:
            return
        if before is None or running.settled_at < before:
            self._see(running.settled_at, running.moved or running.notice, by_clock=True)

    def _see(self, moment: datetime, by: RecordedFact, *, by_clock: bool) -> None:
        """Who pays from this moment on."""
        self._begin(moment)
        running = self.running
        if running is None:
            detail = NO_NOTICE if self.told is not None else NOT_READY
            self._pays(moment, detail, by, by_clock, (self.told,) if self.told is not None else ())
        elif running.settled_at is None or moment < running.settled_at:
            detail = BY_THE_MONTH if running.agreement.payment.is_average else WAITING_DAYS
            self._pays(moment, detail, by, by_clock, (running.notice,), running.settled_at)
        else:
            first = not running.settled
            reasons = self._settle(running, moment)
            rests_on = (
                running.notice,
                *self.conditions.rests_on(running.municipality, running.agreement),
            )
            if running.liable_from is None and not reasons:
                running.liable_since, running.because = moment, rests_on
                running.liable_from = _paid_from(running) if first else moment
            self._pays(moment, ",".join(reasons) or None, by, by_clock, rests_on)

    def _begin(self, moment: datetime) -> None:
        notice = self.notices.get(self.municipality or "")
        if self.running is not None or notice is None or self.municipality is None:
            return
        moved = self.moved if self.moved is not None and self.moved.order > notice.order else None
        agreement = self.case.agreed_at(self.case.begins(notice.time), self.municipality)
        asked, paid_from = _dates(notice.time, agreement.payment)
        self.running = Liability(
            municipality=self.municipality,
            period=self.period,
            notice=notice,
            moved=moved,
            since=moment,
            agreement=agreement,
            start_date=asked,
            paid_from=paid_from,
            settled_at=None if asked is None else max(moment, start_of_local_day(asked)),
        )
        self.course.liabilities.append(self.running)

    def _settle(self, running: Liability, moment: datetime) -> tuple[str, ...]:
        """What stands in the way at this moment: nothing any more once liability has begun (LUS 5:5 is of its start)."""
        if running.liable_from is not None:
            return ()
        missing = self.conditions.missing(running.municipality, running.notice, running.agreement)
        if not running.settled:
            running.settled = True
            running.missing = tuple(Missing(condition) for condition in missing)
            terms = running.agreement.liability
            running.barred = OPEN_CARE in missing and terms.open_care_cleared == "bar"
        if running.barred and OPEN_CARE not in missing:
            missing = (*missing, OPEN_CARE)
        return missing

    def _pays(
        self,
        moment: datetime,
        detail: str | None,
        by: RecordedFact,
        by_clock: bool,
        rests_on: tuple[RecordedFact, ...],
        due_at: datetime | None = None,
    ) -> None:
        """Note who pays, where that or its reason is not what it was."""
        payers, running = self.course.payers, self.running
        before = payers[-1] if payers else None
        now = (self.municipality, detail, due_at)
        if before is not None and (before.municipality, before.detail, before.due_at) == now:
            return
        payers.append(
            Payer(
                since=moment,
                municipality=self.municipality,
                liable=detail is None,
                detail=detail,
                by=by if payers else self.admitted,
                by_clock=by_clock,
                agreement=(running.agreement if running is not None else self.case.agreed_at(moment)).name,
                before_ended="changed" if by_clock else self.ending,
                rests_on=rests_on,
                due_at=due_at,
                started_at=running.liable_from if running is not None and detail is None else None,
            )
        )


def _dates(sent: datetime, terms: PaymentTerms) -> tuple[date | None, date | None]:
    """When it is asked whether the municipality pays for one patient, and from which date it then does."""
    singly = start_date(sent, terms)
    if not terms.is_average:
        return singly, singly
    if terms.model != CAPPED or terms.individual_cap_days is None:
        return None, None
    beyond = add_days(local_date(sent), terms.individual_cap_days + 1)
    return (beyond, beyond) if terms.capped == "beyond-cap" else (max(beyond, singly), singly)


def _paid_from(liability: Liability) -> datetime:
    """Where everything was in place when it was asked: the agreed date, or when the municipality came to answer."""
    assert liability.paid_from is not None
    return max(liability.since, start_of_local_day(liability.paid_from))
