"""MH-10: a SIP is needed, and its call is not sent within three days of the discharge-ready notice (LUS 4:3)."""

from collections.abc import Iterator
from datetime import date

from domain.agreement import Agreement
from domain.calendar import add_days, end_of_local_day, local_date, next_working_day
from domain.case import Case, ReadyPeriod
from domain.envelope import RecordedFact
from domain.facts.notification import ConsentRecorded
from domain.facts.planning import SipMeetingCalled, SipNeedDecided
from domain.rows import Row
from domain.rules.mh_22 import into_compulsory_open_care
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-10",
    "SIP called within three days",
    "LUS 4:3",
    "legal",
    values=("limits.sip_call_rolls_over",),
)
LIMIT_DAYS = 3


def rows(case: Case) -> Iterator[Row]:
    """Owed while the notice stands, a SIP is needed and the patient has not said no to it (LUS 4:1-4:2)."""
    for period in case.ready_periods:
        if period.notice is None:
            continue
        for opened, ended in stretches(case, period, period.notice):
            yield case.obligation(
                RULE,
                opened,
                case.open_care(),
                from_time=max(opened.time, period.notice.time),
                started_at=period.notice.time,
                due_at=end_of_local_day(last_day(case.agreed(opened), period.notice)),
                done=case.first_reaching(SipMeetingCalled),
                endings=(Ending(ended, "not-needed"), case.stopped()),
                because=(period.notice,) if opened is not period.notice else (),
            )


def last_day(agreement: Agreement, notice: RecordedFact) -> date:
    """The last day for the call, in Sweden; where it is agreed so, never a Saturday, Sunday or holiday."""
    day = add_days(local_date(notice.time), LIMIT_DAYS)
    return next_working_day(day) if agreement.limits.sip_call_rolls_over else day


def stretches(
    case: Case, period: ReadyPeriod, notice: RecordedFact
) -> Iterator[tuple[RecordedFact, RecordedFact | None]]:
    """Opening and ending fact of each stretch in which a SIP is to be called: all conditions hold."""
    needed = refused = False
    opened: RecordedFact | None = None
    for fact in case.stay.facts:
        if period.withdrawn is not None and fact.order >= period.withdrawn.order:
            break
        needed, refused = _decided(fact, needed, refused)
        exempt = into_compulsory_open_care(fact)
        holds = needed and not refused and not exempt and fact.order >= notice.order
        if holds and opened is None:
            opened = fact
        elif opened is not None and not holds:
            yield opened, fact
            opened = None
        if exempt:
            return
    if opened is not None:
        yield opened, period.withdrawn


def _decided(fact: RecordedFact, needed: bool, refused: bool) -> tuple[bool, bool]:
    value = fact.fact
    if isinstance(value, SipNeedDecided) and value.needed is not None:
        return value.needed, refused
    if isinstance(value, ConsentRecorded) and value.scope == "sip":
        return needed, value.decision in ("refused", "withdrawn")
    return needed, refused
