"""Inpatient care and emergency care: the region from admission to discharge (HSL 8:1)."""

from collections.abc import Iterator

from msgspec.structs import replace

from domain.care._parts import private_provider
from domain.chain import Chain
from domain.reference import party_of
from domain.responsibility import CARE
from domain.rows import Responsibility, row_id
from domain.stays import Stay

_ROLES = {"inpatient": "inpatient", "on_leave": "inpatient", "outpatient": "emergency"}


def rows(chain: Chain) -> Iterator[Responsibility]:
    for stay in chain.stays.stays.values():
        yield from _in_stay(chain, stay)


def _in_stay(chain: Chain, stay: Stay) -> Iterator[Responsibility]:
    """A leave changes nothing, another ward or hospital begins a new stretch."""
    current: Responsibility | None = None
    for phase in stay.phases:
        role = _ROLES.get(phase.phase)
        region = stay.region_known(phase.since)
        party = party_of(region) or phase.organisation or phase.unit
        if current is not None and (current.role, current.unit, current.party) == (role, phase.unit, party):
            continue
        if current is not None:
            yield replace(current, ended_at=phase.since, outcome=_how(phase.phase), closed_by=(phase.by.id,))
            current = None
        if role is not None:
            current = Responsibility(
                id=row_id(Responsibility, CARE, phase.by.id, f"{role}/{stay.id}"),
                journey=chain.journey,
                stay=stay.id,
                rule=CARE,
                valid_from=phase.since,
                started_at=phase.since,
                party=party,
                role=role,
                unit=phase.unit,
                organisation=private_provider(phase.by) or phase.organisation,
                municipality=stay.municipality_known(phase.since),
                region=region,
                opened_by=(phase.by.id,),
            )
    if current is not None:
        yield current


def _how(phase: str) -> str:
    return phase if phase in ("discharged", "deceased", "cancelled") else "transferred"
