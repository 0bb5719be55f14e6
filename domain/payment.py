"""Who pays for today's care in the hospital: the region, or from a date the municipality (LUS 5 chap.)."""

from collections.abc import Iterator
from datetime import datetime

from domain.case import Case
from domain.liability import course
from domain.liability_parts import Payer
from domain.reference import party_of
from domain.rows import Responsibility, row_id

PAYMENT = "payment"


def payment(case: Case) -> Iterator[Responsibility]:
    """One payer at every moment from the admission until the stay ends, and nobody after it.

    A row for each stretch; a new one when the payer, the reason (``detail``) or the municipality that answers for
    the patient changes. While a notice's days run, ``due_at`` is when they are over.
    """
    payers = course(case).payers
    for payer, following in zip(payers, [*payers[1:], None], strict=False):
        ended_at, outcome, by = _end(case, following)
        party = party_of(payer.municipality if payer.liable else case.stay.region)
        told = dict.fromkeys(fact.id for fact in (*payer.rests_on, payer.by))
        yield Responsibility(
            id=row_id(
                Responsibility,
                PAYMENT,
                payer.by.id,
                f"{case.stay.id}/{party}/{payer.municipality or ''}/{payer.detail or ''}",
            ),
            journey=case.journey,
            stay=case.stay.id,
            rule=PAYMENT,
            valid_from=payer.since,
            started_at=payer.started_at or payer.since,
            due_at=payer.due_at,
            ended_at=ended_at,
            outcome=outcome,
            party=party,
            municipality=payer.municipality,
            region=case.stay.region,
            opened_by=tuple(told),
            closed_by=by,
            agreement=payer.agreement,
            detail=payer.detail,
        )


def _end(case: Case, following: Payer | None) -> tuple[datetime | None, str | None, tuple[str, ...]]:
    """When a stretch ends, how, and by which facts: none where the date alone ends it."""
    if following is not None:
        by = () if following.by_clock else (following.by.id,)
        return following.since, following.before_ended, by
    ended = case.stay.ended
    return (None, None, ()) if ended is None else (ended.time, case.stay.phase, (ended.id,))
