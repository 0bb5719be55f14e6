"""Why a patient waits for a specialist: not answered, sent back, or paused on a ground of HSF 6:2."""

from typing import Any

from given import Story, given, instant, said

from domain.calendar import for_people
from domain.command import Command
from domain.facts.contact import VisitMade
from domain.facts.guarantee import CareContactSought, TreatmentDecided, WaitPaused, WaitResumed
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.rows import Cause

TRACK = "heart-failure"
HEART, OTHER = "hsa:SE2321000198-HEART", "hsa:SE2321000198-OTHER"
LATER = "2026-03-30T10:00"


def sent(time: str, **more: Any) -> Command:
    return said(time, ReferralSent(track=TRACK, to_unit=HEART, **more))


def back(time: str, to: str | None = None) -> Command:
    return said(time, ReferralReturned(track=TRACK, reason="no-capacity", passed_on_to=to))


def taken(time: str) -> Command:
    return said(time, ReferralAccepted(track=TRACK, unit=HEART))


def visited(time: str) -> Command:
    return said(time, VisitMade(track=TRACK, unit=HEART))


def paused(time: str, ground: Any, step: Any = "visit") -> Command:
    return said(time, WaitPaused(track=TRACK, ground=ground, step=step))


def resumed(time: str, step: Any = "visit") -> Command:
    return said(time, WaitResumed(track=TRACK, step=step))


def found(story: Story, now: str = LATER) -> list[tuple[str, str, str, str | None, str | None]]:
    """Code, from, to, and who could end it with the unit; in order of beginning."""
    rows = sorted(story.rows(Cause, now), key=lambda row: (row.started_at, row.rule))
    return [(row.rule, _day(row.started_at), _day(row.ended_at), row.party, row.unit) for row in rows]


def _day(time: Any) -> str:
    return "now" if time is None else for_people(time)[8:16].replace("T", " ")


def test_the_unit_asked_has_not_answered() -> None:
    story = given(sent("2026-03-02T10:00"), taken("2026-03-09T10:00"), visited("2026-03-20T10:00"))
    assert found(story) == [("referral-unanswered", "02 10:00", "09 10:00", "region:21", HEART)]
    assert found(story, "2026-03-05T10:00") == [
        ("referral-unanswered", "02 10:00", "now", "region:21", HEART)
    ]


def test_a_visit_is_an_answer_and_another_region_can_be_asked() -> None:
    story = given(sent("2026-03-02T10:00", to_region="01"), visited("2026-03-20T10:00"))
    (cause,) = story.rows(Cause, LATER)
    assert (cause.party, cause.role, cause.ended_at) == (
        "region:01",
        "specialist",
        instant("2026-03-20T10:00"),
    )
    assert cause.of == story.wait("W-18", LATER).id


def test_passed_on_the_next_unit_is_asked() -> None:
    story = given(sent("2026-03-02T10:00"), back("2026-03-04T10:00", OTHER))
    assert found(story) == [
        ("referral-unanswered", "02 10:00", "04 10:00", "region:21", HEART),
        ("referral-unanswered", "04 10:00", "now", "region:21", OTHER),
    ]


def test_returned_explains_a_wait_that_goes_on_from_the_patients_own_contact() -> None:
    contact = said("2026-03-01T10:00", CareContactSought(track=TRACK, unit=HEART))
    story = given(contact, sent("2026-03-02T10:00"), back("2026-03-04T10:00"), sent("2026-03-08T10:00"))
    own = [wait.id for wait in story.rows_of_wait("W-18", LATER) if wait.started_at == contact.time]
    causes = [(cause.rule, _day(cause.started_at)) for cause in story.rows(Cause, LATER) if [cause.of] == own]
    assert sorted(causes, key=lambda cause: cause[1]) == [
        ("referral-unanswered", "02 10:00"),
        ("referral-returned", "04 10:00"),
        ("referral-unanswered", "08 10:00"),
    ]
    # The wait of a referral that was returned is over: nothing is left to explain.
    assert [c[0] for c in found(given(sent("2026-03-02T10:00"), back("2026-03-04T10:00")))] == [
        "referral-unanswered"
    ]


def test_paused_on_each_ground_and_who_could_end_it() -> None:
    for ground, party in (
        ("medically-impossible", None),
        ("chose-other-region", "patient"),
        ("abstains", "patient"),
    ):
        story = given(
            sent("2026-03-02T10:00"),
            taken("2026-03-02T10:00"),
            paused("2026-03-05T10:00", ground),
            resumed("2026-03-09T10:00"),
        )
        assert found(story) == [(ground, "05 10:00", "09 10:00", party, None)]
        assert found(story, "2026-03-05T10:00") == [(ground, "05 10:00", "now", party, None)]


def test_two_grounds_at_once_are_two_causes_that_end_together() -> None:
    story = given(
        sent("2026-03-02T10:00"),
        taken("2026-03-02T10:00"),
        paused("2026-03-05T10:00", "abstains"),
        paused("2026-03-07T10:00", "medically-impossible"),
        resumed("2026-03-09T10:00"),
    )
    assert [cause[:3] for cause in found(story)] == [
        ("abstains", "05 10:00", "09 10:00"),
        ("medically-impossible", "07 10:00", "09 10:00"),
    ]


def test_the_visit_ends_a_pause_that_nobody_ended() -> None:
    story = given(
        sent("2026-03-02T10:00"),
        taken("2026-03-02T10:00"),
        paused("2026-03-05T10:00", "abstains"),
        visited("2026-03-07T10:00"),
        resumed("2026-03-09T10:00"),
    )
    assert found(story) == [("abstains", "05 10:00", "07 10:00", "patient", None)]


def test_treatment_has_its_own_pauses() -> None:
    story = given(
        said("2026-03-02T10:00", TreatmentDecided(track=TRACK, unit=HEART)),
        paused("2026-03-05T10:00", "abstains"),
        paused("2026-03-06T10:00", "chose-other-region", "treatment"),
    )
    assert [cause[:2] for cause in found(story)] == [("chose-other-region", "06 10:00")]
