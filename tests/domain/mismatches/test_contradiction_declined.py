"""The municipality said no, and the patient was discharged all the same."""

import pytest
from given import given
from nearby import GAVLE, found, lasted, open_findings
from ward import accepted, admitted, care_started, declined, died, discharged, proposed

from domain.command import Command

CODE = "contradiction-declined"
IN = admitted("2026-03-02T10:00", stay="A")
ASKED = proposed("2026-03-04T10:00")
NO = declined("2026-03-04T14:00")


@pytest.mark.parametrize("destination", ["home", "residential-care", "short-term-place"])
def test_discharged_all_the_same(destination: str) -> None:
    story = given(IN, ASKED, NO, discharged("2026-03-05T14:00", destination, stay="A"))
    assert CODE not in open_findings(story, "2026-03-05T13:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-05T14:00", None)
    assert (row.party, row.role) == (GAVLE, "municipal-health")
    names = {fact.id: fact.kind.NAME for fact in story.history.facts}
    assert [names[fact] for fact in row.opened_by] == ["municipal-takeover-declined", "patient-discharged"]


@pytest.mark.parametrize("destination", ["other-hospital", "other"])
def test_discharged_elsewhere(destination: str) -> None:
    story = given(IN, ASKED, NO, discharged("2026-03-05T14:00", destination, stay="A"))
    assert CODE not in story.findings("2026-03-20T10:00")


@pytest.mark.parametrize(
    "word", [accepted("2026-03-04T16:00"), proposed("2026-03-04T16:00")], ids=["yes", "asked again"]
)
def test_the_no_was_not_the_last_word(word: Command) -> None:
    story = given(IN, ASKED, NO, word, discharged("2026-03-05T14:00", stay="A"))
    assert CODE not in story.findings("2026-03-20T10:00")


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        (accepted("2026-03-08T10:00"), "accepted"),
        (care_started("2026-03-08T10:00"), "started"),
        (admitted("2026-03-08T10:00", stay="B"), "readmitted"),
        (died("2026-03-08T10:00"), "deceased"),
    ],
)
def test_until_the_municipality_is_in_it(then: Command, outcome: str) -> None:
    row = found(given(IN, ASKED, NO, discharged("2026-03-05T14:00", stay="A"), then), CODE)
    assert lasted(row, "2026-03-05T14:00", "2026-03-08T10:00")
    assert row.outcome == outcome


def test_a_no_to_home_help_is_told_apart_from_a_yes_to_home_nursing() -> None:
    story = given(
        IN,
        accepted("2026-03-04T14:00"),
        declined("2026-03-04T14:00", "home-help"),
        discharged("2026-03-05T14:00", stay="A"),
        care_started("2026-03-05T14:00"),
    )
    assert found(story, CODE).role == "social-services"
