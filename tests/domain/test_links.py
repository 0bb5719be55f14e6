"""Linked journeys: who is one person by what was said, in whatever order it came; episodes moved to whose they are."""

import pytest
from given import DEMO, episode, said
from hypothesis import given, settings
from hypothesis import strategies as st
from linking import NOW, A, B, C, D, Recorded, moved

from domain.conclude import conclude
from domain.errors import Refused
from domain.facts.correction import FactVoided
from domain.facts.discharge import PatientDischarged
from domain.links import persons
from domain.rows import Wait, at


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


# -- who is one person -----------------------------------------------------------------------------------------------


def test_journeys_that_nothing_links_are_two_persons(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", B, "one")
    recorded.admit("2026-03-02T08:00", A, "other")
    assert recorded.who() == [(A,), (B,)]


def test_a_link_said_in_one_journey_is_enough_and_the_first_id_heads(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", A, "one")
    recorded.link("2026-03-03T08:00", B, A)
    assert recorded.who() == [(A, B)]


def test_a_link_to_a_journey_without_facts_waits(recorded: Recorded) -> None:
    recorded.link("2026-03-03T08:00", B, A)
    assert recorded.who() == [(B,)]


def test_links_reach_over_others(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", C, "c")
    recorded.link("2026-03-03T08:00", A, B)
    recorded.link("2026-03-03T08:00", B, C)
    recorded.admit("2026-03-02T08:00", D, "d")
    assert recorded.who() == [(A, B, C), (D,)]


def test_what_is_parted_is_two_again_and_the_rest_stays_together(recorded: Recorded) -> None:
    recorded.link("2026-03-03T08:00", A, B)
    recorded.link("2026-03-03T08:00", B, C)
    recorded.admit("2026-03-02T08:00", C, "c")
    recorded.unlink("2026-03-04T08:00", C, B)
    assert recorded.who() == [(A, B), (C,)]


@pytest.mark.parametrize(("linked_at", "together"), [("2026-03-05T08:00", True), ("2026-03-03T08:00", False)])
def test_what_was_found_last_counts_not_what_was_recorded_last(
    recorded: Recorded, linked_at: str, together: bool
) -> None:
    recorded.admit("2026-03-02T08:00", A, "a")
    recorded.unlink("2026-03-04T08:00", A, B)
    recorded.link(linked_at, B, A)
    assert (recorded.who() == [(A, B)]) is together


def test_a_link_voided_in_one_of_the_two_journeys_stands_in_neither(recorded: Recorded) -> None:
    recorded.link("2026-03-03T08:00", A, B, message="merge-1")
    copy = recorded.link("2026-03-03T08:00", B, A, message="merge-1")
    assert recorded.who() == [(A, B)]

    recorded.say(B, said("2026-03-04T08:00", FactVoided(target_fact=copy.id)))
    assert recorded.who() == [(A,), (B,)]

    recorded.link("2026-03-05T08:00", A, B, message="merge-2")
    assert recorded.who() == [(A, B)]


# -- what follows ------------------------------------------------------------------------------------------------------


def test_a_readmission_under_the_new_number_is_seen_after_a_stay_under_the_reserve_number(
    recorded: Recorded,
) -> None:
    recorded.admit("2026-03-02T08:00", A, "first")
    recorded.discharge("2026-03-04T08:00", A, "first")
    recorded.admit("2026-03-14T08:00", B, "second", unplanned=True)

    def readmitted() -> list[float | None]:
        found = []
        for person in persons(recorded.facts):
            rows = at(conclude(person.head, person.history, DEMO), NOW)
            found += [row.value for row in rows if isinstance(row, Wait) and row.rule == "W-15"]
        return found

    assert readmitted() == []
    recorded.link("2026-03-15T08:00", B, A)
    assert (
        recorded.stays(A)
        == recorded.stays(B)
        == [("discharged", "03-02 07:00"), ("inpatient", "03-14 07:00")]
    )
    assert readmitted() == [10.0]


def test_a_discharge_under_one_number_ends_the_stay_under_the_other(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", A, "one")
    recorded.link("2026-03-03T08:00", A, B)
    recorded.discharge("2026-03-04T08:00", B)
    assert recorded.stays(A) == [("discharged", "03-02 07:00")]


def test_a_cancel_under_the_new_number_meets_what_was_said_under_the_old(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", A, "one")
    recorded.link("2026-03-03T08:00", B, A)
    annul = FactVoided(target_episode=str(episode("one")), target_kinds=("patient-admitted",))
    recorded.say(B, said("2026-03-03T09:00", annul))
    assert recorded.stays(A) == [("cancelled", "03-02 07:00")]


def test_a_person_s_command_is_held_against_both_halves(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", A, "one")
    recorded.link("2026-03-03T08:00", B, A)
    care = recorded.journeys[B]
    discharge = said("2026-03-04T08:00", PatientDischarged(destination="home"))

    with pytest.raises(Refused, match="nobody has recorded an admission"):
        recorded.say(B, discharge, operator=True)
    care.linked = {A: recorded.journeys[A].facts}
    assert recorded.say(B, discharge, operator=True).kind is PatientDischarged


# -- episodes that are another patient's -----------------------------------------------------------------------------


def test_an_episode_counts_for_whom_it_was_moved_to_with_all_that_is_said_of_it(recorded: Recorded) -> None:
    recorded.admit("2026-03-02T08:00", A, "mine")
    recorded.discharge("2026-03-03T08:00", A, "mine")
    recorded.admit("2026-03-04T08:00", A, "theirs")
    recorded.say(B, said("2026-03-05T08:00", moved("theirs", A, B)))
    recorded.discharge("2026-03-06T08:00", A, "theirs")  # the sender has not heard of it yet

    assert recorded.who() == [(A,), (B,)]
    assert recorded.stays(A) == [("discharged", "03-02 07:00")]
    assert recorded.stays(B) == [("discharged", "03-04 07:00")]


def test_a_correction_goes_with_the_episode_it_is_about(recorded: Recorded) -> None:
    recorded.admit("2026-03-04T08:00", A, "theirs")
    recorded.say(B, said("2026-03-05T08:00", moved("theirs", A, B)))
    annul = FactVoided(target_episode=str(episode("theirs")), target_kinds=("patient-admitted",))
    recorded.say(A, said("2026-03-05T09:00", annul))
    assert (recorded.stays(A), recorded.stays(B)) == ([], [("cancelled", "03-04 07:00")])


def test_an_episode_may_be_moved_on_and_back(recorded: Recorded) -> None:
    recorded.admit("2026-03-04T08:00", A, "theirs")
    recorded.say(B, said("2026-03-05T08:00", moved("theirs", A, B)))
    recorded.say(C, said("2026-03-06T08:00", moved("theirs", B, C)))
    assert [recorded.stays(one) for one in (A, B, C)] == [[], [], [("inpatient", "03-04 07:00")]]

    recorded.say(A, said("2026-03-07T08:00", moved("theirs", C, A)))
    assert [recorded.stays(one) for one in (A, B, C)] == [[("inpatient", "03-04 07:00")], [], []]


def test_an_episode_is_not_moved_to_who_has_it() -> None:
    alone = Recorded()
    alone.admit("2026-03-04T08:00", A, "mine")
    with pytest.raises(Refused, match="to the patient who has it"):
        alone.say(A, said("2026-03-05T08:00", moved("mine", A, A)), operator=True)


# -- laws ------------------------------------------------------------------------------------------------------------

_ACTS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]), st.booleans()),
    max_size=8,
)


@given(_ACTS, st.randoms())
@settings(deadline=None)
def test_who_is_who_depends_on_what_was_said_and_never_on_the_order_it_came_in(acts, random) -> None:
    """Against a computation of its own: of each pair the last act decides, and who is reached is one person."""
    acts = [
        (10 * hour + place, one, other, linked)
        for place, (hour, one, other, linked) in enumerate(acts)
        if one != other
    ]
    last = {frozenset((one, other)): linked for _, one, other, linked in sorted(acts, key=lambda act: act[0])}
    expected = {journey: {journey} for journey in (A, B, C, D)}
    for _ in expected:
        for pair, linked in last.items():
            if linked:
                whole = set().union(*(expected[journey] for journey in pair))
                expected |= dict.fromkeys(whole, whole)

    for _ in range(2):
        random.shuffle(acts)
        told = Recorded()
        for journey in (A, B, C, D):
            told.admit("2026-03-02T08:00", journey, str(journey))
        for minute, one, other, linked in acts:
            time = f"2026-03-03T{minute // 60:02}:{minute % 60:02}"
            (told.link if linked else told.unlink)(time, one, other, message=f"m{minute}")
        assert told.who() == sorted({tuple(sorted(group)) for group in expected.values()})
