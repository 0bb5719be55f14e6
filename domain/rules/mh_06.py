"""MH-06: open care was told of the admission, and no *fast vårdkontakt* is appointed by discharge (LUS 2:5)."""

from collections.abc import Iterator

from msgspec.structs import replace

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import CareContactAppointed, CareContactEnded
from domain.rows import Row
from domain.subject import Rule

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
        done=care_contact(case),
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


def care_contact(case: Case) -> RecordedFact | None:
    """The appointment that counts: one that stood at the discharge, else the first one after it.

    A contact that ended before the discharge with no other in its place is none; one that ends later was there.
    """
    discharged = case.stay.discharged
    standing = standing_contact(case, discharged)
    if standing is not None or discharged is None:
        return standing
    later = (fact for fact, _ in case.stay.all(CareContactAppointed) if fact.order > discharged.order)
    return next(later, None)


def standing_contact(case: Case, by: RecordedFact | None) -> RecordedFact | None:
    """The appointment from which on there was a contact without a break up to ``by`` (the last fact where none)."""
    began: RecordedFact | None = None
    last: CareContactAppointed | None = None
    for recorded in case.stay.facts:
        fact = recorded.fact
        if by is not None and recorded.order > by.order:
            break
        if isinstance(fact, CareContactAppointed):
            began, last = began or recorded, fact
        elif isinstance(fact, CareContactEnded) and last is not None and _ends(fact, last):
            began = last = None
    return began


def _ends(ended: CareContactEnded, contact: CareContactAppointed) -> bool:
    """The end of a contact that another had already taken over from is none."""
    return ended.unit is None or contact.unit is None or ended.unit == contact.unit
