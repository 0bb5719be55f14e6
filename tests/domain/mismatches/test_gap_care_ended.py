"""Gap: a municipality ended its care because another was to go on, and no other has."""

from given import given
from nearby import GAVLE, care_ended, found, lasted, open_findings
from ward import care_started, died

CODE = "gap-care-ended"
START = care_started("2026-03-02T10:00")
MOVED = care_ended("2026-03-20T12:00", "home-nursing", reason="moved")


def test_until_another_municipality_begins() -> None:
    story = given(START, MOVED, care_started("2026-03-24T10:00", municipality="2181"))
    row = found(story, CODE)
    assert lasted(row, "2026-03-20T12:00", "2026-03-24T10:00")
    assert (row.party, row.role) == (GAVLE, "municipal-health")


def test_another_kind_of_care_does_not_fill_it() -> None:
    story = given(START, MOVED, care_started("2026-03-24T10:00", "home-help", municipality="2181"))
    assert CODE in open_findings(story, "2026-04-01T10:00")


def test_the_other_municipality_had_begun() -> None:
    story = given(START, care_started("2026-03-20T12:00", municipality="2181"), MOVED)
    assert CODE not in story.findings("2026-04-01T10:00")


def test_ended_because_it_is_no_longer_needed_there_is_none() -> None:
    assert not given(START, care_ended("2026-03-20T12:00", "home-nursing")).findings("2026-04-01T10:00")


def test_each_kind_that_ended() -> None:
    story = given(
        care_started("2026-03-02T10:00", "home-nursing", "rehabilitation"),
        care_ended("2026-03-20T12:00", reason="handed-over"),
        care_started("2026-03-21T12:00", "rehabilitation", municipality="2181"),
        died("2026-03-25T12:00"),
    )
    rows = [row for row in story.all_rows() if row.rule == CODE]
    assert {(row.role, row.outcome) for row in rows} == {
        ("municipal-health", "deceased"),
        ("rehabilitation", "care-begun"),
    }
