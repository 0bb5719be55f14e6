"""An ambulance left the patient at home: those it handed over to have the patient until somebody gets in touch."""

from collections.abc import Iterator

from domain.care._parts import Running, begun, receiver
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.contact import VISITS, AmbulanceAttended
from domain.facts.guarantee import CareAssessed
from domain.facts.mobile_team import MobileTeamTookOver
from domain.facts.municipal import MunicipalCareStarted
from domain.rows import Responsibility
from domain.subject import Ending

CONTACTS: frozenset[type[Fact]] = frozenset({*VISITS, MunicipalCareStarted, MobileTeamTookOver, CareAssessed})
"""What shows that somebody has met the patient since."""


def rows(chain: Chain) -> Iterator[Responsibility]:
    running = Running(chain)
    for recorded, fact in chain.all(AmbulanceAttended, where=lambda fact: fact.outcome == "left-at-home"):
        owners = dict.fromkeys(receiver(chain, recorded, recipient) for recipient in fact.handed_to)
        for place, owner in enumerate(owners):
            row = begun(chain, recorded, owner, key=f"ambulance/{place}", detail="ambulance")
            running.begin(row, *met(chain, recorded))
    yield from running.rows()


def met(chain: Chain, left: RecordedFact) -> Iterator[Ending]:
    """The next contact by anybody, admission or emergency visit after the ambulance."""
    for fact in chain.history.facts:
        if fact.kind in CONTACTS and fact.order > left.order:
            yield Ending(fact, "contacted")
            break
    for stay in chain.stays.stays.values():
        if stay.admitted is not None and stay.admitted.order > left.order:
            yield Ending(stay.admitted, "admitted")
        if stay.opened is not None and stay.opened is not stay.admitted and stay.opened.order > left.order:
            yield Ending(stay.opened, "emergency-visit")
