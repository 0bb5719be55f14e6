"""W-19: hand-overs, counted one by one at the act that moves the care; summed per patient and month elsewhere."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.admission import PatientTransferred
from domain.facts.contact import AmbulanceAttended
from domain.facts.egenvard import EgenvardAssessed
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import MunicipalCareStarted
from domain.facts.referral import HandedBackToPrimaryCare, ReferralAccepted, SharedCareAgreed
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("W-19", "Hand-overs", "God och nära vård", unit="count", word="coordinated")
ALWAYS: frozenset[type[Fact]] = frozenset(
    {
        MunicipalCareStarted,
        MobileTeamTookOver,
        MobileTeamHandedBack,
        ReferralAccepted,
        HandedBackToPrimaryCare,
        SharedCareAgreed,
    }
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    moved = _in_stays(chain)
    for recorded in chain.history.facts:
        if recorded.kind in ALWAYS or recorded.id in moved or _sometimes(recorded):
            unit = _receiver(recorded)
            yield chain.figure(RULE, recorded, chain.owner(recorded, unit=unit), 1, detail=recorded.kind.NAME)


def _in_stays(chain: Chain) -> set[str]:
    """The first admission of each stay, the discharge that ended it, and the transfers that moved the patient."""
    moved: set[str] = set()
    for stay in chain.stays.stays.values():
        acts = [stay.admitted, stay.discharged]
        acts += [phase.by for phase in stay.phases if phase.by.kind is PatientTransferred]
        moved |= {act.id for act in acts if act is not None}
    return moved


def _sometimes(recorded: RecordedFact) -> bool:
    """*Egenvård* moves care when it is judged to be that; an ambulance when it leaves the patient with somebody."""
    fact = recorded.fact
    if isinstance(fact, EgenvardAssessed):
        return fact.outcome == "egenvard"
    return isinstance(fact, AmbulanceAttended) and fact.outcome == "left-at-home" and bool(fact.handed_to)


def _receiver(recorded: RecordedFact) -> str | None:
    """The unit that goes on, as far as the fact names one; else the unit that said it."""
    fact = recorded.fact
    if isinstance(fact, AmbulanceAttended | MobileTeamHandedBack):
        return next((to.unit for to in fact.handed_to if to.unit), recorded.envelope.actorunit)
    named = (getattr(fact, name, None) for name in ("unit", "to_unit", "team", "specialist_unit"))
    return next((unit for unit in named if unit is not None), recorded.envelope.actorunit)
