"""What limits who may see a journey: *spärr*, protected identity, and what the patient said of sharing information."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.notification import ConsentRecorded
from domain.facts.person import BlockLifted, BlockSet, ProtectedIdentityLifted, ProtectedIdentitySet
from domain.rows import Restriction, row_id

BLOCKS = {"inner": "block-inner", "shared-documentation": "block-shared-documentation"}
"""*Inre spärr* (PDL 4:4) and *spärr* in shared documentation (SVOD 2:3), by the fact's kind."""
PROTECTED = "protected-identity"
CONSENTS = {"information-sharing": "consent-information-sharing", "sip": "consent-sip"}


def restrictions(chain: Chain) -> Iterator[Restriction]:
    """A row for each block, protection and consent, from when it was set until it was lifted or another was said.

    PDL 4:4-5; SVOD 2:3, 3:1-6; OSL 21:3, 22:1.
    """
    yield from _blocks(chain)
    yield from _protections(chain)
    yield from _consents(chain)


def _blocks(chain: Chain) -> Iterator[Restriction]:
    lifted = list(chain.all(BlockLifted))
    for recorded, fact in chain.all(BlockSet):
        # A source may leave out which kind: then both stand, as that closes more.
        for kind in [fact.kind] if fact.kind is not None else BLOCKS:
            ends = (
                one
                for one, end in lifted
                if end.kind in (None, kind)
                and end.closed_unit == fact.closed_unit
                and one.envelope.controller == recorded.envelope.controller
            )
            yield _row(chain, BLOCKS[kind], recorded, ends, unit=fact.closed_unit)


def _protections(chain: Chain) -> Iterator[Restriction]:
    lifted = list(chain.all(ProtectedIdentityLifted))
    for recorded, fact in chain.all(ProtectedIdentitySet):
        ends = (one for one, end in lifted if end.kind in (None, fact.kind))
        yield _row(chain, PROTECTED, recorded, ends, detail=fact.kind)


def _consents(chain: Chain) -> Iterator[Restriction]:
    said = list(chain.all(ConsentRecorded))
    for recorded, fact in said:
        if fact.scope is not None:
            later = (one for one, other in said if other.scope == fact.scope)
            yield _row(chain, CONSENTS[fact.scope], recorded, later, detail=fact.decision)


def _row(
    chain: Chain,
    rule: str,
    set_by: RecordedFact,
    ends: Iterator[RecordedFact],
    *,
    unit: str | None = None,
    detail: str | None = None,
) -> Restriction:
    end = next((one for one in ends if one.order > set_by.order), None)
    return Restriction(
        id=row_id(Restriction, rule, set_by.id),
        journey=chain.journey,
        rule=rule,
        valid_from=set_by.time,
        started_at=set_by.time,
        ended_at=end.time if end is not None else None,
        outcome="lifted" if end is not None else None,
        organisation=set_by.envelope.controller,
        unit=unit,
        opened_by=(set_by.id,),
        closed_by=(end.id,) if end is not None else (),
        detail=detail,
    )
