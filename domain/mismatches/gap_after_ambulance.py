"""Gap: an ambulance left the patient at home, and nobody was named to go on."""

from collections.abc import Iterator, Sequence

from domain.care.ambulance import met
from domain.chain import Chain
from domain.facts.contact import AmbulanceAttended
from domain.mismatches._parts import finding
from domain.rows import Finding, Responsibility

CODE = "gap-after-ambulance"
TEXTS = {CODE: "An ambulance left the patient at home, and nobody was named to get in touch."}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until somebody meets the patient."""
    for recorded, fact in chain.all(AmbulanceAttended, where=lambda fact: fact.outcome == "left-at-home"):
        if not fact.handed_to:
            owner = chain.owner(recorded, unit=fact.unit)
            yield from finding(chain, CODE, recorded, owner, *met(chain, recorded))
