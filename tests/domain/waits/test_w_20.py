"""W-20: each meeting with a unit; different units per patient and month are counted from these rows."""

from given import given, said
from ward import EMERGENCY, admitted, came_to_emergency, died, followed_up, voided

from domain.facts.contact import DigitalVisitHeld, HomeVisitMade, PreventiveContactMade, VisitMade
from domain.facts.guarantee import CareAssessed, CareContactSought
from domain.rows import Figure

LATER = "2026-12-30T10:00"
CENTRE = "hsa:SE2321000198-VC1"
NURSES = "hsa:SE2120002338-HEM1"
WARD1 = "hsa:SE2321000198-WARD1"


def test_each_contact_names_the_unit_that_was_met() -> None:
    story = given(
        said("2026-03-01T10:00", CareContactSought(unit=CENTRE)),  # a call for care is no meeting
        said("2026-03-01T11:00", CareAssessed(unit=CENTRE)),
        said("2026-03-02T11:00", VisitMade(unit=CENTRE)),
        said("2026-03-03T11:00", HomeVisitMade(unit=NURSES)),
        said("2026-03-04T11:00", DigitalVisitHeld(unit=CENTRE)),
        said("2026-03-05T11:00", PreventiveContactMade(unit=NURSES)),
    )
    rows = story.rows(Figure, LATER, "W-20")
    assert [(row.detail, row.unit, row.number) for row in sorted(rows, key=lambda row: row.valid_from)] == [
        ("care-assessed", CENTRE, 1),
        ("visit-made", CENTRE, 1),
        ("home-visit-made", NURSES, 1),
        ("digital-visit-held", CENTRE, 1),
        ("preventive-contact-made", NURSES, 1),
    ]
    assert len({row.unit for row in rows}) == 2


def test_an_emergency_visit_and_the_stay_it_leads_to_are_two_units() -> None:
    story = given(
        came_to_emergency("2026-03-02T08:00", stay="A"),
        admitted("2026-03-02T10:00", stay="A"),
        admitted("2026-03-02T11:00", stay="A"),  # told once more
    )
    rows = story.rows(Figure, LATER, "W-20")
    assert {(row.detail, row.unit) for row in rows} == {
        ("emergency-visit-started", EMERGENCY),
        ("patient-admitted", WARD1),
    }


def test_where_no_unit_is_named_it_is_the_one_that_said_it() -> None:
    story = given(admitted("2026-03-02T10:00"), followed_up("2026-03-05T10:00"))
    units = {row.detail: row.unit for row in story.rows(Figure, LATER, "W-20")}
    assert units["follow-up-completed"] == WARD1


def test_known_from_the_meeting_on_whatever_comes_after() -> None:
    story = given(said("2026-03-02T11:00", VisitMade(unit=CENTRE)), died("2026-03-03T11:00"))
    assert story.rows(Figure, "2026-03-02T10:59", "W-20") == []
    assert len(story.rows(Figure, "2026-03-02T11:00", "W-20")) == 1
    assert len(story.rows(Figure, LATER, "W-20")) == 1


def test_annulled_it_leaves_no_trace() -> None:
    visit = said("2026-03-02T11:00", VisitMade(unit=CENTRE), message="visit")
    assert given(visit, voided("2026-03-03T11:00", "visit")).rows(Figure, LATER, "W-20") == []
