"""W-24: of the contacts, those that came to the patient: one at home or digital, zero for a visit to a unit."""

from given import given, said
from ward import followed_up, voided

from domain.facts.contact import DigitalVisitHeld, HomeVisitMade, PreventiveContactMade, VisitMade
from domain.rows import Figure

LATER = "2026-12-30T10:00"
CENTRE = "hsa:SE2321000198-VC1"


def test_two_of_three_at_home_or_digital() -> None:
    story = given(
        said("2026-03-02T11:00", VisitMade(unit=CENTRE)),
        said("2026-03-03T11:00", HomeVisitMade(unit=CENTRE)),
        said("2026-03-04T11:00", DigitalVisitHeld(unit=CENTRE, track="diabetes")),
    )
    rows = story.rows(Figure, LATER, "W-24")
    assert {(row.detail, row.number, row.unit) for row in rows} == {
        ("unit", 0, CENTRE),
        ("home", 1, CENTRE),
        ("digital", 1, CENTRE),
    }
    assert {row.value_unit for row in rows} == {"share"}
    assert len(story.rows(Figure, "2026-03-03T11:00", "W-24")) == 2


def test_other_contacts_are_not_asked_where_they_were() -> None:
    contacts = (said("2026-03-02T11:00", PreventiveContactMade(unit=CENTRE)), followed_up("2026-03-05T10:00"))
    assert given(*contacts).rows(Figure, LATER, "W-24") == []


def test_annulled_it_leaves_no_trace() -> None:
    visit = said("2026-03-02T11:00", HomeVisitMade(unit=CENTRE), message="visit")
    assert given(visit, voided("2026-03-03T11:00", "visit")).rows(Figure, LATER, "W-24") == []
