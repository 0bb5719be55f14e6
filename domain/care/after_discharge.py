"""Open care after a stay: the region's, physicians' care also in municipal home care (HSL 14:1)."""

from collections.abc import Iterator

from msgspec.structs import replace

from domain.care._parts import private_provider, until
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.discharge import PatientDischarged
from domain.facts.notification import CareContactAppointed
from domain.reference import party_of
from domain.responsibility import CARE
from domain.rows import Responsibility, row_id
from domain.stays import Stay
from domain.subject import Ending


def rows(chain: Chain) -> Iterator[Responsibility]:
    for stay in chain.stays.stays.values():
        yield from _after_discharge(chain, stay)


def _after_discharge(chain: Chain, stay: Stay) -> Iterator[Responsibility]:
    """From discharge until the next admission, the next discharge or death; the *fast vårdkontakt* tells the unit."""
    discharged = stay.discharged
    if discharged is None or stay.region is None or not stay.under_lus:
        return
    if isinstance(discharged.fact, PatientDischarged) and discharged.fact.destination == "other-hospital":
        return
    contacts = [
        (recorded, fact) for recorded, fact in stay.all(CareContactAppointed) if fact.unit is not None
    ]
    before = [(recorded, fact.unit) for recorded, fact in contacts if recorded.time <= discharged.time]
    row = Responsibility(
        id=row_id(Responsibility, CARE, discharged.id, "open-care"),
        journey=chain.journey,
        stay=stay.id,
        rule=CARE,
        valid_from=discharged.time,
        started_at=discharged.time,
        party=party_of(stay.region),
        role="open-care",
        unit=before[-1][1] if before else None,
        organisation=private_provider(before[-1][0]) if before else None,
        municipality=stay.municipality,
        region=stay.region,
        opened_by=(discharged.id,),
    )
    row = until(row, *_takes_over(chain, stay, discharged))
    for recorded, fact in contacts:
        if recorded.time <= discharged.time or fact.unit == row.unit:
            continue
        if row.ended_at is not None and recorded.time >= row.ended_at:
            break
        if recorded.time > row.valid_from:
            yield replace(row, valid_to=recorded.time)
        row = replace(
            row,
            valid_from=recorded.time,
            unit=fact.unit,
            organisation=private_provider(recorded),
            opened_by=(discharged.id, recorded.id),
        )
    yield row


def _takes_over(chain: Chain, own: Stay, discharged: RecordedFact) -> Iterator[Ending]:
    """Each admission to another stay at or after the discharge, a later discharge from one, and death."""
    for stay in chain.stays.stays.values():
        if stay is own:
            continue
        if stay.admitted is not None and stay.admitted.time >= discharged.time:
            yield Ending(stay.admitted, "admitted")
        elif stay.discharged is not None and stay.discharged.time > discharged.time:
            yield Ending(stay.discharged, "discharged")
    if chain.died is not None and chain.died.time >= discharged.time:
        yield chain.deceased()
