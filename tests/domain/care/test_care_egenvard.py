"""*Egenvård*: with a relative, then with the municipality's help; ended by a review or a new judgement (lag 2022:1250)."""

import pytest
from given import given
from nearby import care_of, egenvard, egenvard_reviewed, lasted, no_egenvard, who
from ward import admitted, died


def test_with_a_relative_then_with_the_municipalitys_help() -> None:
    story = given(
        egenvard("2026-03-02T10:00", "relative"),
        egenvard_reviewed("2026-04-02T10:00", ended=False),
        egenvard_reviewed("2026-05-02T10:00", ended=True),
        egenvard("2026-05-02T11:00", "municipality", municipality="2180"),
    )
    assert who(story, "2026-03-02T10:00") == {("egenvard", "relative", None)}
    assert who(story, "2026-04-02T10:00") == {("egenvard", "relative", None)}
    assert who(story, "2026-05-02T10:00") == set()
    assert who(story, "2026-05-02T11:00") == {("egenvard", "municipality:2180", None)}
    assert lasted(care_of(story, "egenvard")[0], "2026-03-02T10:00", "2026-05-02T10:00")


@pytest.mark.parametrize(
    ("support", "party"),
    [
        ("patient", "patient"),
        ("relative", "relative"),
        ("municipality", "municipality:2180"),
        ("region", "region:21"),
        ("personal-assistance", "assistance"),
        ("other", "other"),
    ],
)
def test_who_helps(support: str, party: str) -> None:
    """Where a municipality helps and none is named, it is the patient's own."""
    story = given(admitted("2026-03-01T10:00"), egenvard("2026-03-02T10:00", support))
    assert who(story, "2026-03-02T10:00", "egenvard") == {("egenvard", party, None)}


def test_two_measures_with_different_help_at_once() -> None:
    story = given(egenvard("2026-03-02T10:00", "patient"), egenvard("2026-03-03T10:00", "relative"))
    assert {party for _, party, _ in who(story, "2026-03-03T10:00")} == {"patient", "relative"}


def test_judged_again_with_the_same_help_is_the_same_care() -> None:
    story = given(egenvard("2026-03-02T10:00"), egenvard("2026-04-02T10:00"))
    assert len(care_of(story, "egenvard")) == 1


def test_judged_to_be_health_care_after_all() -> None:
    story = given(egenvard("2026-03-02T10:00"), no_egenvard("2026-03-10T10:00"))
    assert who(story, "2026-03-10T10:00") == set()
    (row,) = care_of(story, "egenvard")
    assert row.outcome == "health-care"


def test_death_ends_it() -> None:
    assert who(given(egenvard("2026-03-02T10:00"), died("2026-03-03T10:00")), "2026-03-03T10:00") == set()
