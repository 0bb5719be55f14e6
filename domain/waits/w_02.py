"""W-02: from the admission notice to a recipient's *kvittens* (local; LUS has no number)."""

from collections.abc import Iterator

from domain.case import Case, Owner, Rule
from domain.envelope import RecordedFact
from domain.facts.notification import AdmissionAcknowledged, AdmissionNotified
from domain.rows import Row

RULE = Rule("W-02", "Admission notice to acknowledgement", "local", unit="hours")


def rows(case: Case) -> Iterator[Row]:
    """One wait per recipient, from the first notice that was sent to it."""
    seen = set()
    for notice, fact in case.stay.all(AdmissionNotified):
        for recipient in fact.recipients:
            owner = case.receiver(recipient)
            if owner in seen:
                continue
            seen.add(owner)
            yield case.wait(
                RULE, notice, owner, done=_acknowledged(case, notice, owner), endings=(case.stopped(),)
            )


def _acknowledged(case: Case, notice: RecordedFact, owner: Owner) -> RecordedFact | None:
    """A unit answers for itself; where a unit is not named on both sides, its capacity and municipality do."""

    def meant(fact: AdmissionAcknowledged) -> bool:
        if fact.unit is not None and owner.unit is not None:
            return fact.unit == owner.unit
        same_municipality = fact.municipality is None or owner.party == f"municipality:{fact.municipality}"
        return fact.role == owner.role and same_municipality

    return case.stay.first(AdmissionAcknowledged, meant, since=notice.time)
