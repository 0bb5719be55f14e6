"""Unsynchronised: health care and social services were both asked for, and one has begun without the other."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import (
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.mismatches._parts import Service, finding, first, of_services, readmitted
from domain.rows import Finding, Responsibility
from domain.subject import Ending, Owner

CODE = "regime-apart"
TEXTS = {
    CODE: "Both health care and social services were asked of the municipality, and only one of them has begun."
}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """From the first start until the second: what was asked and begun since the last admission before."""
    starts = list(of_services(chain, chain.history.facts, MunicipalCareStarted))
    for start, (party, regime) in starts:
        since = _last_admission(chain, start)
        other: Service = (party, "SoL" if regime == "HSL" else "HSL")
        before = [whose for fact, whose in starts if _between(since, fact, start) and whose[0] == party]
        asked = _asked(chain, since, start)
        if before or not {(party, regime), other} <= asked.keys():
            continue
        second = first(fact for fact, whose in starts if whose == other and fact.order > start.order)
        yield from finding(
            chain,
            CODE,
            start,
            Owner(party, municipal_role(other[1])),
            Ending(second, "started"),
            readmitted(chain, start),
            because=(asked[party, regime], asked[other]),
        )


def _asked(chain: Chain, since: datetime | None, start: RecordedFact) -> dict[Service, RecordedFact]:
    """What was proposed or accepted last before the start; what was declined is not waited for."""
    kinds = (MunicipalTakeoverProposed, MunicipalTakeoverAccepted, MunicipalTakeoverDeclined)
    said = of_services(chain, chain.history.facts, *kinds)
    words = {whose: fact for fact, whose in said if _between(since, fact, start)}
    return {whose: fact for whose, fact in words.items() if fact.kind is not MunicipalTakeoverDeclined}


def _between(since: datetime | None, fact: RecordedFact, start: RecordedFact) -> bool:
    return (since is None or fact.time >= since) and fact.order < start.order


def _last_admission(chain: Chain, by: RecordedFact) -> datetime | None:
    times = [stay.admitted.time for stay in chain.stays.stays.values() if stay.admitted is not None]
    return max((time for time in times if time <= by.time), default=None)
