"""Which correction decides how a fact counts: what an auditor asks of each fact that was voided or amended."""

from collections.abc import Iterable, Iterator, Sequence

from domain.envelope import RecordedFact
from domain.facts.correction import Correction, FactVoided
from domain.history import History


def mending(recorded: Iterable[RecordedFact]) -> dict[str, str]:
    """By id of a fact that counts otherwise, or not at all, the id of the correction that decides, as ``History`` has it.

    A correction that was voided stands under the one that voided it.
    """
    facts = list(recorded)
    history = History.of(facts)
    acts = [fact for fact in facts if not issubclass(fact.kind, Correction)]
    found = {fact.id: fact.corrected_by for fact in history.facts if fact.corrected_by is not None}
    active = []
    for correction, by in _voiding(history.corrections):
        if by is not None:
            found[correction.id] = by.id
        elif correction.kind is FactVoided:
            active.append(correction)
    voided = {fact.id for fact in history.voided}
    for correction in reversed(active):  # in order: of several that void the same fact the last one decides
        alone = History.of([*acts, correction])
        found |= {fact.id: correction.id for fact in alone.voided if fact.id in voided}
    return found


def _voiding(
    corrections: Sequence[RecordedFact],
) -> Iterator[tuple[RecordedFact, RecordedFact | None]]:
    """Each correction, the last first, with the later one that voided it, if any that is not voided itself did."""
    active: list[RecordedFact] = []
    for correction in reversed(corrections):
        by = next((one for one in active if one.kind is FactVoided and _means(one, correction)), None)
        if by is None:
            active.append(correction)
        yield correction, by


def _means(later: RecordedFact, correction: RecordedFact) -> bool:
    """Whether a correction is about this other one, by its id or its message."""
    said = later.fact
    if not isinstance(said, Correction):
        return False
    if said.target_kinds and correction.kind.NAME not in said.target_kinds:
        return False
    if said.target_fact is not None:
        return said.target_fact == correction.id
    same_source = later.envelope.sourcesystem == correction.envelope.sourcesystem
    return (
        same_source
        and said.target_message is not None
        and said.target_message == correction.envelope.sourcemessage
    )
