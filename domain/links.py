"""Journeys that are one person's, and episodes that are another patient's: what is linked, parted and moved.

Linked journeys keep their own ids, keys and chains; they are concluded together, as one history. Which ones belong
together follows from facts alone, corrections applied, wherever the fact was recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.facts.correction import Correction
from domain.facts.person import EpisodeMoved, PatientIdentityLinked, PatientIdentityUnlinked
from domain.history import History

LINKING = (PatientIdentityLinked, PatientIdentityUnlinked)
ABOUT_TWO = (*LINKING, EpisodeMoved)
"""Facts that stand in two journeys and name both."""


@dataclass(frozen=True)
class Person:
    """One person's journeys, and the facts that count as theirs."""

    journeys: tuple[UUID, ...]
    """In order of id; one, where nothing is linked."""
    facts: tuple[RecordedFact, ...]

    @property
    def head(self) -> UUID:
        """The journey that what is concluded stands under: the first by id, so that it depends on no order of arrival."""
        return self.journeys[0]

    @property
    def history(self) -> History:
        return History.of(self.facts)


def persons(recorded: Mapping[UUID, Sequence[RecordedFact]]) -> list[Person]:
    """Who is who among these journeys, by the facts recorded in them; in order of the heads.

    They must be whole groups: every journey that a fact of one of them names, if it has facts. Links count whenever
    they were found, also when it is asked how things were before (as-of); what was recorded later than is asked
    about (known-at) is left out by the caller.
    """
    acts = list(_acts(recorded))
    if not acts:
        return [Person((journey,), tuple(facts)) for journey, facts in sorted(recorded.items())]
    owned = _moved(recorded, [act for act in acts if isinstance(act.fact, EpisodeMoved)])
    groups: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for journey, first in _groups(recorded, acts).items():
        groups[first].append(journey)
    return [
        Person(tuple(sorted(group)), tuple(fact for journey in sorted(group) for fact in owned[journey]))
        for _, group in sorted(groups.items())
    ]


def about_both(fact: Fact, journey: UUID, other: UUID | None) -> Fact:
    """The fact with both journeys named, where the other was told by a patient id; any other fact as it is."""
    if other is None:
        return fact
    if isinstance(fact, LINKING):
        return fact.model_copy(update={"other_journey": str(other)})
    if isinstance(fact, EpisodeMoved):
        return fact.model_copy(update={"from_journey": str(other), "to_journey": str(journey)})
    return fact


def other_of(fact: Fact | None, journey: UUID) -> UUID | None:
    """The other journey that a fact recorded in ``journey`` is about; ``None`` for a fact about one."""
    named: tuple[str | None, ...] = ()
    if isinstance(fact, LINKING):
        named = (fact.other_journey,)
    elif isinstance(fact, EpisodeMoved):
        named = (fact.from_journey, fact.to_journey)
    others = [UUID(name) for name in named if name is not None and UUID(name) != journey]
    return others[0] if others else None


def mirrored_of(fact: Fact, journey: UUID) -> Fact:
    """The same fact as it stands in the other journey."""
    return fact.model_copy(update={"other_journey": str(journey)}) if isinstance(fact, LINKING) else fact


# -- what stands ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Act:
    """One act about two journeys, of which each may hold a copy."""

    journey: UUID
    other: UUID
    fact: Fact
    order: tuple[datetime, int, int, str]


def _acts(recorded: Mapping[UUID, Sequence[RecordedFact]]) -> Iterator[_Act]:
    """Each act once, in order. One that is voided in either journey does not count: both copies are the same act."""
    copies: defaultdict[object, list[tuple[RecordedFact, bool]]] = defaultdict(list)
    for facts in recorded.values():
        if not any(issubclass(fact.kind, ABOUT_TWO) for fact in facts):
            continue
        history = History.of(facts)
        stands = [(f, True) for f in history.facts] + [(f, False) for f in history.voided]
        for fact, counts in stands:
            if isinstance(fact.fact, ABOUT_TWO):
                copies[_act_of(fact)].append((fact, counts))
    found = []
    for told in copies.values():
        fact = min((fact for fact, _ in told), key=lambda fact: (fact.corrected_by is None, fact.order))
        assert fact.fact is not None
        other = other_of(fact.fact, fact.originator_id)
        if other is not None and all(counts for _, counts in told):
            found.append(_Act(fact.originator_id, other, fact.fact, fact.order))
    yield from sorted(found, key=lambda act: act.order)


def _act_of(fact: RecordedFact) -> object:
    """What two copies of one act have in common, and no other act."""
    envelope = fact.envelope
    other = other_of(fact.fact, fact.originator_id)
    pair = frozenset({fact.originator_id, other})
    if envelope.sourcemessage is None:
        return fact.id
    return (envelope.type, envelope.sourcesystem, envelope.sourcemessage, pair)


def _groups(journeys: Iterable[UUID], acts: Sequence[_Act]) -> dict[UUID, UUID]:
    """By journey the first journey of its person: of each pair, what was said last counts."""
    standing: dict[frozenset[UUID], bool] = {}
    for act in acts:
        if isinstance(act.fact, LINKING):
            standing[frozenset({act.journey, act.other})] = isinstance(act.fact, PatientIdentityLinked)
    pairs = [tuple(pair) for pair, linked in standing.items() if linked]
    return components(journeys, [(one, other) for one, other in pairs])


def components(journeys: Iterable[UUID], pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """By journey the first, by id, of all that can be reached from it; also over journeys that are not asked about."""
    first: dict[UUID, UUID] = {}

    def find(journey: UUID) -> UUID:
        while (up := first.get(journey, journey)) != journey:
            first[journey] = first.get(up, up)
            journey = up
        return journey

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        first[high] = low
    return {journey: find(journey) for journey in journeys}


def _moved(
    recorded: Mapping[UUID, Sequence[RecordedFact]], moves: Sequence[_Act]
) -> dict[UUID, list[RecordedFact]]:
    """Each journey's facts, those of moved episodes with the journey that has them now.

    One moved to a journey without any facts yet waits where it was recorded: that journey's own copy is on its way.
    """
    if not moves:
        return {journey: list(facts) for journey, facts in recorded.items()}
    owned: defaultdict[UUID, list[RecordedFact]] = defaultdict(list, {journey: [] for journey in recorded})
    for journey, facts in recorded.items():
        for fact in facts:
            owner = _owner(journey, _episode(fact, facts), moves)
            owned[owner if owner in recorded else journey].append(fact)
    return dict(owned)


def _owner(journey: UUID, episode: UUID | None, moves: Sequence[_Act]) -> UUID:
    """A later move says whose the episode is from wherever it counts by then, or was recorded."""
    owner = journey
    for move in moves if episode is not None else ():
        fact = move.fact
        assert isinstance(fact, EpisodeMoved)
        from_here = fact.from_journey in (str(owner), str(journey))
        if from_here and fact.moved_episode == str(episode) and fact.to_journey is not None:
            owner = UUID(fact.to_journey)
    return owner


def _episode(fact: RecordedFact, facts: Sequence[RecordedFact]) -> UUID | None:
    """The stay that a fact is about; a correction goes with what it corrects."""
    said = fact.fact
    if not isinstance(said, Correction):
        return fact.stay
    if said.target_episode is not None:
        return UUID(said.target_episode)
    for other in facts:
        by_id = said.target_fact == other.id
        by_message = said.target_message is not None and said.target_message == other.envelope.sourcemessage
        if (by_id or by_message) and other.stay is not None:
            return other.stay
    return fact.stay
