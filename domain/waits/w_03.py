"""W-03: from the notice to open care until a *fast vårdkontakt* is appointed (LUS 2:5)."""

from collections.abc import Iterator

from domain.case import Case, Rule
from domain.facts.notification import CareContactAppointed
from domain.rows import Row

RULE = Rule("W-03", "Admission notice to care contact", "LUS 2:5", unit="days")


def rows(case: Case) -> Iterator[Row]:
    told = case.notice_with("open-care")
    if told is None:
        return
    notice, recipients = told
    yield case.wait(
        RULE,
        notice,
        case.open_care(recipients[0].unit),
        done=case.stay.first(CareContactAppointed),
        endings=(case.stopped(),),
    )
