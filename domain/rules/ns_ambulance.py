"""NS-ambulance: an ambulance left the patient at home, and those who took over get in touch (a local limit)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.care.ambulance import CONTACTS
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES, Fact
from domain.facts._parts import Recipient
from domain.facts.admission import PatientAdmitted
from domain.facts.contact import AmbulanceAttended
from domain.facts.emergency import EmergencyVisitStarted
from domain.reference import party_of
from domain.rows import Row
from domain.subject import Ending, Owner, Rule

RULE = Rule(
    "NS-ambulance",
    "Contact after the ambulance left the patient at home",
    "local agreement",
    "next-step",
    values=("limits.home_contact_hours",),
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    """One duty for each who took over; where nobody did there is a gap, and no duty."""
    for attended, fact in chain.all(AmbulanceAttended, where=lambda fact: fact.outcome == "left-at-home"):
        hours = chain.agreement_of(attended).limits.home_contact_hours
        for owner in dict.fromkeys(_owner(chain, attended, recipient) for recipient in fact.handed_to):
            yield chain.obligation(
                RULE,
                attended,
                owner,
                due_at=None if hours is None else attended.time + timedelta(hours=hours),
                done=_first_after(chain, attended, *CONTACTS),
                endings=(
                    Ending(_first_after(chain, attended, PatientAdmitted), "admitted"),
                    Ending(_first_after(chain, attended, EmergencyVisitStarted), "emergency-visit"),
                    chain.deceased(),
                ),
                key=f"{owner.role}/{owner.unit or ''}",
            )


def _owner(chain: Chain, attended: RecordedFact, recipient: Recipient) -> Owner:
    if recipient.role in MUNICIPAL_ROLES:
        code = recipient.municipality or chain.municipality_of(attended)
    else:
        code = chain.region_of(attended)
    return Owner(party_of(code), recipient.role, recipient.unit)


def _first_after(chain: Chain, since: RecordedFact, *kinds: type[Fact]) -> RecordedFact | None:
    """By kind alone: what was said under a key that is gone has happened all the same."""
    for fact in chain.history.facts:
        if fact.kind in kinds and fact.order > since.order:
            return fact
    return None
