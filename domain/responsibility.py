"""Who gives the care, and who owes the next step: two of the three notions of responsibility (HSL 12, 14, 16; LUS).

Several at once is normal. Physicians' care stays with the region also in municipal home care (HSL 14:1).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.envelope import RecordedFact
from domain.facts.discharge import PatientDischarged
from domain.facts.municipal import MunicipalCareStarted
from domain.facts.notification import CareContactAppointed
from domain.rows import Obligation, Responsibility, row_id
from domain.stays import Stay, Stays

CARE = "care"
NEXT_STEP = "next_step"
TOO_LATE_TO_DO = frozenset({"MH-17"})
"""Missed as soon as they are owed: nobody can tell of a discharge beforehand once the patient has left."""


def care(journey: UUID, stays: Stays) -> Iterator[Responsibility]:
    """Care in each stay, in open care after each discharge, and by each municipality that has started."""
    for stay in stays.stays.values():
        yield from _in_stay(journey, stay)
        yield from _after_discharge(journey, stay, stays)
    yield from _municipal(journey, stays)


def next_steps(obligations: Iterable[Obligation]) -> Iterator[Responsibility]:
    """Whoever owes what can still be done owns the next step (LUS): one row per version of each obligation."""
    for duty in obligations:
        if duty.rule in TOO_LATE_TO_DO:
            continue
        yield Responsibility(
            id=row_id(Responsibility, f"{NEXT_STEP}:{duty.rule}", duty.id.hex),
            journey=duty.journey,
            stay=duty.stay,
            rule=NEXT_STEP,
            rule_version=duty.rule_version,
            valid_from=duty.valid_from,
            valid_to=duty.valid_to,
            started_at=duty.started_at,
            due_at=duty.due_at,
            ended_at=duty.ended_at,
            outcome=duty.outcome,
            party=duty.party,
            role=duty.role,
            unit=duty.unit,
            municipality=duty.municipality,
            region=duty.region,
            opened_by=duty.opened_by,
            closed_by=duty.closed_by,
            agreement=duty.agreement,
            detail=duty.rule,
        )


def _in_stay(journey: UUID, stay: Stay) -> Iterator[Responsibility]:
    """Admission to discharge; a leave changes nothing, another ward or hospital begins a new stretch."""
    current: Responsibility | None = None
    for phase in stay.phases:
        role = {"inpatient": "inpatient", "on_leave": "inpatient", "outpatient": "emergency"}.get(phase.phase)
        region = stay.region_known(phase.since)
        party = f"region:{region}" if region else phase.organisation or phase.unit
        same = current is not None and (current.role, current.unit, current.party) == (
            role,
            phase.unit,
            party,
        )
        if same:
            continue
        if current is not None:
            yield replace(current, ended_at=phase.since, outcome=_how(phase.phase), closed_by=(phase.by.id,))
            current = None
        if role is not None:
            current = Responsibility(
                id=row_id(Responsibility, CARE, phase.by.id, f"{role}/{stay.id}"),
                journey=journey,
                stay=stay.id,
                rule=CARE,
                valid_from=phase.since,
                started_at=phase.since,
                party=party,
                role=role,
                unit=phase.unit,
                organisation=phase.organisation,
                municipality=stay.municipality_known(phase.since),
                region=region,
                opened_by=(phase.by.id,),
            )
    if current is not None:
        yield current


def _how(phase: str) -> str:
    return phase if phase in ("discharged", "deceased", "cancelled") else "transferred"


def _after_discharge(journey: UUID, stay: Stay, stays: Stays) -> Iterator[Responsibility]:
    """The region's open care has the patient from discharge until the next admission, the next discharge or death."""
    discharged = stay.discharged
    if discharged is None or stay.region is None or not stay.under_lus:
        return
    if isinstance(discharged.fact, PatientDischarged) and discharged.fact.destination == "other-hospital":
        return
    contacts = [
        (recorded, fact) for recorded, fact in stay.all(CareContactAppointed) if fact.unit is not None
    ]
    before = [fact.unit for recorded, fact in contacts if recorded.time <= discharged.time]
    row = Responsibility(
        id=row_id(Responsibility, CARE, discharged.id, "open-care"),
        journey=journey,
        stay=stay.id,
        rule=CARE,
        valid_from=discharged.time,
        started_at=discharged.time,
        party=f"region:{stay.region}",
        role="open-care",
        unit=before[-1] if before else None,
        municipality=stay.municipality,
        region=stay.region,
        opened_by=(discharged.id,),
    )
    row = _until(row, _next(stays, discharged.time, stay))
    for recorded, fact in contacts:
        if recorded.time <= discharged.time or fact.unit == row.unit:
            continue
        if row.ended_at is not None and recorded.time >= row.ended_at:
            break
        if recorded.time > row.valid_from:
            yield replace(row, valid_to=recorded.time)
        row = replace(row, valid_from=recorded.time, unit=fact.unit, opened_by=(discharged.id, recorded.id))
    yield row


def _municipal(journey: UUID, stays: Stays) -> Iterator[Responsibility]:
    """Each municipality and law, from the start of its care until the next admission or death.

    A start that says nothing new is the same care. A sealed start whose key is gone still counts by its regime.
    """
    running: dict[tuple[str, str], Responsibility] = {}
    for fact, stay in sorted(_starts(stays), key=lambda start: start[0].order):
        value = fact.fact
        municipality = (
            value.municipality if isinstance(value, MunicipalCareStarted) else fact.envelope.principal
        )
        unit = value.unit if isinstance(value, MunicipalCareStarted) else None
        role = "municipal-health" if fact.envelope.regime == "HSL" else "social-services"
        party = f"municipality:{municipality}" if municipality else fact.envelope.controller
        previous = running.get((role, party))
        if previous is not None and (previous.ended_at is None or previous.ended_at > fact.time):
            continue
        row = Responsibility(
            id=row_id(Responsibility, CARE, fact.id, role),
            journey=journey,
            stay=stay.id if stay else None,
            rule=CARE,
            valid_from=fact.time,
            started_at=fact.time,
            party=party,
            role=role,
            unit=unit,
            municipality=municipality,
            region=stay.region_known(fact.time) if stay else None,
            opened_by=(fact.id,),
        )
        running[role, party] = _until(row, _next(stays, fact.time, None))
        yield running[role, party]


def _starts(stays: Stays) -> Iterator[tuple[RecordedFact, Stay | None]]:
    for stay in stays.stays.values():
        for fact in stay.facts:
            if fact.kind is MunicipalCareStarted:
                yield fact, stay
    for fact in stays.outside:
        if fact.kind is MunicipalCareStarted:
            yield fact, None


def _next(stays: Stays, after: datetime, own: Stay | None) -> tuple[RecordedFact, str] | None:
    """What takes the patient over next: an admission or another discharge at or after that moment, or death."""
    found: list[tuple[RecordedFact, str]] = []
    for stay in stays.stays.values():
        if stay is own:
            continue
        if stay.admitted is not None and (stay.admitted.time >= after if own else stay.admitted.time > after):
            found.append((stay.admitted, "admitted"))
        elif own is not None and stay.discharged is not None and stay.discharged.time > after:
            found.append((stay.discharged, "discharged"))
    if stays.died is not None and stays.died.time >= after:
        found.append((stays.died, "deceased"))
    return min(found, key=lambda end: end[0].order, default=None)


def _until(row: Responsibility, end: tuple[RecordedFact, str] | None) -> Responsibility:
    if end is None:
        return row
    fact, outcome = end
    return replace(row, ended_at=fact.time, outcome=outcome, closed_by=(fact.id,))
