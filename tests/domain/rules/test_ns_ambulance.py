"""NS-ambulance: a patient whom an ambulance left at home is contacted by those who took over (a local limit)."""

import pytest
from given import STATUTE_ONLY, given, instant, said
from units import OTHER_NURSING, agreed, home_visit, left_at_home, visit
from ward import NURSING, OPEN_CARE, admitted, amended, came_to_emergency, care_started, died

from domain.command import Command
from domain.facts.contact import AmbulanceAttended, DigitalVisitHeld, PreventiveContactMade
from domain.facts.guarantee import CareAssessed
from domain.facts.mobile_team import MobileTeamTookOver

DAY = agreed(home_contact_hours=24)
LEFT = left_at_home("2026-03-02T22:00", OPEN_CARE)
LATER = "2026-03-10T10:00"


def test_conveyed_or_handed_to_nobody_owes_nothing() -> None:
    """Nobody named is a gap, and shown as one."""
    assert given(left_at_home("2026-03-02T22:00"), basis=DAY).duties("NS-ambulance", LATER) == []
    conveyed = said("2026-03-02T22:00", AmbulanceAttended(outcome="conveyed", handed_to=(OPEN_CARE,)))
    assert given(conveyed, basis=DAY).duties("NS-ambulance", LATER) == []


def test_each_who_took_over_owes_a_contact() -> None:
    story = given(left_at_home("2026-03-02T22:00", OPEN_CARE, OTHER_NURSING, OTHER_NURSING), basis=DAY)
    duties = story.duties("NS-ambulance", "2026-03-02T22:00")
    assert {(duty.party, duty.role, duty.unit) for duty in duties} == {
        ("region:21", "open-care", OPEN_CARE.unit),
        ("municipality:2181", "municipal-health", None),
    }
    assert len(duties) == 2
    assert {duty.due_at for duty in duties} == {instant("2026-03-03T22:00")}
    assert {duty.severity for duty in duties} == {"next-step"}


def test_a_municipality_that_is_not_named_is_the_patients_own() -> None:
    unnamed = NURSING.model_copy(update={"municipality": None})
    story = given(came_to_emergency("2026-02-01T10:00"), left_at_home("2026-03-02T22:00", unnamed), basis=DAY)
    assert story.duty("NS-ambulance", "2026-03-02T22:00").party == "municipality:2180"


@pytest.mark.parametrize(
    ("made", "state"),
    [
        ("2026-03-02T22:00", "done"),
        ("2026-03-03T22:00:00", "done"),  # 24 hours exactly
        ("2026-03-03T22:00:01", "late"),
    ],
)
def test_contacted(made: str, state: str) -> None:
    assert given(LEFT, home_visit(made), basis=DAY).duty("NS-ambulance", LATER).state == state


def test_not_contacted() -> None:
    story = given(LEFT, basis=DAY)
    assert story.duty("NS-ambulance", "2026-03-03T22:00:00").state == "due"
    assert story.duty("NS-ambulance", "2026-03-03T22:00:01").state == "missed"


def test_the_statute_sets_no_limit() -> None:
    assert given(LEFT, basis=STATUTE_ONLY).duty("NS-ambulance", LATER).state == "open"


@pytest.mark.parametrize(
    "contact",
    [
        visit("2026-03-03T10:00"),
        said("2026-03-03T10:00", DigitalVisitHeld()),
        said("2026-03-03T10:00", MobileTeamTookOver()),
        said("2026-03-03T10:00", CareAssessed()),
        care_started("2026-03-03T10:00"),
        care_started("2026-03-03T10:00", "home-help", municipality="2181"),
    ],
    ids=lambda command: command.fact.NAME,
)
def test_any_contact_by_anybody_counts(contact: Command) -> None:
    assert given(LEFT, contact, basis=DAY).duty("NS-ambulance", LATER).state == "done"


def test_a_contact_before_it_or_one_to_prevent_is_none() -> None:
    before = home_visit("2026-03-02T21:59")
    prevent = said("2026-03-03T10:00", PreventiveContactMade())
    assert given(before, LEFT, prevent, basis=DAY).duty("NS-ambulance", LATER).state == "missed"


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (admitted("2026-03-03T08:00"), "admitted"),
        (came_to_emergency("2026-03-03T08:00"), "emergency-visit"),
        (died("2026-03-03T08:00"), "deceased"),
    ],
)
def test_what_else_ends_it(end: Command, outcome: str) -> None:
    duty = given(LEFT, end, basis=DAY).duty("NS-ambulance", LATER)
    assert (duty.state, duty.outcome) == ("cancelled", outcome)


def test_24_hours_over_the_night_summer_time_begins() -> None:
    story = given(left_at_home("2026-03-28T22:00", OPEN_CARE), basis=DAY)
    assert story.duty("NS-ambulance", "2026-03-28T22:00").due_at == instant("2026-03-29T23:00")


def test_the_time_of_the_contact_is_corrected() -> None:
    late = home_visit("2026-03-04T08:00", message="visit")
    right = amended("2026-03-04T12:00", "visit", home_visit("2026-03-03T08:00"))
    assert given(LEFT, late, right, basis=DAY).duty("NS-ambulance", LATER).state == "done"
