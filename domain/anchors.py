"""Where care at home begins: the moments that W-22 and W-23 count the 90 days before and after from."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.discharge import PatientDischarged
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import MunicipalCareStarted
from domain.reference import party_of
from domain.rows import Figure
from domain.stays import Stay
from domain.subject import Owner, Rule

WINDOW = timedelta(days=90)
"""90 times 24 hours, also over the nights when the clocks are changed."""
Count = Callable[[Chain, datetime, datetime, datetime], tuple[float, tuple[RecordedFact, ...]]]
"""How many from a time (included) to a time (not), as known at a third: the number, and the facts counted."""


def before_and_after(rule: Rule, chain: Chain, count: Count) -> Iterator[Figure]:
    """Two numbers an anchor. The one after comes when its window is over, and never where death comes before that."""
    for anchor, owner in anchors(chain):
        start, end = anchor.time - WINDOW, anchor.time + WINDOW
        number, counted = count(chain, start, anchor.time, anchor.time)
        yield chain.figure(rule, anchor, owner, number, detail="before", because=counted)
        if chain.died is None or chain.died.time >= end:
            number, counted = count(chain, anchor.time, end, end)
            yield chain.figure(rule, anchor, owner, number, detail="after", known_at=end, because=counted)


def anchors(chain: Chain) -> Iterator[tuple[RecordedFact, Owner]]:
    """Each municipality's first start of health care after a stay, and each start of a mobile team's part."""
    ends = {stay.discharged.id for stay in chain.stays.stays.values() if stay.admitted and stay.discharged}
    after_stay = False
    started: set[str | None] = set()
    teams: set[str | None] = set()
    for recorded in chain.history.facts:
        fact = recorded.fact
        if recorded.kind is PatientDischarged and recorded.id in ends:
            after_stay, started = True, set()
        elif recorded.kind is MunicipalCareStarted and recorded.envelope.regime == "HSL" and after_stay:
            owner = _municipality(chain, recorded)
            if owner.party not in started:
                started.add(owner.party)
                yield recorded, owner
        elif isinstance(fact, MobileTeamTookOver):
            if fact.team not in teams:
                yield recorded, chain.owner(recorded, "mobile-team", fact.team)
            teams.add(fact.team)
        elif isinstance(fact, MobileTeamHandedBack):
            teams.discard(fact.team)


def _municipality(chain: Chain, recorded: RecordedFact) -> Owner:
    fact = recorded.fact
    code = fact.municipality if isinstance(fact, MunicipalCareStarted) else None
    unit = fact.unit if isinstance(fact, MunicipalCareStarted) else None
    party = party_of(code or chain.municipality_of(recorded)) or chain.owner(recorded).party
    return Owner(party, "municipal-health", unit)


def cancelled_by(stay: Stay, time: datetime) -> bool:
    """Whether a stay or visit had come to nothing by then: it is not counted."""
    return stay.phase == "cancelled" and stay.ended is not None and stay.ended.time <= time
