"""The naive reading of linked journeys, which others are compared with: made-up persons, and what must come out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from naive.links import Said, as_of, groups, known_by, persons

DAY = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C = "journey-a", "journey-b", "journey-c"


def fact(name: str, day: float, /, stay: str | None = None, **data: Any) -> dict[str, Any]:
    """One fact of day ``day``, recorded that day, unless ``recorded`` says another; ``id`` names it."""
    time = DAY + timedelta(days=day)
    source = data.pop("source", "ward")
    return {
        "id": data.pop("id", f"{name} {day}"),
        "name": name,
        "time": time,
        "sent": time,
        "recorded": DAY + timedelta(days=data.pop("recorded", day)),
        "sequence": data.pop("sequence", -1),
        "source": source,
        "message": None,
        "stay": None if stay is None else (source, stay),
        "data": data,
    }


def link(other: str, day: float, **more: Any) -> dict[str, Any]:
    return fact("patient-identity-linked", day, other_journey=other, **more)


def unlink(other: str, day: float, **more: Any) -> dict[str, Any]:
    return fact("patient-identity-unlinked", day, other_journey=other, **more)


def moves(episode: str, whose: str, to: str, day: float, **more: Any) -> dict[str, Any]:
    return fact("episode-moved", day, moved_episode=episode, from_journey=whose, to_journey=to, **more)


def grouped(said: Said, known_day: float | None = None) -> list[set[str]]:
    known_at = None if known_day is None else DAY + timedelta(days=known_day)
    return [set(group) for group in groups(known_by(said, known_at))]


def counted(said: Said) -> dict[str, list[tuple[str, str]]]:
    """By the first journey of each person: what counts, and in which journey."""
    return {
        min(person["journeys"]): [(one["id"], one["counts_in"]) for one in person["facts"]]
        for person in persons(said)
    }


def test_links_hold_together_whoever_they_reach() -> None:
    said = {
        A: [link(B, 1)],
        B: [link(A, 1), link(C, 2)],
        C: [link(B, 2)],
        "journey-d": [fact("visit-made", 1)],
    }
    assert grouped(said) == [{A, B, C}, {"journey-d"}]
    # Half of a link is one: the other journey may have it later.
    assert grouped({A: [link(B, 1)], B: [fact("visit-made", 1)]}) == [{A, B}]


def test_of_what_was_said_of_two_the_last_decides() -> None:
    assert grouped({A: [link(B, 1), unlink(B, 2)], B: []}) == [{A}]
    assert grouped({A: [unlink(B, 2), link(B, 3)], B: [link(A, 1)]}) == [{A, B}]
    apart = [link(B, 1), unlink(B, 1, sequence=0)]
    assert grouped({A: apart}) == grouped({A: apart[::-1]}) == [{A}]
    # Another pair's parting does not matter.
    assert grouped({A: [link(B, 1), unlink(C, 2)], B: [fact("visit-made", 1)], C: [link(B, 1)]}) == [
        {A, B, C}
    ]


def test_what_was_annulled_does_not_count_and_known_at_asks_what_was_known() -> None:
    said = {
        A: [link(B, 1), unlink(B, 2, id="gone"), fact("fact-voided", 5, target_fact="gone")],
        B: [fact("visit-made", 0)],
    }
    assert [grouped(said, day) for day in (0, 1, 2, 4, 5)] == [
        [{B}],
        [{A, B}],
        [{A}, {B}],
        [{A}, {B}],
        [{A, B}],
    ]


def test_an_episode_counts_with_whom_it_was_moved_to() -> None:
    said = {
        A: [
            fact("patient-admitted", 1, "E", id="in"),
            fact("visit-made", 1, id="other"),
            fact("fact-voided", 4, id="mend", target_fact="out"),
            fact("patient-discharged", 2, "E", id="out"),
            moves("E", A, B, 3, id="move-a"),
        ],
        B: [fact("patient-admitted", 2, "E", id="own"), moves("E", A, B, 3, id="move-b")],
    }
    assert counted(said) == {
        A: [("other", A), ("move-a", A)],
        B: [("in", B), ("own", B), ("out", B), ("move-b", B), ("mend", B)],
    }
    (_, other) = persons(said)
    assert [one["id"] for one in as_of(other, DAY + timedelta(days=9))["happened"]] == ["in", "own", "move-b"]
    assert [one["id"] for one in as_of(other, DAY + timedelta(days=1))["happened"]] == ["in"]


def test_a_moved_episode_can_be_moved_on_and_back() -> None:
    admitted = {A: [fact("patient-admitted", 1, "E", id="in")], B: [], C: []}

    def home(*acts: dict[str, Any]) -> Any:
        found = persons({**admitted, B: list(acts)})
        return next(one["counts_in"] for person in found for one in person["facts"] if one["id"] == "in")

    assert home() == A
    assert home(moves("E", A, B, 2), moves("E", B, A, 3)) == A
    assert home(moves("E", B, A, 2), moves("E", A, B, 3)) == B
    assert home(moves("E", A, B, 2), moves("E", B, C, 3)) == C
    assert home(moves("E", A, B, 2), moves("E", A, C, 3)) == C
    assert home(moves("F", A, B, 2)) == A
    assert home(moves("E", A, B, 2, source="another")) == A
    assert home(moves("E", A, B, 2, id="m"), fact("fact-voided", 3, target_fact="m")) == A


def test_what_is_moved_within_one_person_stays_with_the_person() -> None:
    said = {A: [link(B, 0), fact("patient-admitted", 1, "E", id="in"), moves("E", A, B, 2)], B: [link(A, 0)]}
    (person,) = persons(said)
    assert [one["id"] for one in person["facts"] if one["counts_in"] == B] == [
        "patient-identity-linked 0",
        "in",
    ]
