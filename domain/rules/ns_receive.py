"""NS-receive: a municipality that was told the patient is ready makes itself ready to receive (LUS 3:1, 5 chap.)."""

from collections.abc import Iterator

from domain.case import Case
from domain.fact import MUNICIPAL_ROLES
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule("NS-receive", "Municipality ready to receive", "LUS 3:1, 5:1", "next-step")


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        if period.notice is None:
            continue
        seen = set()
        for recipient in case.recipients(period.notice):
            owner = case.receiver(recipient)
            if owner.role not in MUNICIPAL_ROLES or (owner.party, owner.role) in seen:
                continue
            seen.add((owner.party, owner.role))
            yield case.obligation(
                RULE,
                period.notice,
                owner,
                done=case.stay.discharged,
                endings=(Ending(period.withdrawn, "withdrawn"), case.stay_ended(), case.stopped()),
                key=owner.role,
            )
