"""W-16, Kolada U23401: days from the application for särskilt boende to the move-in date that is offered."""

from given import Story, given, instant, said
from ward import died, voided

from domain.command import Command
from domain.facts.residence import ResidentialCareApplied, ResidentialCareOffered

LATER = "2026-12-30T10:00"


def applied(time: str, municipality: str | None = "2180", **more: str) -> Command:
    return said(time, ResidentialCareApplied(municipality=municipality), **more)


def offered(time: str, move_in: str | None, municipality: str | None = "2180", **more: str) -> Command:
    move_in_at = None if move_in is None else instant(move_in)
    return said(time, ResidentialCareOffered(municipality=municipality, move_in_at=move_in_at), **more)


def days(story: Story) -> list[float | None]:
    return [wait.value for wait in story.rows_of_wait("W-16", LATER)]


def test_from_application_to_the_day_offered_for_moving_in() -> None:
    story = given(applied("2026-02-02T12:00"), offered("2026-03-02T12:00", "2026-03-12T12:00"))
    wait = story.wait("W-16", LATER)
    assert (wait.value, wait.value_unit, wait.outcome) == (38.0, "days", "done")
    assert (wait.party, wait.role, wait.ended_at) == (
        "municipality:2180",
        "social-services",
        instant("2026-03-12T12:00"),
    )


def test_offered_and_not_moved_in_yet_is_still_a_wait() -> None:
    story = given(applied("2026-02-02T12:00"), offered("2026-03-02T12:00", "2026-03-12T12:00"))
    wait = story.wait("W-16", "2026-03-12T11:59")
    assert (wait.state, wait.ended_at, wait.closed_by) == ("waiting", None, ())
    assert story.wait("W-16", "2026-03-12T12:00").state == "ended"


def test_days_are_24_hours_also_over_the_night_when_summer_time_begins() -> None:
    """From noon on 28 March to 13:00 on the 29th are 24 hours."""
    assert days(given(applied("2026-03-28T12:00"), offered("2026-03-28T13:00", "2026-03-29T13:00"))) == [1.0]


def test_without_a_day_the_offer_itself_ends_it_and_none_ends_it_before_the_offer() -> None:
    assert days(given(applied("2026-02-02T12:00"), offered("2026-02-12T12:00", None))) == [10.0]
    back_dated = offered("2026-02-12T12:00", "2026-02-05T12:00")
    assert days(given(applied("2026-02-02T12:00"), back_dated)) == [10.0]


def test_another_municipality_or_an_offer_before_the_application_is_not_it() -> None:
    story = given(
        offered("2026-02-01T12:00", "2026-02-03T12:00"),
        applied("2026-02-02T12:00"),
        offered("2026-02-10T12:00", "2026-02-12T12:00", municipality="2181"),
    )
    assert story.wait("W-16", LATER).state == "waiting"


def test_each_application_is_a_wait_of_its_own() -> None:
    story = given(
        applied("2026-02-02T12:00"),
        applied("2026-02-05T12:00", "2181"),
        offered("2026-02-10T12:00", "2026-02-12T12:00"),
    )
    waits = {wait.party: wait.state for wait in story.rows_of_wait("W-16", LATER)}
    assert waits == {"municipality:2180": "ended", "municipality:2181": "waiting"}


def test_the_second_offer_changes_nothing() -> None:
    story = given(
        applied("2026-02-02T12:00"),
        offered("2026-02-10T12:00", "2026-02-12T12:00"),
        offered("2026-02-11T12:00", "2026-02-20T12:00"),
    )
    assert days(story) == [10.0]


def test_death_cuts_it_short_before_the_offer_and_before_the_day() -> None:
    for said_too in ((), (offered("2026-02-03T12:00", "2026-03-12T12:00"),)):
        story = given(applied("2026-02-02T12:00"), *said_too, died("2026-02-06T12:00"))
        wait = story.wait("W-16", LATER)
        assert (wait.outcome, wait.value) == ("deceased", 4.0)


def test_an_offer_annulled_leaves_no_trace() -> None:
    story = given(
        applied("2026-02-02T12:00"),
        offered("2026-02-10T12:00", "2026-02-12T12:00", message="offer"),
        voided("2026-02-11T12:00", "offer", controller="orgnr:2321000198"),
    )
    assert story.wait("W-16", LATER).state == "waiting"
