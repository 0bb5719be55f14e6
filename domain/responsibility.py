"""Who gives the care, and who owes the next step: two of the three notions of responsibility (HSL 12, 14, 16; LUS).

Several at once is normal. Physicians' care stays with the region also in municipal home care (HSL 14:1).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from msgspec.structs import replace

from domain.chain import Chain
from domain.discovery import modules_of
from domain.facts.provider import ProviderCommissioned
from domain.reference import party_of
from domain.rows import Obligation, Responsibility, row_id

CARE = "care"
CARE_CONTACT = "care_contact"
OVERALL = "overall"
NEXT_STEP = "next_step"
TOO_LATE_TO_DO = frozenset({"MH-17"})
"""Missed as soon as they are owed: nobody can tell of a discharge beforehand once the patient has left."""
ROUTINE_ONLY = frozenset({"MH-05", "MH-08", "MH-11"})
"""Asked for by local routines alone: without a limit agreed on, NS-plan and NS-attend say what the law asks."""
DONE_TOO_LATE = frozenset({"late-admission-notice", "late-sip-call"})
"""Conditions of MH-15 that were done, too late: there is nothing left to do about them."""
MUNICIPAL = ("municipal-health", "rehabilitation", "social-services")
"""Kinds of care whose municipality is told with the care itself."""
NOBODYS_UNIT = ("egenvard", "team-member")
"""Rows whose unit judged, or serves a team: who runs it is not who gives this care."""


def care(chain: Chain) -> Iterator[Responsibility]:
    """Each kind of care there is, and the *fast vårdkontakt*; several at once is normal."""
    for rows in kinds().values():
        for row in rows(chain):
            yield _commissioned(chain, row)


@cache
def kinds() -> dict[str, Callable[[Chain], Iterator[Responsibility]]]:
    """The folder is the list: each module of ``domain.care`` that offers ``rows``, by its name."""
    return {module.__name__: module.rows for module in modules_of("domain.care")}


def _commissioned(chain: Chain, row: Responsibility) -> Responsibility:
    """Who runs the unit on whose behalf (HSL 15:1), as last said while the care ran. The *huvudman* stays party."""
    if row.unit is None or row.role in NOBODYS_UNIT:
        return row
    said = [
        (recorded, fact)
        for recorded, fact in chain.all(ProviderCommissioned, where=lambda fact: fact.unit == row.unit)
        if row.ended_at is None or recorded.time <= row.ended_at
    ]
    if not said:
        return row
    recorded, last = said[-1]
    principal = None if row.role in MUNICIPAL else last.on_behalf_of
    return replace(
        row,
        organisation=last.provider or row.organisation,
        party=party_of(principal) or row.party,
        opened_by=(*row.opened_by, recorded.id),
    )


def next_steps(obligations: Iterable[Obligation]) -> Iterator[Responsibility]:
    """Whoever owes what can still be done owns the next step (LUS): one row per version of each obligation."""
    for duty in obligations:
        if duty.rule in TOO_LATE_TO_DO or duty.detail in DONE_TOO_LATE:
            continue
        if duty.rule in ROUTINE_ONLY and duty.due_at is None:
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
