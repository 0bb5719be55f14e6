"""MH-06: open care was told of the admission, and no *fast vårdkontakt* is appointed by discharge (LUS 2:5)."""

from collections.abc import Iterator
from dataclasses import replace

from domain.case import Case, Rule
from domain.facts.notification import CareContactAppointed
from domain.rows import Row

RULE = Rule("MH-06", "Care contact appointed before discharge", "LUS 2:5", "legal")


def rows(case: Case) -> Iterator[Row]:
    """Until discharge no limit can be named; from then on the discharge is the limit."""
    told = case.notice_with("open-care")
    if told is None:
        return
    notice, recipients = told
    duty = case.obligation(
        RULE,
        notice,
        case.open_care(recipients[0].unit),
        done=case.stay.first(CareContactAppointed),
        endings=(case.stopped(),),
    )
    discharged = case.stay.discharged
    if discharged is None:
        yield duty
        return
    limit = max(discharged.time, duty.valid_from)
    if limit > duty.valid_from:
        yield replace(duty, valid_to=limit)
    yield replace(duty, valid_from=limit, due_at=discharged.time, opened_by=(notice.id, discharged.id))
