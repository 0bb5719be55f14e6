"""Overlaps: two who claim the same kind of care of the patient at once."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from domain.chain import Chain
from domain.mismatches._parts import stretches
from domain.rows import Finding, Responsibility, row_id

TEXTS = {
    "overlap-mobile-team": "Two mobile teams have the patient at once.",
    "overlap-municipal-health": "Two municipalities both give the patient health care at home.",
    "overlap-rehabilitation": "Two municipalities both give the patient rehabilitation.",
    "overlap-social-services": "Two municipalities both give the patient social services.",
    "overlap-specialist": "Two specialist units both have the patient on the same track.",
}
BY_UNIT = ("mobile-team", "specialist")
"""Kinds of care that two units of one *huvudman* should not both give."""


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """From when the second began until the first of them ends."""
    claims = [row for row in stretches(care) if f"overlap-{row.role}" in TEXTS]
    for one, other in combinations(sorted(claims, key=_order), 2):
        if one.role == other.role and _claim_the_same(one, other):
            yield from _overlap(one, other)


def _order(row: Responsibility) -> tuple[object, ...]:
    return row.started_at, row.opened_by, row.id


def _claim_the_same(one: Responsibility, other: Responsibility) -> bool:
    if one.role in BY_UNIT:
        return one.detail == other.detail and one.unit != other.unit
    return one.party != other.party


def _overlap(one: Responsibility, other: Responsibility) -> Iterator[Finding]:
    """Nobody is meant by it: the two have to agree. Facts of both stand behind it."""
    assert other.started_at is not None
    ends = [row for row in (one, other) if row.ended_at is not None]
    ended = min(ends, key=lambda row: (row.ended_at, _order(row)), default=None)
    if ended is not None and ended.ended_at is not None and ended.ended_at <= other.started_at:
        return
    yield Finding(
        id=row_id(Finding, f"overlap-{one.role}", one.id.hex, other.id.hex),
        journey=other.journey,
        stay=other.stay,
        rule=f"overlap-{one.role}",
        valid_from=other.started_at,
        started_at=other.started_at,
        ended_at=ended.ended_at if ended is not None else None,
        outcome=ended.outcome if ended is not None else None,
        role=one.role,
        municipality=other.municipality,
        region=other.region,
        opened_by=tuple(dict.fromkeys((*one.opened_by, *other.opened_by))),
        closed_by=ended.closed_by if ended is not None else (),
        detail=one.detail,
    )
