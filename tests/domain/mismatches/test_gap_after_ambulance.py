"""Gap: an ambulance left the patient at home with nobody."""

from given import given
from nearby import found, lasted, left_at_home, open_findings, visited_at_home
from ward import NURSING, came_to_emergency, care_started, died

CODE = "gap-after-ambulance"
LEFT = left_at_home("2026-03-02T03:00")


def test_until_somebody_meets_the_patient() -> None:
    story = given(LEFT, visited_at_home("2026-03-02T11:00"))
    assert CODE in open_findings(story, "2026-03-02T03:00")
    row = found(story, CODE)
    assert lasted(row, "2026-03-02T03:00", "2026-03-02T11:00")
    assert (row.party, row.unit, row.outcome) == ("region:21", "hsa:SE2321000198-AMB1", "contacted")


def test_with_home_nursing_there_is_none() -> None:
    assert not given(left_at_home("2026-03-02T03:00", NURSING)).findings("2026-03-03T10:00")


def test_care_begun_emergency_and_death_end_it() -> None:
    for end in (
        care_started("2026-03-02T11:00"),
        came_to_emergency("2026-03-02T11:00"),
        died("2026-03-02T11:00"),
    ):
        assert lasted(found(given(LEFT, end), CODE), "2026-03-02T03:00", "2026-03-02T11:00")
