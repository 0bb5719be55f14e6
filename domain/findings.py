"""What does not fit in a journey: contradictions, absences, corrections of nothing. Never refused, always shown."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge import DischargeInformationTransferred
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.messages import HomeSituationReported, MessageSent
from domain.facts.notification import AdmissionNotified
from domain.history import History
from domain.mismatches import texts
from domain.rows import Finding, row_id
from domain.stays import Stays

TEXTS: dict[str, str] = {
    "admitted-twice": "One stay was begun twice, at different times; the first counts.",
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
    "times-backwards": "Something ended, or arrived, before it began by the times that were told.",
    "two-open-stays": "The patient is in two stays at once.",
    **texts(),
}
"""Finding code -> one sentence for people."""

_SENT = (
    *(AdmissionNotified, CompulsoryOpenCareDecided, DischargeInformationTransferred),
    *(DischargeReadyNotified, HomeSituationReported, MessageSent),
)
"""Facts whose time is the sending, and which say when it arrived."""


def findings(journey: UUID, history: History, stays: Stays) -> Iterator[Finding]:
    for oddity in stays.oddities:
        yield _finding(journey, oddity.code, oddity.fact, stays, detail=oddity.fact.kind.NAME)
    for correction in history.waiting:
        yield _finding(journey, "correction-without-target", correction, stays)
    for fact in history.facts:
        if (asked := judged(fact)) is not None and (gaps := asked.missing()):
            yield _finding(journey, "mandatory-missing", fact, stays, detail=", ".join(gaps))
        if fact.fact is not None and (wrong := _backwards(fact, fact.fact)):
            yield _finding(journey, "times-backwards", fact, stays, detail=wrong)
    yield from _reused(journey, history, stays)


def judged(fact: RecordedFact) -> Fact | None:
    """What is asked whether it lacks anything: a fact that can be read, and that somebody in Swedish care answers for."""
    return fact.fact if fact.envelope.principal is not None else None


def _backwards(recorded: RecordedFact, fact: Fact) -> str | None:
    """The field that tells of a time after its act's own although it was before it, or the other way round."""
    if recorded.envelope.timeprecision == "day":
        return None  # midnight stands for any hour of that day
    said = vars(fact)
    for before in ("admitted_at", "started_at"):
        told = said.get(before)
        if told is not None and told > recorded.time:
            return before
    arrived = (said.get("received_at"), *(one.received_at for one in said.get("recipients") or ()))
    sent = isinstance(fact, _SENT)
    return "received_at" if sent and any(one is not None and one < recorded.time for one in arrived) else None


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
