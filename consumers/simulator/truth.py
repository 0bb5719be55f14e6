"""The answers to a plan: stays, obligations, waits and who is responsible, at the end of the watch.

Worked out from the plan and from the text of the law (LUS, lag 2017:612) with arithmetic of its own. The
local limits are those named in ``ASSUMED``. An obligation is ``done`` in time or ``late``, ``missed`` (its
time passed before it was done or fell away), ``cancelled`` (it fell away in time), or ``open`` (not due yet,
or nothing says when). Waits are listed when they have ended as the measure means.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from consumers.simulator.clock import (
    DAY,
    HOUR,
    MINUTE,
    days_between,
    elapsed,
    in_utc,
    last_moment,
    swedish_day,
)
from consumers.simulator.records import Assessment, Journey, Notice, Party, Ready, Stay
from consumers.simulator.truth_care import responsible

ASSUMED = {"MH-09": {"minutes": 60}, "MH-18": {"hours": 24}, "MH-19": {"hours": 72}}
"""The local limits that the answers hold under: the demonstration's agreement."""
Row = dict[str, Any]


def answers(region: str, journey: Journey, horizon: datetime) -> Iterator[Row]:
    """Every row that is expected of one journey at `horizon` (UTC), which no fact is later than."""
    for number, stay in enumerate(journey.stays):
        later = (other for other in journey.stays[number + 1 :] if other.admitted_at is not None)
        following = next(later, None)
        book = _Book(journey, stay, following, horizon)
        yield book.stay_row()
        if stay.admitted_at is not None:
            yield from book.obligations()
            yield from book.waits()
    yield from responsible(region, journey)


