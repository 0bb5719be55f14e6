"""NS-plan: each unit that was told of the admission plans what safe discharge needs, from receipt on (LUS 2:6)."""

from collections.abc import Iterator

from domain.case import Case, Ending, Rule
from domain.facts.notification import AdmissionNotified
from domain.rows import Row

RULE = Rule("NS-plan", "Receivers plan for discharge", "LUS 2:6", "next-step")


def rows(case: Case) -> Iterator[Row]:
    """Until the discharge-ready notice asks for more: then NS-receive and MH-10 say what."""
    ready = next((period.notice for period in case.ready_periods if period.notice is not None), None)
    seen = set()
    for notice, fact in case.stay.all(AdmissionNotified):
        for recipient in fact.recipients:
            owner = case.receiver(recipient)
            if owner.role in ("inpatient", "emergency") or (owner.party, owner.role) in seen:
                continue
            seen.add((owner.party, owner.role))
            duty = case.obligation(
                RULE,
                notice,
                owner,
                endings=(Ending(ready, "ready"), case.stay_ended(), case.stopped()),
                key=owner.role or "",
            )
            yield duty
