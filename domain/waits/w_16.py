"""W-16: from the application for *särskilt boende* to the move-in date that is offered (SoL; Kolada U23401)."""

from collections.abc import Iterator
from datetime import datetime

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.residence import ResidentialCareApplied, ResidentialCareOffered
from domain.reference import is_municipality, party_of
from domain.rows import Row
from domain.subject import Owner, Rule

RULE = Rule("W-16", "Application to offered place", "Kolada U23401", unit="days", word="near")


def chain_rows(chain: Chain) -> Iterator[Row]:
    """One wait per application; it counts whether or not the person moves in, and cannot end before the offer."""
    for applied, application in chain.all(ResidentialCareApplied):
        code = _municipality(applied, application.municipality)
        offered, move_in_at = _offer(chain, applied, code)
        party = party_of(code) or chain.owner(applied).party
        yield chain.wait(
            RULE,
            applied,
            Owner(party, "social-services"),
            done=offered,
            done_at=move_in_at,
            endings=(chain.deceased(),),
        )


def _offer(
    chain: Chain, applied: RecordedFact, code: str | None
) -> tuple[RecordedFact | None, datetime | None]:
    """The first later offer by the same municipality, and its move-in date."""
    for offered, offer in chain.all(ResidentialCareOffered):
        same = {code, _municipality(offered, offer.municipality)} - {None}
        if offered.order > applied.order and len(same) < 2:
            return offered, offer.move_in_at
    return None, None


def _municipality(fact: RecordedFact, named: str | None) -> str | None:
    """The one that is named, else the one on whose behalf it was said."""
    principal = fact.envelope.principal
    return named or (principal if principal is not None and is_municipality(principal) else None)
