"""One stay with what surrounds it: what rules and measures of LUS are asked about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import structs

from domain.agreement import Agreement, CareForm
from domain.basis import Basis
from domain.calendar import local_date
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES, Fact, Role
from domain.facts._parts import Recipient, Recipients
from domain.facts.admission import PatientAdmitted
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge_ready import (
    DischargeReadyDeclared,
    DischargeReadyNotified,
    DischargeReadyWithdrawn,
)
from domain.facts.messages import NotificationMisdirected
from domain.facts.notification import AdmissionNotified
from domain.facts.planning import SipMeetingCalled
from domain.reference import party_of
from domain.rows import AnyRow, Obligation, Row, Wait
from domain.stays import Stay
from domain.subject import Ending, Owner, Rule, Subject

_LISTS: dict[type[Fact], str] = {
    AdmissionNotified: "recipients",
    DischargeReadyNotified: "recipients",
    CompulsoryOpenCareDecided: "recipients",
    SipMeetingCalled: "invitees",
}
"""Where each kind of notice names whom it went to."""


READY_NOTICES = (DischargeReadyNotified, CompulsoryOpenCareDecided)
"""A decision on compulsory open care that is told to the units counts as the notice (LUS 3:1 second paragraph)."""


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
class Case(Subject):
    """One stay under LUS."""

    stay: Stay
    basis: Basis

    def begins(self, time: datetime) -> datetime:
        """Nothing is owed under LUS before the admission, also where a message puts an act before it."""
        assert self.stay.admitted is not None
        return max(time, self.stay.admitted.time)

    def common(self, opened: RecordedFact) -> dict[str, Any]:
        return {
            "journey": self.journey,
            "stay": self.stay.id,
            "municipality": self.stay.municipality,
            "region": self.stay.region,
            "agreement": self.agreed(opened).name,
        }

    # -- what was agreed -------------------------------------------------------------------------------------

    def agreed(self, opened: RecordedFact) -> Agreement:
        """What holds for what a fact begins: as agreed on its day, for who answered for the patient then.

        What had begun before an agreement changed, or before the patient moved, stays under the old one.
        """
        return self.agreed_at(self.begins(opened.time))

    def agreed_at(self, moment: datetime, municipality: str | None = None) -> Agreement:
        """What holds for what begins at a moment (UTC), for a ``municipality`` that does not answer yet, too."""
        answers = municipality or self.stay.municipality_known(moment)
        return self.basis.agreement_for(self.stay.region, answers, local_date(moment), self.care_form(moment))

    def care_form(self, moment: datetime) -> CareForm | None:
        """What the stay is of, as told by then: compulsory open care from its decision on."""
        if any(fact.time <= moment for fact, _ in self.stay.all(CompulsoryOpenCareDecided)):
            return "compulsory-open-care"
        admitted = self.stay.admitted.fact if self.stay.admitted is not None else None
        return admitted.care_form if isinstance(admitted, PatientAdmitted) else None

    # -- who -------------------------------------------------------------------------------------------------

    def hospital(self, opened: RecordedFact) -> Owner:
        """*Sluten vård*: the region, by the ward the patient was on when it became owed."""
        units = [phase.unit for phase in self.stay.phases if phase.since <= self.begins(opened.time)]
        return Owner(party_of(self.stay.region), "inpatient", units[-1] if units else None)

    def open_care(self, unit: str | None = None) -> Owner:
        """The region's *öppna vård*."""
        return Owner(party_of(self.stay.region), "open-care", unit)

    def municipality(
        self, code: str | None = None, role: str = "municipal-health", unit: str | None = None
    ) -> Owner:
        """The municipality named, else the one that answers for the patient, whichever that comes to be."""
        follows = code is None
        return Owner(party_of(code or self.stay.municipality), role, unit, follows=follows)

    def receiver(self, recipient: Recipient) -> Owner:
        """Who a recipient is: the region for open care, its municipality otherwise."""
        if recipient.role in MUNICIPAL_ROLES:
            return self.municipality(recipient.municipality, recipient.role, recipient.unit)
        return Owner(party_of(self.stay.region), recipient.role, recipient.unit)

    # -- what is concluded -----------------------------------------------------------------------------------

    def obligation(self, rule: Rule, opened: RecordedFact, owner: Owner, **said: Any) -> Obligation:
        """As ``Subject.obligation``; what was over before the patient's municipality changed stays the first one's."""
        write = super().obligation
        return self._as_it_ended(lambda whose: write(rule, opened, whose, **said), owner)

    def wait(self, rule: Rule, opened: RecordedFact, owner: Owner, **said: Any) -> Wait:
        """As ``Subject.wait``; what was over before the patient's municipality changed stays the first one's."""
        write = super().wait
        return self._as_it_ended(lambda whose: write(rule, opened, whose, **said), owner)

    def _as_it_ended(self, write: Callable[[Owner], AnyRow], owner: Owner) -> AnyRow:
        row = write(owner)
        if not self.stay.moves or row.ended_at is None:
            return row
        then = self.stay.municipality_known(row.ended_at)
        if then == self.stay.municipality:
            return row
        if owner.follows:
            row = write(replace(owner, party=party_of(then)))
        return structs.replace(row, municipality=then)

    # -- what happened ---------------------------------------------------------------------------------------

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

    @cached_property
    def _astray(self) -> frozenset[tuple[str, int]]:
        """Which recipients (notice's id, place in its list) said that a notice was not for them."""
        return frozenset(
            astray
            for recorded, report in self.stay.all(NotificationMisdirected)
            for astray in _misdirected(self.stay, recorded, report)
        )

    def recipients(self, notice: RecordedFact) -> Recipients:
        """Whom a notice, call or decision reached: those it went to, less those who said it was not for them."""
        named = enumerate(_named(notice))
        return tuple(r for place, r in named if (notice.id, place) not in self._astray)

    def reached(self, notice: RecordedFact) -> bool:
        """Whether it reached anybody; one that names nobody is believed."""
        return not _named(notice) or bool(self.recipients(notice))

    def first_reaching(self, kind: type[Fact], since: datetime | None = None) -> RecordedFact | None:
        """The first notice of this kind that reached somebody, at or after ``since``."""
        for recorded in self.stay.facts:
            if recorded.kind is kind and (since is None or recorded.time >= since) and self.reached(recorded):
                return recorded
        return None

    def notice_with(self, *roles: Role) -> tuple[RecordedFact, Recipients] | None:
        """The first admission notice that went to somebody in one of these capacities, and to whom."""
        for recorded, _ in self.stay.all(AdmissionNotified):
            found = tuple(r for r in self.recipients(recorded) if r.role in roles)
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
            elif fact.kind in READY_NOTICES:
                notice = notice or (fact if self.reached(fact) else None)
            elif fact.kind is DischargeReadyWithdrawn and (declared or notice):
                periods.append(ReadyPeriod(declared, notice, fact))
                declared = notice = None
        if declared or notice:
            periods.append(ReadyPeriod(declared, notice, None))
        return tuple(periods)