class _Book:
    """One stay's answers."""

    def __init__(self, journey: Journey, stay: Stay, following: Stay | None, horizon: datetime) -> None:
        self.journey, self.stay, self.following, self.horizon = journey, stay, following, horizon
        self.left = stay.discharged_at
        self.again = following.admitted_at if following is not None else None
        self.stopped = stay.ended_at if stay.end in ("deceased", "cancelled") else stay.closed_at
        """Death in the stay, its cancellation, or the case being closed after it: every clock stops."""
        self.dead = journey.died_at

    def stay_row(self) -> Row:
        stay = self.stay
        return {
            "kind": "stay",
            "patient": self.journey.patient,
            "episode": stay.episode,
            "state": stay.end or self._open_state(),
            "started_at": in_utc(stay.began_at),
            "ended_at": _text(stay.ended_at),
            "leave_hours": elapsed(self.horizon, self.horizon + self._on_leave(), HOUR),
        }

    def _open_state(self) -> str:
        if self.stay.admitted_at is None:
            return "outpatient"
        return "on_leave" if any(leave.ended_at is None for leave in self.stay.leaves) else "inpatient"

    def _on_leave(self) -> timedelta:
        ends = self.stay.ended_at or self.horizon
        return sum(((leave.ended_at or ends) - leave.at for leave in self.stay.leaves), timedelta())

    def obligations(self) -> Iterator[Row]:
        yield from self._tell_of_admission()
        yield from self._appoint_contact()
        for ready in self.stay.readies:
            yield self._tell_ready(ready)
            yield from self._call_sip(ready)
        yield from self._transfer_information()
        yield from self._discharged_unannounced()
        yield from self._start_care()
        yield from self._follow_up()

    def _need(self) -> tuple[datetime, Assessment] | None:
        """From when LUS 2:3's 24 hours run: the admission where need was judged then, else the judgement."""
        yes = next((judged for judged in self.stay.assessments if judged.outcome == "yes"), None)
        if yes is None or self.stay.admitted_at is None:
            return None
        at_admission = yes.at_admission
        if at_admission is None:
            at_admission = yes.at <= self.stay.admitted_at
        return (self.stay.admitted_at if at_admission else yes.at), yes

    def _tell_of_admission(self) -> Iterator[Row]:
        """MH-01 (LUS 2:3), and MH-02: open care too where municipal health care is needed (LUS 2:1)."""
        need = self._need()
        if need is None:
            return
        due = need[0] + timedelta(hours=24)
        yield self._owed("MH-01", due, self._told_at(), self.stay.ended_at)
        if "municipal-health" in need[1].needs:
            yield self._owed("MH-02", due, self._open_care_told(), self.stay.ended_at)

    def _reached(self, notice: Notice) -> list[Party]:
        """Whom an admission notice reached: not those who said that it was not for them."""
        astray = [stray.by for stray in self.stay.strays if stray.kind == "admission-notified"]
        return [party for party in notice.to if party not in astray]

    def _told_at(self) -> datetime | None:
        return _first(notice.at for notice in self.stay.notices if self._reached(notice))

    def _open_care_told(self) -> datetime | None:
        return _first(
            notice.at
            for notice in self.stay.notices
            if any(party.role == "open-care" for party in self._reached(notice))
        )

    def _appoint_contact(self) -> Iterator[Row]:
        """MH-06 (LUS 2:5): open care that was told appoints a contact before the discharge."""
        told = self._open_care_told()
        if told is not None:
            appointed = self._contact_since()
            done = max(told, appointed) if appointed is not None else None
            yield self._owed("MH-06", self.left, done, self.stopped)

    def _contact_since(self) -> datetime | None:
        """Since when the contact that stands at the discharge has stood without a break, else the first after it."""
        said = [(act.at, act.kind) for act in self.stay.acts if act.kind.startswith("care-contact-")]
        if self.stay.contact_at is not None:
            said.append((self.stay.contact_at, "care-contact-appointed"))
        since: datetime | None = None
        for at, kind in sorted(said):
            if since is None and kind == "care-contact-appointed":
                since = at
            elif kind == "care-contact-ended" and (self.left is None or at <= self.left):
                since = None
        return since

    def _tell_ready(self, ready: Ready) -> Row:
        """MH-09 (LUS 3:1)."""
        due = ready.declared_at + timedelta(minutes=ASSUMED["MH-09"]["minutes"])
        return self._owed("MH-09", due, ready.notified_at, _first((ready.withdrawn_at, self.stay.ended_at)))

    def _call_sip(self, ready: Ready) -> Iterator[Row]:
        """MH-10 (LUS 4:1, 4:3): called within three days of the notice, where a SIP is to be."""
        opening = self._sip_opens(ready)
        if opening is None or ready.notified_at is None:
            return
        no_more = [item.at for item in self._refusals() if item.at > opening]
        no_more += [need.at for need in self.stay.sip_needs if need.what == "no" and need.at > opening]
        ends = _first((ready.withdrawn_at, self.stopped, self.dead, self._other_plan(), *no_more))
        called = _first(self.stay.sip_calls)
        due = last_moment(swedish_day(ready.notified_at) + timedelta(days=3))
        yield self._owed("MH-10", due, max(called, opening) if called is not None else None, ends)

    def _refusals(self) -> list[Any]:
        return [said for said in self.stay.consents if said.what in ("refused", "withdrawn")]

    def _sip_opens(self, ready: Ready) -> datetime | None:
        """The notice, or the later moment a SIP is found needed; None where something stops it by then."""
        if ready.notified_at is None:
            return None
        known = [need for need in self.stay.sip_needs if need.at <= ready.notified_at]
        later = [
            need.at for need in self.stay.sip_needs if need.at > ready.notified_at and need.what == "yes"
        ]
        opening = ready.notified_at if known and known[-1].what == "yes" else _first(later)
        if opening is None:
            return None
        refused = [item.at for item in self._refusals()]
        stopped = _first((ready.withdrawn_at, self.stopped, self.dead, self._other_plan(), *refused))
        return None if stopped is not None and stopped <= opening else opening

    def _other_plan(self) -> datetime | None:
        """From the decision on compulsory open care, or the discharge to it, on: a samordnad vårdplan (LUS 4:1)."""
        left = self.left if self.stay.destination == "compulsory-open-care" else None
        return _first((self.stay.decided_at, left))

    def _concerned(self) -> bool:
        """Somebody was sent a notice, whether it was for them or not."""
        return bool(self.stay.notices) or any(ready.sent for ready in self.stay.readies)

    def _transfer_information(self) -> Iterator[Row]:
        """MH-12 (LUS 3:2): the same day."""
        if self.left is None or not self._concerned():
            return
        sent = _first(self.stay.information_at)
        done = max(sent, self.left) if sent is not None else None
        yield self._owed(
            "MH-12", last_moment(swedish_day(self.left)), done, _first((self.dead, self.stopped))
        )

    def _discharged_unannounced(self) -> Iterator[Row]:
        """MH-17 (LUS 3:1): only where it was missed."""
        told = [party for notice in self.stay.notices for party in self._reached(notice)]
        municipal = any(party.municipality for party in told)
        noticed = any(ready.notified_at is not None for ready in self.stay.readies)
        if self.left is not None and (municipal or self.stay.proposals) and not noticed:
            yield self._row("MH-17", self.left, None, "missed")

    def _start_care(self) -> Iterator[Row]:
        """MH-18: what the municipality said yes to by the discharge begins within a day of when it should."""
        if self.left is None:
            return
        promised: dict[tuple[str, str], datetime] = {}
        for answer in self.stay.answers:
            if answer.planned_start is not None and answer.at <= self.left:
                promised[answer.municipality, answer.regime] = answer.planned_start
        for (municipality, regime), planned in promised.items():
            begun = _first(
                start.at
                for start in self.stay.starts
                if (start.municipality, start.regime) == (municipality, regime)
            )
            due = max(planned, self.left) + timedelta(hours=ASSUMED["MH-18"]["hours"])
            done = max(begun, self.left) if begun is not None else None
            yield self._owed("MH-18", due, done, _first((self.again, self.dead, self.stopped)))

    def _follow_up(self) -> Iterator[Row]:
        """MH-19: those with a need, not in another hospital; a planned time replaces the 72 hours."""
        if self.left is None or self.stay.destination == "other-hospital" or self._need() is None:
            return
        due = self.stay.follow_up_due_at or self.left + timedelta(hours=ASSUMED["MH-19"]["hours"])
        ends = _first((self.again, self.dead, self.stopped))
        yield self._owed("MH-19", due, self.stay.follow_up_at, ends)

    def _owed(self, rule: str, due: datetime | None, done: datetime | None, ends: datetime | None) -> Row:
        """One obligation: done before it fell away or not, and in time or not."""
        if done is not None and (ends is None or done <= ends):
            return self._row(rule, due, done, "late" if due is not None and done > due else "done")
        if due is not None and (ends or self.horizon) > due:
            return self._row(rule, due, None, "missed")
        return self._row(rule, due, None, "open" if ends is None else "cancelled")

    def _row(self, rule: str, due: datetime | None, done: datetime | None, state: str) -> Row:
        return {
            "kind": "obligation",
            "rule": rule,
            "patient": self.journey.patient,
            "episode": self.stay.episode,
            "due_at": _text(due),
            "done_at": _text(done),
            "state": state,
        }

    def waits(self) -> Iterator[Row]:
        stay, need = self.stay, self._need()
        told = self._told_at()
        if need is not None and told is not None:
            yield self._wait("W-01", need[0], told, "hours")
        for receipt in stay.receipts:
            first = next(notice.at for notice in stay.notices if receipt.by in notice.to)
            yield self._wait("W-02", first, receipt.at, "hours")
        told_at, appointed = self._open_care_told(), self._contact_since()
        if told_at is not None and appointed is not None:
            yield self._wait("W-03", told_at, max(told_at, appointed), "days")
        for ready in stay.readies:
            yield from self._waits_of(ready)
        if self.left is not None:
            yield from self._waits_from(self.left)

    def _waits_of(self, ready: Ready) -> Iterator[Row]:
        if ready.notified_at is None:
            return
        yield self._wait("W-04", ready.declared_at, ready.notified_at, "minutes")
        called = _first(at for at in self.stay.sip_calls if at >= ready.notified_at)
        if called is not None and (ready.withdrawn_at is None or called < ready.withdrawn_at):
            yield self._wait("W-05", ready.notified_at, called, "dates")

    def _waits_from(self, left: datetime) -> Iterator[Row]:
        stay = self.stay
        valid = [
            ready.notified_at for ready in stay.readies if ready.notified_at and ready.withdrawn_at is None
        ]
        if valid:
            yield self._wait("W-06", valid[-1], left, "dates")
        told = [(notice.at, notice.estimate) for notice in stay.notices if notice.estimate is not None]
        told += [(change.at, change.new) for change in stay.estimates]
        if told:
            estimate = max(told)[1]
            assert estimate is not None
            yield self._wait("W-12", estimate, left, "dates")
        sent = _first(stay.information_at)
        if sent is not None:
            yield self._wait("W-13", left, max(sent, left), "hours")
        if stay.follow_up_at is not None:
            yield self._wait("W-14", left, stay.follow_up_at, "hours")
        if self.following is not None and self.following.unplanned and self.again is not None:
            yield self._wait("W-15", left, self.again, "days")

    def _wait(self, measure: str, start: datetime, end: datetime, unit: str) -> Row:
        return {
            "kind": "wait",
            "measure": measure,
            "patient": self.journey.patient,
            "episode": self.stay.episode,
            "started_at": in_utc(start),
            "ended_at": in_utc(end),
            "value": float(days_between(start, end))
            if unit == "dates"
            else elapsed(start, end, _UNITS[unit]),
            "value_unit": unit,
        }


_UNITS = {"minutes": MINUTE, "hours": HOUR, "days": DAY}


def _first(moments: Any) -> datetime | None:
    """The earliest of those that are known."""
    return min((moment for moment in moments if moment is not None), default=None)


def _text(moment: datetime | None) -> str | None:
    return in_utc(moment) if moment is not None else None
