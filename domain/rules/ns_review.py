"""NS-review: what was assessed as *egenvård* is reviewed when it shall be (lag 2022:1250)."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.reference import party_of
from domain.rows import Row
from domain.subject import Ending, Owner, Rule

RULE = Rule("NS-review", "Egenvård reviewed", "lag 2022:1250", "next-step")


def chain_rows(chain: Chain) -> Iterator[Row]:
    """From each assessment or review that names the next review, until it is made or the measure becomes health care."""
    unit: str | None = None
    for recorded in chain.history.facts:
        fact = recorded.fact
        if not isinstance(fact, EgenvardAssessed | EgenvardReviewed):
            continue
        unit = fact.unit if isinstance(fact, EgenvardAssessed) else unit
        if fact.outcome not in ("egenvard", "continues") or fact.review_at is None:
            continue
        yield chain.obligation(
            RULE,
            recorded,
            _owner(chain, recorded, unit),
            due_at=fact.review_at,
            done=_next_review(chain, recorded),
            endings=(Ending(_became_health_care(chain, recorded), "health-care"), chain.deceased()),
        )


def _owner(chain: Chain, recorded: RecordedFact, unit: str | None) -> Owner:
    """The region's open care, by the unit that assessed."""
    return Owner(party_of(chain.region_of(recorded)), "open-care", unit)


def _next_review(chain: Chain, since: RecordedFact) -> RecordedFact | None:
    return next((fact for fact, _ in chain.all(EgenvardReviewed) if fact.order > since.order), None)


def _became_health_care(chain: Chain, since: RecordedFact) -> RecordedFact | None:
    changed = chain.all(EgenvardAssessed, where=lambda fact: fact.outcome == "health-care")
    return next((fact for fact, _ in changed if fact.order > since.order), None)
