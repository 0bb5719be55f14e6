"""W-03: from the notice to open care until a *fast vårdkontakt* is appointed (LUS 2:5)."""

from collections.abc import Iterator

from domain.case import Case
from domain.rows import Row
from domain.rules.mh_06 import care_contact
from domain.subject import Rule

RULE = Rule("W-03", "Admission notice to care contact", "LUS 2:5", unit="days", word="coordinated")


def rows(case: Case) -> Iterator[Row]:
    told = case.notice_with("open-care")
    if told is None:
        return
    notice, recipients = told
    yield case.wait(
        RULE,
        notice,
        case.open_care(recipients[0].unit),
        done=care_contact(case),
        endings=(case.stopped(),),
    )
