"""What does not fit in a journey: contradictions, absences, corrections of nothing. Never refused, always shown."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from domain.envelope import RecordedFact
from domain.history import History
from domain.mismatches import texts
from domain.rows import Finding, row_id
from domain.stays import Stays

TEXTS: dict[str, str] = {
    "after-death": "Something is recorded as done after the patient's death.",
    "after-end": "Something is recorded in a stay that had ended.",
    "closed-while-open": "The case was closed while the stay was still open.",
    "correction-without-target": "A correction is here, and what it corrects is not.",
    "died-twice": "Two different times of death are recorded.",
    "end-without-start": "A stay or visit ended that nobody recorded the beginning of.",
    "ended-twice": "A stay ended twice, at different times; the first counts.",
    "leave-end-without-start": "A leave ended that nobody recorded the beginning of.",
    "leave-started-twice": "A leave began while another had not ended.",
    "mandatory-missing": "A message lacks something that it must hold.",
    "message-id-reused": "One message id was used for two different contents.",
    "no-admission": "Something is recorded in a stay without an admission.",
    "no-stay": "Something is recorded that belongs to no stay.",
    "on-cancelled-stay": "Something is recorded in a stay whose admission was annulled.",
    "two-open-stays": "The patient is in two stays at once.",
    **texts(),
}
"""Finding code -> one sentence for people."""


def findings(journey: UUID, history: History, stays: Stays) -> Iterator[Finding]:
    for oddity in stays.oddities:
        yield _finding(journey, oddity.code, oddity.fact, stays, detail=oddity.fact.kind.NAME)
    for correction in history.waiting:
        yield _finding(journey, "correction-without-target", correction, stays)
    for fact in history.facts:
        if fact.fact is not None and fact.envelope.principal is not None and (gaps := fact.fact.missing()):
            yield _finding(journey, "mandatory-missing", fact, stays, detail=", ".join(gaps))
    yield from _reused(journey, history, stays)


def _reused(journey: UUID, history: History, stays: Stays) -> Iterator[Finding]:
    """The same source, message and kind of fact with another content: a new message, and a finding on each later one."""
    seen: dict[tuple[str, str, str, str, str], list[RecordedFact]] = defaultdict(list)
    for fact in (*history.facts, *history.voided, *history.corrections):
        envelope = fact.envelope
        if envelope.sourcemessage is not None:
            key = (
                envelope.sourcesystem,
                envelope.sourcemessage,
                envelope.type,
                envelope.controller,
                envelope.regime,
            )
            seen[key].append(fact)
    for facts in seen.values():
        for fact in sorted(facts, key=lambda fact: fact.order)[1:]:
            yield _finding(journey, "message-id-reused", fact, stays)


def _finding(
    journey: UUID, code: str, fact: RecordedFact, stays: Stays, detail: str | None = None
) -> Finding:
    stay = stays.stays.get(fact.stay) if fact.stay is not None else None
    return Finding(
        id=row_id(Finding, code, fact.id),
        journey=journey,
        stay=fact.stay,
        rule=code,
        valid_from=fact.time,
        started_at=fact.time,
        unit=fact.envelope.actorunit,
        municipality=stay.municipality_known(fact.time) if stay else None,
        region=stay.region_known(fact.time) if stay else None,
        opened_by=(fact.id,),
        detail=detail,
    )
