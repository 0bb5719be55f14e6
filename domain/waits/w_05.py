"""W-05: from the discharge-ready notice to the SIP call, in dates (LUS 4:3)."""

from collections.abc import Iterator

from domain.calendar import date_difference, local_date
from domain.case import Case
from domain.facts.planning import SipMeetingCalled
from domain.rows import Row
from domain.rules.mh_10 import last_day, stretches
from domain.subject import Ending, Rule

RULE = Rule(
    "W-05",
    "Discharge-ready notice to SIP call",
    "LUS 4:3",
    unit="dates",
    word="coordinated",
    values=("limits.sip_call_rolls_over",),
)


def rows(case: Case) -> Iterator[Row]:
    """Where a SIP is to be called (as MH-10) or was, from when that is known; discharge does not end it.

    Only calls at or after the notice count; death, withdrawal or the case being closed cuts the wait short.
    """
    for period in case.ready_periods:
        if period.notice is None:
            continue
        called = case.first_reaching(SipMeetingCalled, since=period.notice.time)
        needed = next((opened for opened, _ in stretches(case, period, period.notice)), None)
        known = [fact.time for fact in (needed, called) if fact is not None]
        if not known or (period.withdrawn is not None and period.withdrawn.time < min(known)):
            continue
        last = last_day(case.agreed(period.notice), period.notice)
        yield case.wait(
            RULE,
            period.notice,
            case.open_care(),
            from_time=max(period.notice.time, min(known)),
            done=called,
            endings=(Ending(period.withdrawn, "withdrawn"), case.stopped()),
            at_most=date_difference(local_date(period.notice.time), last),
        )
