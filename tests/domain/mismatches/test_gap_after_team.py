"""Gap: a mobile team is done, named nobody to go on, and nobody else gives care."""

from given import given
from nearby import egenvard, found, handed_back, lasted, open_findings, took_over
from ward import NURSING, OPEN_CARE, care_started, died

TEAM = "hsa:SE2321000230-FUNAS"
CODE = "gap-after-team"
START = took_over("2026-03-02T09:00", TEAM, OPEN_CARE, NURSING)
DONE = handed_back("2026-03-20T15:00", TEAM)


def test_until_somebody_gives_care() -> None:
    story = given(START, DONE, care_started("2026-03-23T08:00"))
    assert CODE not in open_findings(story, "2026-03-20T14:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-20T15:00", "2026-03-23T08:00")
    assert (row.party, row.unit) == ("region:21", TEAM)


def test_somebody_was_named() -> None:
    assert not given(START, handed_back("2026-03-20T15:00", TEAM, NURSING)).findings("2026-04-01T10:00")


def test_somebody_else_gives_care_already() -> None:
    story = given(START, care_started("2026-03-19T08:00"), DONE)
    assert CODE not in story.findings("2026-04-01T10:00")


def test_egenvard_closes_no_gap() -> None:
    story = given(START, egenvard("2026-03-10T10:00"), DONE, egenvard("2026-03-21T10:00", "relative"))
    assert CODE in open_findings(story, "2026-04-01T10:00")


def test_death_ends_it() -> None:
    assert lasted(
        found(given(START, DONE, died("2026-03-21T08:00")), CODE), "2026-03-20T15:00", "2026-03-21T08:00"
    )
