"""Contradiction: the municipality that answers for the patient says that the patient is not its own (LUS 5:2)."""

from collections.abc import Iterator, Sequence

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import MunicipalTakeoverAccepted, MunicipalTakeoverDeclined
from domain.mismatches._parts import finding, first, of_services, service
from domain.reference import party_of
from domain.rows import Finding, Responsibility
from domain.stays import Stay
from domain.subject import Ending, Owner

CODE = "contradiction-residence"
TEXTS = {
    CODE: "The municipality says that the patient is not its resident, and no other answers for the patient."
}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until it says yes, or another municipality is named, or the stay ends."""
    for stay in chain.stays.stays.values():
        if stay.admitted is None:
            continue  # annulled: nothing of it counts
        for declined, _ in stay.all(MunicipalTakeoverDeclined, lambda f: f.reason == "not-our-resident"):
            party, regime = service(chain, declined)
            if party != party_of(stay.municipality_known(declined.time)):
                continue
            yield from finding(
                chain,
                CODE,
                declined,
                Owner(party, municipal_role(regime)),
                Ending(_accepted(chain, stay, declined, party), "accepted"),
                Ending(_moved(chain, declined), "moved"),
                Ending(stay.ended, "stay-ended"),
                started_at=stay.admitted.time,
            )


def _accepted(chain: Chain, stay: Stay, declined: RecordedFact, party: str) -> RecordedFact | None:
    """A yes under either law settles where the patient belongs."""
    said = of_services(chain, stay.facts, MunicipalTakeoverAccepted)
    return first(fact for fact, whose in said if whose[0] == party and fact.order > declined.order)


def _moved(chain: Chain, declined: RecordedFact) -> RecordedFact | None:
    return first(change for change in chain.stays.residence if change.order > declined.order)
