"""NS-escalate: a municipality said no to a takeover; that moves neither care nor payment, so somebody must act."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.municipal import (
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.rows import Row
from domain.subject import Rule

RULE = Rule(
    "NS-escalate", "Declined takeover taken further", "practice (LUS has no such message)", "next-step"
)


def rows(case: Case) -> Iterator[Row]:
    for declined, _ in case.stay.all(MunicipalTakeoverDeclined):
        answer = next(
            (
                fact
                for fact in case.stay.facts
                if fact.order > declined.order
                and fact.kind in (MunicipalTakeoverProposed, MunicipalTakeoverAccepted)
            ),
            None,
        )
        yield case.obligation(
            RULE,
            declined,
            case.hospital(declined),
            done=answer,
            endings=(case.stay_ended(), case.stopped()),
        )
