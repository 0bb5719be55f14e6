"""Municipal care: home nursing and rehabilitation under HSL, social services under SoL (HSL 12:1-2, 12:5, 14:1)."""

from collections.abc import Iterator
from uuid import UUID

from msgspec.structs import replace

from domain.care._parts import Running, begun, municipal_party, municipality_named
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts._parts import Service, ServicesFact
from domain.facts.municipal import MunicipalCareEnded, MunicipalCareStarted
from domain.rows import Responsibility
from domain.subject import Ending, Owner

KINDS = ("municipal-health", "rehabilitation", "social-services")
_TRAINING: frozenset[Service] = frozenset({"rehabilitation", "habilitation"})


def rows(chain: Chain) -> Iterator[Responsibility]:
    """Each municipality and kind, from the start until it ends, the next admission or death.

    A start that says nothing new is the same care. What is sealed and its key gone still counts, by its regime.
    """
    running, given = Running(chain), dict[UUID, set[Service]]()
    for fact in chain.history.facts:
        if fact.kind is MunicipalCareStarted:
            _start(chain, running, given, fact)
        elif fact.kind is MunicipalCareEnded:
            _end(chain, running, given, fact)
    yield from running.rows()


def _start(chain: Chain, running: Running, given: dict[UUID, set[Service]], fact: RecordedFact) -> None:
    party, told = municipal_party(chain, fact), _services(fact)
    for kind in _kinds(fact, told) or ("municipal-health",):
        same = [row for row in running.now(fact) if (row.role, row.party) == (kind, party)]
        if not same:
            row = _row(chain, fact, Owner(party, kind, getattr(fact.fact, "unit", None)))
            running.begin(row, Ending(_next_admission(chain, fact), "admitted"))
            same = [row]
        given.setdefault(same[0].id, set()).update(_of_kind(told, kind))


def _end(chain: Chain, running: Running, given: dict[UUID, set[Service]], fact: RecordedFact) -> None:
    """Care of a kind ends with the last of the services that were named when it began."""
    party, told = municipal_party(chain, fact), _services(fact)
    kinds = _kinds(fact, told) or ("municipal-health", "rehabilitation")
    for row in running.now(fact, lambda row: row.role in kinds and row.party == party):
        named = _of_kind(told, row.role or "")
        given[row.id] -= named
        if not (named and given[row.id]):
            running.end([row], fact, "ended")


def _row(chain: Chain, fact: RecordedFact, owner: Owner) -> Responsibility:
    """Figures count it where the care is given."""
    stay = chain.stay_of(fact)
    return replace(
        begun(chain, fact, owner),
        municipality=municipality_named(chain, fact),
        region=stay.region_known(fact.time) if stay is not None else chain.region_of(fact),
    )


def _services(fact: RecordedFact) -> frozenset[Service]:
    return frozenset(fact.fact.services) if isinstance(fact.fact, ServicesFact) else frozenset()


def _kinds(fact: RecordedFact, told: frozenset[Service]) -> tuple[str, ...]:
    """The kinds that a fact is about by its regime and the services it names; none under HSL where it names none."""
    if fact.envelope.regime == "SoL":
        return ("social-services",)
    nursing = ("municipal-health",) if told - _TRAINING else ()
    return (*nursing, "rehabilitation") if told & _TRAINING else nursing


def _of_kind(told: frozenset[Service], kind: str) -> frozenset[Service]:
    if kind == "social-services":
        return told
    return told & _TRAINING if kind == "rehabilitation" else told - _TRAINING


def _next_admission(chain: Chain, after: RecordedFact) -> RecordedFact | None:
    admissions = [
        stay.admitted
        for stay in chain.stays.stays.values()
        if stay.admitted is not None and stay.admitted.time > after.time
    ]
    return min(admissions, key=lambda fact: fact.order, default=None)
