"""Municipal care by kind: home nursing, rehabilitation and social services begin and end each for itself (HSL 12, SoL)."""

import dataclasses

from given import Story, given
from nearby import GAVLE, SANDVIKEN, care_ended, care_of, lasted, who
from ward import admitted, care_started, died, discharged, voided

from domain.care import municipal
from domain.chain import Chain
from domain.history import History
from domain.stays import Stays

HOME = (admitted("2026-03-02T10:00", stay="A"), discharged("2026-03-05T14:00", stay="A"))
MUNICIPAL = ("municipal-health", "rehabilitation", "social-services")


def _who(story: Story, now: str) -> set[tuple[str | None, str | None]]:
    return {(role, party) for role, party, _ in who(story, now, *MUNICIPAL)}


def test_rehabilitation_is_a_kind_of_its_own() -> None:
    story = given(*HOME, care_started("2026-03-05T16:00", "rehabilitation"))
    assert _who(story, "2026-03-06T10:00") == {("rehabilitation", GAVLE)}


def test_habilitation_counts_as_rehabilitation() -> None:
    story = given(care_started("2026-03-05T16:00", "habilitation"))
    assert _who(story, "2026-03-06T10:00") == {("rehabilitation", GAVLE)}


def test_nursing_and_rehabilitation_in_one_start() -> None:
    story = given(*HOME, care_started("2026-03-05T16:00", "home-nursing", "rehabilitation"))
    assert _who(story, "2026-03-06T10:00") == {("municipal-health", GAVLE), ("rehabilitation", GAVLE)}


def test_rehabilitation_added_later_begins_then() -> None:
    story = given(
        *HOME,
        care_started("2026-03-05T16:00", "home-nursing"),
        care_started("2026-03-09T09:00", "home-nursing", "rehabilitation"),
    )
    assert _who(story, "2026-03-09T08:59") == {("municipal-health", GAVLE)}
    (nursing,) = care_of(story, "municipal-health")
    (training,) = care_of(story, "rehabilitation")
    assert lasted(nursing, "2026-03-05T16:00", None)
    assert lasted(training, "2026-03-09T09:00", None)


def test_no_services_named_is_home_nursing() -> None:
    start = care_started("2026-03-05T16:00")
    story = given(dataclasses.replace(start, fact=start.fact.model_copy(update={"services": ()})))
    assert _who(story, "2026-03-06T10:00") == {("municipal-health", GAVLE)}


def test_one_kind_ends_and_the_others_go_on() -> None:
    story = given(
        *HOME,
        care_started("2026-03-05T16:00", "home-nursing", "rehabilitation"),
        care_started("2026-03-05T16:00", "home-help"),
        care_ended("2026-03-20T12:00", "rehabilitation"),
    )
    assert _who(story, "2026-03-20T12:00") == {("municipal-health", GAVLE), ("social-services", GAVLE)}
    (training,) = care_of(story, "rehabilitation")
    assert lasted(training, "2026-03-05T16:00", "2026-03-20T12:00")
    assert training.outcome == "ended"


def test_an_end_that_names_no_services_ends_all_under_the_same_law() -> None:
    story = given(
        care_started("2026-03-05T16:00", "home-nursing", "rehabilitation"),
        care_started("2026-03-05T16:00", "home-help"),
        care_ended("2026-03-20T12:00"),
    )
    assert _who(story, "2026-03-20T12:00") == {("social-services", GAVLE)}


def test_home_help_ends_when_residential_care_has_begun_and_social_services_go_on() -> None:
    story = given(
        care_started("2026-03-05T16:00", "home-help"),
        care_started("2026-04-01T10:00", "residential-care"),
        care_ended("2026-04-01T10:00", "home-help"),
    )
    assert _who(story, "2026-04-01T10:00") == {("social-services", GAVLE)}
    assert _who(story, "2026-04-02T10:00") == {("social-services", GAVLE)}


def test_another_municipality_ends_only_its_own() -> None:
    story = given(
        care_started("2026-03-05T16:00"),
        care_started("2026-03-05T17:00", municipality="2181"),
        care_ended("2026-03-20T12:00", "home-nursing", municipality="2181"),
    )
    assert _who(story, "2026-03-10T12:00") == {("municipal-health", GAVLE), ("municipal-health", SANDVIKEN)}
    assert _who(story, "2026-03-20T12:00") == {("municipal-health", GAVLE)}


def test_ended_and_begun_again_are_two_stretches() -> None:
    story = given(
        care_started("2026-03-05T16:00"),
        care_ended("2026-03-20T12:00", "home-nursing"),
        care_started("2026-04-05T16:00"),
    )
    first, second = care_of(story, "municipal-health")
    assert lasted(first, "2026-03-05T16:00", "2026-03-20T12:00")
    assert lasted(second, "2026-04-05T16:00", None)


def test_the_next_admission_ends_it_and_it_begins_anew_after() -> None:
    story = given(
        *HOME,
        care_started("2026-03-05T16:00"),
        admitted("2026-03-08T10:00", stay="B"),
        discharged("2026-03-10T10:00", stay="B"),
        care_started("2026-03-10T16:00"),
    )
    assert _who(story, "2026-03-09T10:00") == set()
    assert _who(story, "2026-03-10T16:00") == {("municipal-health", GAVLE)}
    assert care_of(story, "municipal-health")[0].outcome == "admitted"


def test_nothing_begins_after_death() -> None:
    story = given(died("2026-03-05T16:00"), care_started("2026-03-05T16:01"))
    assert _who(story, "2026-03-06T10:00") == set()


def test_an_end_that_was_annulled_never_was() -> None:
    story = given(
        care_started("2026-03-05T16:00"),
        care_ended("2026-03-20T12:00", "home-nursing", message="end"),
        voided("2026-03-20T13:00", "end"),
    )
    assert _who(story, "2026-03-21T12:00") == {("municipal-health", GAVLE)}


def test_what_social_services_said_under_a_key_that_is_gone_still_counts() -> None:
    """By its kind, its time and whose it is: the municipality of the sender, else the patient's own."""
    story = given(
        *HOME,
        care_started("2026-03-05T16:00", "home-help"),
        care_started("2026-03-06T16:00", "home-help", municipality="2181", principal="2181"),
        care_ended("2026-03-20T12:00", "home-help", principal="2180"),
    )
    facts = [
        dataclasses.replace(f, fact=None) if f.envelope.regime == "SoL" else f for f in story.journey.facts
    ]
    history = History.of(facts)
    rows = municipal.rows(Chain(story.journey.id, history, Stays.of(history), story.basis))
    assert [(row.role, row.party, row.outcome) for row in rows] == [
        ("social-services", GAVLE, "ended"),
        ("social-services", SANDVIKEN, None),
    ]
