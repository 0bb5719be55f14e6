"""NS-answer-referral: the unit that a referral was sent to takes it, returns it, passes it on, or sees the patient."""

import pytest
from given import given, instant
from units import EYES, HEART, referred, returned, taken, visit
from ward import amended, died, voided

from domain.command import Command

SENT = referred("2026-03-02T10:00")
LATER = "2027-01-10T10:00"


def test_no_referral() -> None:
    assert given(visit("2026-03-02T10:00", track="heart-failure")).duties("NS-answer-referral", LATER) == []


def test_the_unit_that_was_asked_owes_an_answer_and_is_never_late() -> None:
    story = given(SENT)
    duty = story.duty("NS-answer-referral", LATER)
    assert (duty.state, duty.due_at, duty.severity) == ("open", None, "next-step")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "specialist", HEART)
    assert story.duties("NS-answer-referral", "2026-03-02T09:59") == []


def test_another_region_that_is_named_owes_it() -> None:
    assert (
        given(referred("2026-03-02T10:00", region="01")).duty("NS-answer-referral", LATER).party
        == "region:01"
    )


@pytest.mark.parametrize(
    "answer",
    [
        taken("2026-03-10T10:00"),
        returned("2026-03-10T10:00"),
        visit("2026-03-10T10:00", track="heart-failure"),
    ],
    ids=["taken", "returned", "seen"],
)
def test_answered(answer: Command) -> None:
    duty = given(SENT, answer).duty("NS-answer-referral", LATER)
    assert (duty.state, duty.ended_at) == ("done", instant("2026-03-10T10:00"))


def test_answered_in_the_same_moment() -> None:
    assert given(SENT, taken("2026-03-02T10:00")).duty("NS-answer-referral", LATER).state == "done"


@pytest.mark.parametrize(
    "other",
    [
        taken("2026-03-01T10:00"),
        taken("2026-03-10T10:00", track="diabetes"),
        visit("2026-03-10T10:00", track="diabetes"),
        visit("2026-03-10T10:00"),
    ],
    ids=["before it", "another track", "a visit on another track", "a visit on none"],
)
def test_what_is_no_answer(other: Command) -> None:
    assert given(SENT, other).duty("NS-answer-referral", LATER).state == "open"


def test_passed_on_the_next_unit_owes_it() -> None:
    story = given(SENT, returned("2026-03-10T10:00", to=EYES))
    first, second = sorted(story.duties("NS-answer-referral", LATER), key=lambda duty: duty.valid_from)
    assert (first.unit, first.state) == (HEART, "done")
    assert (second.unit, second.state, second.party) == (EYES, "open", "region:21")
    assert second.valid_from == instant("2026-03-10T10:00")


def test_passed_on_and_taken() -> None:
    story = given(SENT, returned("2026-03-10T10:00", to=EYES), taken("2026-03-12T10:00", unit=EYES))
    assert {duty.state for duty in story.duties("NS-answer-referral", LATER)} == {"done"}


def test_a_referral_on_no_track_is_answered_by_a_word_and_not_by_any_visit() -> None:
    story = given(referred("2026-03-02T10:00", track=None), visit("2026-03-03T10:00"))
    assert story.duty("NS-answer-referral", LATER).state == "open"
    answered = given(referred("2026-03-02T10:00", track=None), taken("2026-03-03T10:00", track=None))
    assert answered.duty("NS-answer-referral", LATER).state == "done"


def test_death_ends_it() -> None:
    duty = given(SENT, died("2026-03-10T10:00")).duty("NS-answer-referral", LATER)
    assert (duty.state, duty.outcome) == ("cancelled", "deceased")


def test_an_annulled_answer_or_a_corrected_referral() -> None:
    no = returned("2026-03-10T10:00", message="no")
    assert given(SENT, no, voided("2026-03-11T10:00", "no")).duty("NS-answer-referral", LATER).state == "open"
    sent = referred("2026-03-02T10:00", message="referral")
    right = amended("2026-03-03T10:00", "referral", referred("2026-03-02T10:00", unit=EYES))
    assert given(sent, right).duty("NS-answer-referral", LATER).unit == EYES
