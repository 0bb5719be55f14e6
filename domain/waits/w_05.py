"""W-05: from the discharge-ready notice to the SIP call, in dates (LUS 4:3)."""

from collections.abc import Iterator

from domain.case import Case, Ending, Rule
from domain.facts.planning import SipMeetingCalled, SipNeedDecided
from domain.rows import Row
from domain.rules.mh_10 import LIMIT_DAYS

RULE = Rule("W-05", "Discharge-ready notice to SIP call", "LUS 4:3", unit="dates")


def rows(case: Case) -> Iterator[Row]:
    """Where a SIP is needed or was called (LUS 4:1), from when that is known; discharge does not end it (as MH-10).

    Only calls at or after the notice count; death, withdrawal or the case being closed cuts the wait short.
    """
    needed = case.stay.first(SipNeedDecided, lambda fact: fact.needed is True)
    for period in case.ready_periods:
        if period.notice is None:
            continue
        called = case.stay.first(SipMeetingCalled, since=period.notice.time)
        known = [fact.time for fact in (needed, called) if fact is not None]
        if not known or (period.withdrawn is not None and period.withdrawn.time < min(known)):
            continue
        yield case.wait(
            RULE,
            period.notice,
            case.open_care(),
            from_time=max(period.notice.time, min(known)),
            done=called,
            endings=(Ending(period.withdrawn, "withdrawn"), case.stopped()),
            at_most=LIMIT_DAYS,
        )
