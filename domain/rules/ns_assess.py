"""NS-assess: an admitted patient whose need of services after discharge nobody has judged (LUS 2:1)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import ServiceNeedAssessed
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("NS-assess", "Need of services assessed", "LUS 2:1", "next-step")


def rows(case: Case) -> Iterator[Row]:
    admitted = case.stay.admitted
    assert admitted is not None
    yield case.obligation(
        RULE,
        admitted,
        case.hospital(admitted),
        done=case.stay.first(ServiceNeedAssessed),
        endings=(case.stay_ended(), case.stopped()),
    )
