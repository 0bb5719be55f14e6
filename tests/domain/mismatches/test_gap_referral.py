"""Gap: a referral came back and nobody has been asked since."""

import pytest
from given import given
from nearby import (
    CARDIOLOGY,
    HEALTH_CENTRE,
    back_to_primary_care,
    found,
    lasted,
    open_findings,
    referred,
    returned,
    taken,
    visit,
)
from ward import died

from domain.command import Command

CODE = "gap-referral"
SENT = referred("2026-03-02T10:00")
BACK = returned("2026-03-10T10:00")
AGAIN = "2026-03-17T10:00"


def test_the_unit_that_asked_is_the_one_to_act() -> None:
    story = given(SENT, BACK)
    assert CODE not in open_findings(story, "2026-03-10T09:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-10T10:00", None)
    assert (row.party, row.role, row.unit) == ("region:21", "open-care", HEALTH_CENTRE)
    assert row.detail == "heart-failure"


@pytest.mark.parametrize(
    "then",
    [
        referred(AGAIN, unit="hsa:SE2321000198-HEART2"),
        taken(AGAIN),
        back_to_primary_care(AGAIN),
        visit(AGAIN, "heart-failure"),
        died(AGAIN),
    ],
    ids=["sent again", "taken after all", "handed back", "visit on the track", "death"],
)
def test_until_the_track_is_taken_up(then: Command) -> None:
    assert lasted(found(given(SENT, BACK, then), CODE), "2026-03-10T10:00", AGAIN)


def test_what_happens_on_another_track_does_not_count() -> None:
    story = given(SENT, BACK, visit(AGAIN, "diabetes"), visit(AGAIN), taken(AGAIN, "diabetes", CARDIOLOGY))
    assert CODE in open_findings(story, "2026-04-01T10:00")


def test_passed_on_there_is_none() -> None:
    story = given(SENT, returned("2026-03-10T10:00", passed_on_to="hsa:SE2321000198-HEART2"))
    assert CODE not in story.findings("2026-04-01T10:00")
