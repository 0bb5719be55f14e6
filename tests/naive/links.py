"""Linked journeys: who is one person, and what of an episode told of the wrong patient counts where (DESIGN.md)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from naive.facts import CORRECTIONS, Fact, _corrected, _targets, order

LINKS = ("patient-identity-linked", "patient-identity-unlinked")
Said = Mapping[str, Sequence[Fact]]
"""By journey, what was recorded in it, as ``facts.read`` has it before corrections; ``recorded`` is when."""
Pair = frozenset[str]


def persons(said: Said, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """Everybody: ``journeys``, the ids that are one person, and ``facts``, what counts of them, in order.

    Each journey stands in one of them, alone where nobody linked it. The facts are uncorrected, corrections among
    them, each with ``recorded_in``, the journey it stands in, and ``counts_in``, the one it is about.
    """
    known = known_by(said, known_at)
    counted = [fact for journey in known for fact in counting(known, journey)]
    found = []
    for group in groups(known, {fact["counts_in"] for fact in counted}):
        facts = [fact for fact in counted if fact["counts_in"] in group]
        found.append({"journeys": group, "facts": sorted(facts, key=order)})
    return found


def as_of(person: dict[str, Any], moment: datetime) -> dict[str, list[Fact]]:
    """What of a person had happened by a moment and what of it was annulled: all corrections and links applied first.

    One person has one history (DESIGN.md): a correction told under one number reaches what was told under the other.
    """
    mended = _corrected(list(person["facts"]))
    return {
        what: sorted((fact for fact in mended[what] if fact["time"] <= moment), key=order)
        for what in ("happened", "voided")
    }


def known_by(said: Said, known_at: datetime | None) -> dict[str, list[Fact]]:
    """What had been recorded by then; a journey of which nothing had is not there."""
    known: dict[str, list[Fact]] = {}
    for journey, facts in said.items():
        for fact in facts:
            if known_at is None or fact["recorded"] <= known_at:
                known.setdefault(journey, []).append(fact)
    return known


# -- who is one person -----------------------------------------------------------------------------------------


def groups(known: Said, others: Iterable[str] = ()) -> list[frozenset[str]]:
    """The journeys that links hold together, directly or by way of others; the rest each alone. In order of ids."""
    linked = standing_links(known)
    everybody = {*known, *others}
    for pair in linked:
        everybody |= pair
    found = []
    while everybody:
        group: set[str] = set()
        reached = {min(everybody)}
        while reached:
            group |= reached
            reached = {one for pair in linked if pair & group for one in pair} - group
        found.append(frozenset(group))
        everybody -= group
    return found


def standing_links(known: Said) -> set[Pair]:
    """Of what was said of two journeys and was not annulled, the last decides; an earlier opposite does not matter."""
    last: dict[Pair, Fact] = {}
    for fact in _standing(known, LINKS):
        pair = _pair(fact)
        if pair is not None and (pair not in last or order(fact) > order(last[pair])):
            last[pair] = fact
    return {pair for pair, fact in last.items() if fact["name"] == "patient-identity-linked"}


def _standing(known: Said, names: Sequence[str]) -> list[Fact]:
    """Acts about two journeys, each with the journey it stands in. Both may hold a copy of one message: annulling one
    of the copies annuls the act."""
    happened: list[Fact] = []
    annulled = set()
    for journey, facts in known.items():
        mended = _corrected(list(facts))
        happened += [{**fact, "recorded_in": journey} for fact in mended["happened"] if fact["name"] in names]
        annulled |= {
            _act({**fact, "recorded_in": journey}) for fact in mended["voided"] if fact["name"] in names
        }
    return [fact for fact in happened if _act(fact) not in annulled]


def _act(fact: Fact) -> object:
    if fact["message"] is None:
        return fact["id"]
    return (fact["name"], fact["source"], fact["message"], _pair(fact))


def _pair(fact: Fact) -> Pair | None:
    data = fact["data"]
    named = {data.get(name) for name in ("other_journey", "from_journey", "to_journey")} - {None}
    pair = frozenset({str(journey) for journey in named} | {fact["recorded_in"]})
    return pair if len(pair) == 2 else None


# -- whose an episode is ---------------------------------------------------------------------------------------


def counting(known: Said, journey: str) -> list[Fact]:
    """What is recorded in a journey, each fact with the journey it counts in."""
    moved = _moves(known)
    facts = list(known[journey])
    home = {fact["id"]: _home(journey, fact["stay"], moved) for fact in facts}
    # A correction goes with what it corrects; one may correct another, so until nothing moves any more.
    changed = True
    while changed:
        changed = False
        for fact in facts:
            if fact["name"] not in CORRECTIONS:
                continue
            meant = {home[target] for target in _targets(fact, facts)} - {journey}
            if meant and home[fact["id"]] == journey:
                home[fact["id"]] = min(meant)
                changed = True
    return [{**fact, "recorded_in": journey, "counts_in": home[fact["id"]]} for fact in facts]


def _moves(known: Said) -> list[tuple[Any, str, str]]:
    """Episode, from whom, to whom: what was not annulled, in order. It stands in both journeys, and counts once."""
    acts: dict[tuple[Any, str, str, datetime], Fact] = {}
    for fact in _standing(known, ("episode-moved",)):
        data = fact["data"]
        said = (data.get("moved_episode"), data.get("from_journey"), data.get("to_journey"))
        if None in said or said[1] == said[2]:
            continue
        key = ((fact["source"], said[0]), str(said[1]), str(said[2]), fact["time"])
        if key not in acts or order(fact) < order(acts[key]):
            acts[key] = fact
    return [key[:3] for key, _ in sorted(acts.items(), key=lambda act: order(act[1]))]


def _home(journey: str, stay: Any, moved: Sequence[tuple[Any, str, str]]) -> str:
    """Where what is recorded in a journey counts after every move of its episode, the last one last.

    A move takes along what counts with whom it is taken from, and all that was recorded there.
    """
    home = journey
    for episode, taken_from, given_to in moved:
        if stay is not None and episode == stay and taken_from in (home, journey):
            home = given_to
    return home
