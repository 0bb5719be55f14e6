"""All facts of one journey, corrections applied, in the order things happened: what conclusions are drawn from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from uuid import UUID

import msgspec

from domain.envelope import RecordedFact, is_sealed, read_data
from domain.errors import Unreadable
from domain.fact import Fact
from domain.facts.correction import Correction, FactAmended, FactVoided


@dataclass(frozen=True)
class History:
    """Facts that count, facts that were voided, and the corrections that did it."""

    facts: tuple[RecordedFact, ...] = ()
    """What counts as having happened, as corrected, in order of ``RecordedFact.order``."""
    voided: tuple[RecordedFact, ...] = ()
    """What was annulled: shown in the history, never concluded from."""
    corrections: tuple[RecordedFact, ...] = ()
    """Every correction, the voided ones too, in order."""
    waiting: tuple[RecordedFact, ...] = ()
    """Corrections whose target is not known, or cannot be corrected so."""

    @classmethod
    def of(cls, facts: Iterable[RecordedFact], *, known_at: datetime | None = None) -> "History":
        """Correct and order ``facts``; with ``known_at``, only what was recorded by then (both in UTC)."""
        known = {
            fact.id: fact for fact in facts if known_at is None or fact.envelope.recordedtime <= known_at
        }.values()
        corrections = sorted((f for f in known if issubclass(f.kind, Correction)), key=_order)
        acts = [f for f in known if not issubclass(f.kind, Correction)]
        if not corrections:
            return cls(facts=tuple(sorted(acts, key=_order)))
        return _apply(acts, corrections)

    def until(self, as_of: datetime) -> "History":
        """What had happened by ``as_of`` (UTC): all corrections known apply, then later facts are dropped."""
        return replace(
            self,
            facts=tuple(fact for fact in self.facts if fact.time <= as_of),
            voided=tuple(fact for fact in self.voided if fact.time <= as_of),
        )

    def of_kinds(self, *kinds: type[Fact]) -> Iterable[RecordedFact]:
        """The facts of these kinds that count and can be read, in order. Every rule asks: none looks through all."""
        if len(kinds) == 1:
            return [fact for _, fact in self._by_kind.get(kinds[0], ())]
        placed = [placed for kind in dict.fromkeys(kinds) for placed in self._by_kind.get(kind, ())]
        return [fact for _, fact in sorted(placed, key=itemgetter(0))]

    @cached_property
    def _by_kind(self) -> dict[type[Fact], list[tuple[int, RecordedFact]]]:
        """By the kind they are: each with its place among all facts."""
        found: defaultdict[type[Fact], list[tuple[int, RecordedFact]]] = defaultdict(list)
        for place, fact in enumerate(self.facts):
            if fact.fact is not None:
                found[type(fact.fact)].append((place, fact))
        return dict(found)

    @cached_property
    def by_id(self) -> dict[str, RecordedFact]:
        """The facts that count, by id."""
        return {fact.id: fact for fact in self.facts}


def _order(fact: RecordedFact) -> tuple[datetime, int, int, str]:
    return fact.order


def _apply(acts: list[RecordedFact], corrections: list[RecordedFact]) -> History:
    everything = [*acts, *corrections]
    targets = {correction.id: _targets(correction, everything) for correction in corrections}
    active = _active(corrections, targets)
    last: dict[str, RecordedFact] = {}
    waiting = []
    correction_ids = {correction.id for correction in corrections}
    for correction in active:
        aimed = targets[correction.id] - correction_ids
        for target in aimed:
            last[target] = correction
        if not targets[correction.id] or (correction.kind is FactAmended and not aimed):
            waiting.append(correction)
    facts, voided = [], []
    for act in acts:
        mend = last.get(act.id)
        if mend is None:
            facts.append(act)
        elif mend.kind is FactVoided:
            voided.append(act)
        else:
            amended = _amended(act, mend)
            facts.append(amended or act)
            if amended is None and mend not in waiting:
                waiting.append(mend)
    return History(
        facts=tuple(sorted(facts, key=_order)),
        voided=tuple(sorted(voided, key=_order)),
        corrections=tuple(corrections),
        waiting=tuple(sorted(waiting, key=_order)),
    )


def _active(corrections: list[RecordedFact], targets: dict[str, set[str]]) -> list[RecordedFact]:
    """Corrections not voided by a later one that is itself active, in order. Only a later one can void: no circles."""
    active: list[RecordedFact] = []
    for correction in reversed(corrections):
        if not any(later.kind is FactVoided and correction.id in targets[later.id] for later in active):
            active.append(correction)
    active.reverse()
    return active


def _amended(act: RecordedFact, mend: RecordedFact) -> RecordedFact | None:
    fact = mend.fact
    if not isinstance(fact, FactAmended) or fact.amended_type is None:
        return None
    # A key that is gone leaves the amended fact its type and time.
    data = None if is_sealed(fact.amended_data) else msgspec.json.encode(fact.amended_data or {})
    try:
        kind, value = read_data(fact.amended_type, data)
    except Unreadable:
        return None
    return act.corrected(mend.id, kind, fact.amended_at or act.time, value)


def _targets(correction: RecordedFact, everything: list[RecordedFact]) -> set[str]:
    """Ids of the facts a correction means; itself never."""
    fact = correction.fact
    if not isinstance(fact, Correction):
        return set()
    others = [other for other in everything if other.id != correction.id]
    if fact.target_kinds:
        others = [other for other in others if other.kind.NAME in fact.target_kinds]
    if fact.target_fact is not None:
        return {other.id for other in others if other.id == fact.target_fact}
    same_source = [o for o in others if o.envelope.sourcesystem == correction.envelope.sourcesystem]
    if fact.target_message is not None:
        return {o.id for o in same_source if o.envelope.sourcemessage == fact.target_message}
    if fact.target_episode is not None and fact.target_kinds:
        return _last_of_kind(correction, same_source, fact.target_episode)
    return set()


def _last_of_kind(correction: RecordedFact, facts: list[RecordedFact], episode: str) -> set[str]:
    """The episode's last act of the kind that was sent before the correction, with its copies sent again.

    A source that names no message means what it said last; an act resent under a new message id is the same act.
    """
    said = [
        fact
        for fact in facts
        if _is_stay(fact.stay, episode) and (fact.envelope.senttime or fact.envelope.time) <= correction.time
    ]
    if not said:
        return set()
    last = max(said, key=lambda fact: (fact.envelope.senttime or fact.envelope.time, fact.order))
    return {fact.id for fact in said if fact.time == last.time and _content(fact) == _content(last)}


def _content(fact: RecordedFact) -> object:
    """What it says, less the free text: sealed twice, the same words differ."""
    return fact.fact and fact.fact.model_dump(exclude=set(fact.kind.free_text_fields()))


def _is_stay(stay: UUID | None, episode: str) -> bool:
    return stay is not None and str(stay) == episode
