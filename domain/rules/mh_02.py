"""MH-02: municipal health care is needed, and the region's open care was not told as well (LUS 2:1 second paragraph)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import ServiceNeedAssessed
from domain.rows import Row
from domain.rules.mh_01 import LIMIT, clock_start
from domain.subject import Rule

RULE = Rule("MH-02", "Open care told when municipal health care is needed", "LUS 2:1 st. 2", "legal")


def rows(case: Case) -> Iterator[Row]:
    assessed = case.stay.first(
        ServiceNeedAssessed, lambda fact: fact.outcome == "yes" and "municipal-health" in fact.needs
    )
    if assessed is None:
        return
    start = clock_start(case, assessed)
    told = case.notice_with("open-care")
    yield case.obligation(
        RULE,
        assessed,
        case.hospital(assessed),
        started_at=start,
        due_at=start + LIMIT,
        done=told[0] if told else None,
        endings=(case.stay_ended(), case.stopped()),
    )
