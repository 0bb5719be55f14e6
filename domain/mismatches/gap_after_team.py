"""Gap: a mobile team is done with the patient, named nobody to go on, and nobody else gives care."""

from collections.abc import Iterator, Sequence

from domain.chain import Chain
from domain.facts.mobile_team import MobileTeamHandedBack
from domain.mismatches._parts import begins_after, finding, runs_at, stretches
from domain.responsibility import CARE
from domain.rows import Finding, Responsibility

CODE = "gap-after-team"
TEXTS = {CODE: "A mobile team handed the patient back without naming anybody, and nobody gives care."}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until any care begins. *Egenvård* is the patient's own, so it closes no gap."""
    others = [row for row in stretches(care) if row.rule == CARE and row.role != "egenvard"]
    for recorded, fact in chain.all(MobileTeamHandedBack, where=lambda fact: not fact.handed_to):
        if not any(runs_at(row, recorded.time) for row in others):
            owner = chain.owner(recorded, "mobile-team", fact.team)
            yield from finding(chain, CODE, recorded, owner, begins_after(chain, others, recorded.time))
