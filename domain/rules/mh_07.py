"""MH-07: no *fast vårdkontakt* by the discharge-ready notice, where that is agreed: MH-06 in time (LUS 2:5)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import CareContactAppointed
from domain.rows import Row
from domain.rules.mh_06 import standing_contact
from domain.subject import Rule

RULE = Rule(
    "MH-07",
    "Care contact appointed before the discharge-ready notice",
    "LUS 2:5, local agreement",
    "local",
    values=("limits.care_contact_before_ready",),
)


def rows(case: Case) -> Iterator[Row]:
    """Of the stay's first notice, if open care had been told of the admission; from discharge on MH-06 says it."""
    told = case.notice_with("open-care")
    ready = next((period.notice for period in case.ready_periods if period.notice is not None), None)
    if told is None or ready is None or not case.agreed(ready).limits.care_contact_before_ready:
        return
    notice, recipients = told
    if notice.order > ready.order or standing_contact(case, ready) is not None:
        return
    later = (fact for fact, _ in case.stay.all(CareContactAppointed) if fact.order > ready.order)
    yield case.obligation(
        RULE,
        ready,
        case.open_care(recipients[0].unit),
        due_at=ready.time,
        done=next(later, None),
        endings=(case.stay_ended(), case.stopped()),
        because=(notice,),
    )
