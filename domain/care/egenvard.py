"""*Egenvård*: what was judged that the patient does alone or with help is nobody's health care (lag 2022:1250 5 §)."""

from collections.abc import Iterator

from domain.care._parts import Running, begun, regional
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.reference import party_of
from domain.rows import Responsibility
from domain.subject import Owner


def rows(chain: Chain) -> Iterator[Responsibility]:
    """Each assessment, by who does it or helps, until a review or a new judgement ends it, or death.

    One with the same help while it runs renews it. Which measure is meant stands sealed, so an end means all.
    """
    running = Running(chain)
    judged: Iterator[tuple[RecordedFact, EgenvardAssessed | EgenvardReviewed]]
    judged = chain.all(EgenvardAssessed, EgenvardReviewed)
    for recorded, fact in judged:
        if fact.outcome in ("ended", "health-care"):
            running.end(running.now(recorded), recorded, fact.outcome)
        elif isinstance(fact, EgenvardAssessed) and fact.outcome == "egenvard":
            party = _by(chain, recorded, fact)
            if party not in [row.party for row in running.now(recorded)]:
                running.begin(begun(chain, recorded, Owner(party, "egenvard", fact.unit)))
    yield from running.rows()


def _by(chain: Chain, recorded: RecordedFact, fact: EgenvardAssessed) -> str | None:
    """Who does it, or helps: the patient where nobody else is named."""
    if fact.support == "municipality":
        return party_of(fact.municipality or chain.municipality_of(recorded))
    if fact.support == "region":
        return regional(chain, recorded, "egenvard").party
    return "assistance" if fact.support == "personal-assistance" else fact.support or "patient"
