"""W-02: from the admission notice to a recipient's *kvittens* (local; LUS has no number)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import AdmissionNotified
from domain.rows import Row
from domain.rules.mh_05 import acknowledged
from domain.subject import Rule

RULE = Rule("W-02", "Admission notice to acknowledgement", "local", unit="hours", word="coordinated")


def rows(case: Case) -> Iterator[Row]:
    """One wait per recipient, from the first notice that was sent to it."""
    seen = set()
    for notice, _ in case.stay.all(AdmissionNotified):
        for recipient in case.recipients(notice):
            owner = case.receiver(recipient)
            if owner in seen:
                continue
            seen.add(owner)
            yield case.wait(
                RULE, notice, owner, done=acknowledged(case, notice, owner), endings=(case.stopped(),)
            )
