"""The fast vårdkontakt at every moment: appointed, replaced, ended without another (LUS 2:5)."""

from given import Story, given
from nearby import contact_ended
from ward import contact, died

from domain.rows import Responsibility

FIRST, SECOND = "hsa:SE2321000198-VC1", "hsa:SE2321000198-VC2"


def _unit(story: Story, now: str) -> list[str | None]:
    rows = story.rows(Responsibility, now, "care_contact")
    assert {(row.role, row.party) for row in rows} <= {("open-care", "region:21")}
    return [row.unit for row in rows if row.ended_at is None]


def test_at_every_moment() -> None:
    story = given(
        contact("2026-03-03T09:00", FIRST),
        contact("2026-03-10T09:00", SECOND),
        contact_ended("2026-03-20T09:00", SECOND),
        contact("2026-03-25T09:00", FIRST),
    )
    assert _unit(story, "2026-03-03T08:59") == []
    assert _unit(story, "2026-03-03T09:00") == [FIRST]
    assert _unit(story, "2026-03-10T09:00") == [SECOND]
    assert _unit(story, "2026-03-20T09:00") == []
    assert _unit(story, "2026-03-25T09:00") == [FIRST]


def test_appointed_again_at_the_unit_it_goes_on() -> None:
    story = given(contact("2026-03-03T09:00"), contact("2026-03-10T09:00"))
    assert len(story.rows(Responsibility, "2026-03-11T09:00", "care_contact")) == 1


def test_another_units_end_changes_nothing() -> None:
    story = given(contact("2026-03-03T09:00", FIRST), contact_ended("2026-03-10T09:00", SECOND))
    assert _unit(story, "2026-03-10T09:00") == [FIRST]


def test_an_end_that_names_no_unit() -> None:
    assert (
        _unit(given(contact("2026-03-03T09:00"), contact_ended("2026-03-10T09:00")), "2026-03-10T09:00") == []
    )


def test_death_ends_it() -> None:
    assert _unit(given(contact("2026-03-03T09:00"), died("2026-03-10T09:00")), "2026-03-10T09:00") == []
