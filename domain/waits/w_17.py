"""W-17: from contact sought with primary care to the medical assessment, in dates (HSF 6:1 second point)."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.facts.guarantee import CareAssessed, CareContactSought
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("W-17", "Contact sought to assessment", "HSF 6:1", unit="dates", word="near")
LIMIT_DAYS = 3


def chain_rows(chain: Chain) -> Iterator[Row]:
    """Contacts with a track are with a specialist, and counted by W-18."""
    assessments = [recorded for recorded, _ in chain.all(CareAssessed)]
    for sought, contact in chain.all(CareContactSought, where=lambda fact: fact.track is None):
        yield chain.wait(
            RULE,
            sought,
            chain.owner(sought, "open-care", contact.unit),
            done=next((assessed for assessed in assessments if assessed.order > sought.order), None),
            endings=(chain.deceased(),),
            at_most=LIMIT_DAYS,
        )
