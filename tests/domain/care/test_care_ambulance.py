"""An ambulance leaves the patient at home with home nursing, who have the patient until somebody gets in touch."""

import pytest
from given import given
from nearby import GAVLE, REGION, care_of, lasted, left_at_home, took_over, visited_at_home, who
from ward import NURSING, OPEN_CARE, admitted, came_to_emergency, care_started, died

from domain.command import Command

LEFT = left_at_home("2026-03-02T03:00", NURSING)
HOME_NURSING = ("municipal-health", GAVLE, None)


def test_home_nursing_goes_on() -> None:
    story = given(LEFT)
    assert who(story, "2026-03-02T03:00") == {HOME_NURSING}
    assert care_of(story, "municipal-health")[0].detail == "ambulance"


def test_several_go_on() -> None:
    story = given(left_at_home("2026-03-02T03:00", NURSING, OPEN_CARE))
    assert who(story, "2026-03-02T03:00") == {HOME_NURSING, ("open-care", REGION, OPEN_CARE.unit)}


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        (visited_at_home("2026-03-02T09:00"), "contacted"),
        (care_started("2026-03-02T09:00", "home-help"), "contacted"),
        (took_over("2026-03-02T09:00", "hsa:SE2321000198-TEAM"), "contacted"),
        (admitted("2026-03-02T09:00"), "admitted"),
        (came_to_emergency("2026-03-02T09:00"), "emergency-visit"),
        (died("2026-03-02T09:00"), "deceased"),
    ],
    ids=["home visit", "municipal care", "mobile team", "admission", "emergency visit", "death"],
)
def test_until_somebody_has_met_the_patient(then: Command, outcome: str) -> None:
    (row,) = care_of(given(LEFT, then), "municipal-health")
    assert lasted(row, "2026-03-02T03:00", "2026-03-02T09:00")
    assert row.outcome == outcome


def test_a_visit_before_does_not_count() -> None:
    assert who(given(visited_at_home("2026-03-02T02:00"), LEFT), "2026-03-03T03:00") == {HOME_NURSING}
