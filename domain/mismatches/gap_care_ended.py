"""Gap: a municipality has ended its care because another was to go on, and no other has begun (SoL 29; HSL 12)."""

from collections.abc import Iterator, Sequence

from domain.care.municipal import KINDS
from domain.chain import Chain
from domain.facts.municipal import MunicipalCareEnded
from domain.mismatches._parts import begins_after, finding, runs_at, stretches
from domain.rows import Finding, Responsibility
from domain.subject import Owner

CODE = "gap-care-ended"
TEXTS = {CODE: "A municipality ended its care as handed over or moved, and nobody has begun in its place."}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """For each kind of care that it ended, until somebody gives that kind again."""
    handed_over = chain.all(MunicipalCareEnded, where=lambda fact: fact.reason in ("handed-over", "moved"))
    for recorded, _ in handed_over:
        for ended in stretches(care):
            if ended.role not in KINDS or ended.closed_by != (recorded.id,):
                continue
            same_kind = [row for row in stretches(care) if row.role == ended.role]
            if any(runs_at(row, recorded.time) for row in same_kind):
                continue
            owner = Owner(ended.party, ended.role, ended.unit)
            later = begins_after(chain, same_kind, recorded.time)
            yield from finding(chain, CODE, recorded, owner, later, key=ended.role)
