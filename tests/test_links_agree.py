"""Who is one person, and what counts of them: the domain's answer beside the naive one, on made-up journeys in any order."""

from typing import Any
from uuid import UUID

from given import episode, said
from hypothesis import given, settings
from hypothesis import strategies as st
from linking import NOW, A, B, C, D, Recorded, moved
from naive import links as naive

from domain.envelope import RecordedFact
from domain.facts.correction import Correction, FactVoided
from domain.links import persons

JOURNEYS = (A, B, C, D)
STAYS = ("first", "second")
_journey = st.sampled_from(JOURNEYS)
_hour = st.integers(0, 11)
_story = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), _journey, st.sampled_from(STAYS), _hour),
        st.tuples(st.just("discharge"), _journey, st.sampled_from(STAYS), _hour),
        st.tuples(st.sampled_from(["link", "unlink", "link-both", "unlink-both"]), _journey, _journey, _hour),
        st.tuples(st.just("move"), _journey, _journey, st.sampled_from(STAYS), _hour),
        st.tuples(st.just("annul"), _journey, st.sampled_from(STAYS), _hour),
        st.tuples(st.just("void"), _journey, st.integers(0, 30), _hour),
    ),
    max_size=14,
)


def tell(story: list[tuple[Any, ...]]) -> Recorded:
    """Every time is its own, so that nothing but the times decides."""
    told = Recorded()
    for journey in JOURNEYS:
        told.admit("2026-03-01T08:00", journey, f"own-{journey}")
    for number, (what, journey, *more, hour) in enumerate(story):
        time = f"2026-03-03T{hour:02}:{number:02}"
        if what == "admit":
            told.admit(time, journey, f"{more[0]}-{journey}")
        elif what == "discharge":
            told.discharge(time, journey, f"{more[0]}-{journey}")
        elif what == "annul":
            target = str(episode(f"{more[0]}-{journey}"))
            told.say(
                journey, said(time, FactVoided(target_episode=target, target_kinds=("patient-admitted",)))
            )
        elif what == "void" and journey in told.journeys:
            facts = told.journeys[journey].facts
            told.say(journey, said(time, FactVoided(target_fact=facts[more[0] % len(facts)].id)))
        elif what == "move" and journey != more[0]:
            for copy in (journey, more[0]):
                told.say(
                    copy, said(time, moved(f"{more[1]}-{journey}", journey, more[0]), message=f"m{number}")
                )
        elif what.startswith(("link", "unlink")) and journey != more[0]:
            act = told.link if what.startswith("link") else told.unlink
            act(time, journey, more[0], message=f"m{number}")
            if what.endswith("both"):
                act(time, more[0], journey, message=f"m{number}")
    return told


def plain(fact: RecordedFact) -> dict[str, Any]:
    """A fact as the naive reading has it."""
    envelope = fact.envelope
    assert fact.fact is not None
    data = fact.fact.model_dump(mode="json", exclude_none=True)
    data["target_kinds"] = list(data.get("target_kinds") or ())
    return {
        "id": fact.id,
        "name": fact.kind.NAME,
        "time": envelope.time,
        "sent": envelope.senttime or envelope.time,
        "recorded": envelope.recordedtime,
        "sequence": -1,
        "source": envelope.sourcesystem,
        "message": (envelope.sourcesystem, envelope.sourcemessage),
        "stay": None if fact.stay is None else (envelope.sourcesystem, str(fact.stay)),
        "data": data,
    }


@given(_story, st.integers(3, 30))
@settings(deadline=None, max_examples=50)
def test_both_find_the_same_persons_with_the_same_facts(story: list[tuple[Any, ...]], known: int) -> None:
    told = tell(story)
    everything = sorted(
        (fact for facts in told.facts.values() for fact in facts), key=lambda fact: fact.envelope.recordedtime
    )
    known_at = everything[known].envelope.recordedtime if known < len(everything) else NOW.replace(year=2030)
    recorded: dict[UUID, list[RecordedFact]] = {}
    for fact in everything:
        if fact.envelope.recordedtime <= known_at:
            recorded.setdefault(fact.originator_id, []).append(fact)

    ours = {
        frozenset(map(str, person.journeys)): (
            {fact.id for fact in person.history.facts},
            {fact.id for fact in person.history.voided},
        )
        for person in persons(recorded)
    }
    theirs = {}
    for person in naive.persons(
        {str(j): [plain(f) for f in facts] for j, facts in told.facts.items()}, known_at
    ):
        mended = naive.as_of(person, NOW.replace(year=2030))
        group = frozenset(person["journeys"]) & {str(journey) for journey in recorded}
        if group:
            theirs[group] = (
                {fact["id"] for fact in mended["happened"]},
                {fact["id"] for fact in mended["voided"]},
            )
    assert ours == theirs
    assert not any(
        issubclass(fact.kind, Correction) for person in persons(recorded) for fact in person.history.facts
    )
