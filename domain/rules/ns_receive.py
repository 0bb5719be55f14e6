"""NS-receive: a municipality that was told the patient is ready makes itself ready to receive (LUS 3:1, 5 chap.)."""

from collections.abc import Iterator

from domain.case import Case, Ending, Rule
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.rows import Row

RULE = Rule("NS-receive", "Municipality ready to receive", "LUS 3:1, 5:1", "next-step")


def rows(case: Case) -> Iterator[Row]:
    for period in case.ready_periods:
        fact = period.notice.fact if period.notice is not None else None
        if period.notice is None or not isinstance(fact, DischargeReadyNotified):
            continue
        seen = set()
        for recipient in fact.recipients:
            owner = case.receiver(recipient)
            if owner.role not in ("municipal-health", "social-services") or (owner.party, owner.role) in seen:
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
