"""Which *huvudman* answers for the whole, as the SIP says (HSL 16:4, SoL 10:9). It gives no care by that."""

from collections.abc import Iterator

from domain.care._parts import Running, begun
from domain.chain import Chain
from domain.facts.planning import SipEstablished
from domain.reference import party_of
from domain.responsibility import OVERALL
from domain.rows import Responsibility
from domain.subject import Owner


def rows(chain: Chain) -> Iterator[Responsibility]:
    """From the SIP until another SIP names another, or death; a SIP that names nobody changes nothing."""
    running = Running(chain)
    for recorded, fact in chain.all(SipEstablished):
        if fact.overall_responsible is None:
            continue
        party = party_of(fact.overall_responsible)
        standing = running.now(recorded)
        if party not in [row.party for row in standing]:
            running.end(standing, recorded, "replaced")
            running.begin(begun(chain, recorded, Owner(party), notion=OVERALL))
    yield from running.rows()