def _named(notice: RecordedFact) -> Recipients:
    """Whom a notice names; nobody where its data cannot be read."""
    named: Recipients = getattr(notice.fact, _LISTS.get(notice.kind, ""), ())
    return named


def _misdirected(
    stay: Stay, recorded: RecordedFact, report: NotificationMisdirected
) -> Iterator[tuple[str, int]]:
    """The recipients that a report means: of the message it names, else of the last of that kind before it."""
    said = [
        fact for fact in stay.facts if report.notification == fact.kind.NAME and fact.order < recorded.order
    ]
    if report.message is not None:
        said = [fact for fact in said if fact.envelope.sourcemessage == report.message] or said
    for notice in reversed(said):
        own = stay.municipality_known(notice.time)
        meant = [place for place, recipient in enumerate(_named(notice)) if _is_meant(recipient, report, own)]
        if meant:
            yield from ((notice.id, place) for place in meant)
            return


def _is_meant(recipient: Recipient, report: NotificationMisdirected, own: str | None) -> bool:
    """Whether a report is of this recipient; a municipality's unit without one named is of the patient's ``own``."""
    of_own = own if recipient.role in MUNICIPAL_ROLES else None
    return all(
        said is None or said == of
        for said, of in (
            (report.role, recipient.role),
            (report.municipality, recipient.municipality or of_own),
            (report.unit, recipient.unit),
        )
    )


Conclude = Callable[[Case], Iterator[Row]]
"""What each module of ``domain.rules`` and ``domain.waits`` offers as ``rows``."""
