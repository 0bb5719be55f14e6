"""NS-receive, LUS 3:1 and 5:1: a municipality that was told the patient is ready makes itself ready."""

from given import given
from ward import NURSING, OPEN_CARE, SOCIAL, admitted, declined, discharged, not_ready, ready, told_ready

STAY = (admitted("2026-03-02T10:00"), ready("2026-03-05T10:00"))
TOLD = told_ready("2026-03-05T10:10", OPEN_CARE, NURSING, SOCIAL)


def test_both_sides_of_the_municipality_and_not_open_care() -> None:
    duties = given(*STAY, TOLD).duties("NS-receive", "2026-03-05T11:00")
    assert {(duty.party, duty.role, duty.state) for duty in duties} == {
        ("municipality:2180", "municipal-health", "open"),
        ("municipality:2180", "social-services", "open"),
    }


def test_a_no_changes_nothing() -> None:
    """LUS has no such message (§0.8)."""
    story = given(*STAY, TOLD, declined("2026-03-05T11:00"))
    assert {duty.state for duty in story.duties("NS-receive", "2026-03-05T12:00")} == {"open"}


def test_done_at_discharge() -> None:
    story = given(*STAY, TOLD, discharged("2026-03-06T10:00"))
    assert {duty.state for duty in story.duties("NS-receive", "2026-03-06T10:00")} == {"done"}


def test_withdrawn_and_told_again() -> None:
    story = given(*STAY, TOLD, not_ready("2026-03-06T10:00"), told_ready("2026-03-07T10:00", NURSING))
    states = sorted((d.role or "", d.state or "") for d in story.duties("NS-receive", "2026-03-07T11:00"))
    assert states == [
        ("municipal-health", "cancelled"),
        ("municipal-health", "open"),
        ("social-services", "cancelled"),
    ]
