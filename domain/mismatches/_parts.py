"""What the mismatches share: a finding with its stretch of time, care at a moment, and what was asked of municipalities."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.care._parts import municipal_party
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import Regime
from domain.facts._parts import ServicesFact
from domain.rows import Finding, Responsibility, row_id
from domain.stays import Stay
from domain.subject import Ending, Owner

Service = tuple[str, Regime]
"""A municipality as party, and the law that its services are given under."""


def finding(
    chain: Chain,
    code: str,
    opened: RecordedFact,
    owner: Owner,
    *endings: Ending,
    started_at: datetime | None = None,
    because: tuple[RecordedFact, ...] = (),
    key: str = "",
    detail: str | None = None,
) -> Iterator[Finding]:
    """A mismatch from ``started_at`` (the opening fact's time) until the first of what ends it; none if it ends at once.

    ``owner`` is who could mend it. Nothing is amiss with a patient who has died.
    """
    begins = max(started_at or opened.time, opened.time)
    known = [(end.fact, end.outcome) for end in (*endings, chain.deceased()) if end.fact is not None]
    last = min(known, key=lambda end: end[0].order, default=None)
    if last is not None and last[0].time <= begins:
        return
    stay = chain.stay_of(opened)
    yield Finding(
        id=row_id(Finding, code, opened.id, key),
        journey=chain.journey,
        stay=stay.id if stay is not None else None,
        rule=code,
        valid_from=begins,
        started_at=begins,
        ended_at=last[0].time if last is not None else None,
        outcome=last[1] if last is not None else None,
        party=owner.party,
        role=owner.role,
        unit=owner.unit,
        municipality=chain.municipality_of(opened),
        region=chain.region_of(opened),
        opened_by=(*(fact.id for fact in because), opened.id),
        closed_by=(last[0].id,) if last is not None else (),
        detail=detail,
    )


def first(found: Iterator[RecordedFact]) -> RecordedFact | None:
    """The first in order."""
    return min(found, key=lambda fact: fact.order, default=None)


def readmitted(chain: Chain, after: RecordedFact) -> Ending:
    """The next admission of the patient, to a stay that had not begun by then."""
    return Ending(
        first(
            stay.admitted
            for stay in chain.stays.stays.values()
            if stay.admitted is not None and after not in stay.facts and stay.admitted.time >= after.time
        ),
        "readmitted",
    )


def service(chain: Chain, fact: RecordedFact) -> Service:
    """Whose municipal services a fact is about: also told where its data is sealed and the key gone."""
    return municipal_party(chain, fact), fact.envelope.regime


def of_services(
    chain: Chain, facts: Sequence[RecordedFact], *kinds: type[ServicesFact]
) -> Iterator[tuple[RecordedFact, Service]]:
    """The facts of these kinds, with whose services they are about."""
    for fact in facts:
        if fact.kind in kinds:
            yield fact, service(chain, fact)


def last_words(
    chain: Chain, stay: Stay, by: RecordedFact, *kinds: type[ServicesFact]
) -> dict[Service, RecordedFact]:
    """For each municipality and law, the last fact of these kinds in the stay, at or before ``by``."""
    said = of_services(chain, [fact for fact in stay.facts if fact.time <= by.time], *kinds)
    return {whose: fact for fact, whose in said}


def runs_at(row: Responsibility, time: datetime) -> bool:
    """Whether care runs at a moment, by what had happened then."""
    assert row.started_at is not None
    return row.started_at <= time and (row.ended_at is None or row.ended_at > time)


def stretches(care: Sequence[Responsibility]) -> list[Responsibility]:
    """Who gives care, each once: the last version of a row tells its whole stretch."""
    return list({row.id: row for row in sorted(care, key=lambda row: row.valid_from)}.values())


def begins_after(chain: Chain, care: Sequence[Responsibility], time: datetime) -> Ending:
    """The first of these rows to begin after a moment, by the fact that began it."""
    later = [row for row in care if row.started_at is not None and row.started_at > time]
    rows = sorted(later, key=lambda row: (row.started_at, row.opened_by))
    if not rows:
        return Ending(None, "")
    began = next(fact for fact in chain.history.facts if fact.id == rows[0].opened_by[0])
    return Ending(began, "care-begun")
