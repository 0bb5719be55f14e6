"""W-02: hours from the admission notice to each receiver's *kvittens* (no number in LUS)."""

from given import given
from ward import NURSING, OPEN_CARE, SOCIAL, acknowledged, admitted, notified

from domain.facts._parts import Recipient

ADMITTED = admitted("2026-03-02T10:00")
TOLD = notified("2026-03-02T12:00", OPEN_CARE, NURSING, SOCIAL)
LATER = "2026-03-10T10:00"


def test_each_receiver_answers_for_itself() -> None:
    story = given(
        ADMITTED,
        TOLD,
        acknowledged("2026-03-02T13:30", unit=OPEN_CARE.unit, role="open-care"),
        acknowledged("2026-03-02T18:00", role="social-services", municipality="2180"),
    )
    waits = {wait.role: (wait.state, wait.value) for wait in story.rows_of_wait("W-02", "2026-03-03T12:00")}
    assert waits == {
        "open-care": ("ended", 1.5),
        "social-services": ("ended", 6.0),
        "municipal-health": ("waiting", 24.0),
    }


def test_another_municipality_is_another_receiver() -> None:
    story = given(
        ADMITTED,
        notified("2026-03-02T12:00", NURSING),
        acknowledged("2026-03-02T13:00", role="municipal-health", municipality="2181"),
    )
    assert [wait.state for wait in story.rows_of_wait("W-02", LATER)] == ["waiting"]


def test_two_units_of_one_municipality() -> None:
    first = Recipient(role="municipal-health", municipality="2180", unit="hsa:SE2120002338-A1")
    second = Recipient(role="municipal-health", municipality="2180", unit="hsa:SE2120002338-A2")
    story = given(
        ADMITTED,
        notified("2026-03-02T12:00", first, second),
        acknowledged("2026-03-02T13:00", unit=second.unit),
    )
    waits = {wait.unit: wait.state for wait in story.rows_of_wait("W-02", LATER)}
    assert waits == {first.unit: "waiting", second.unit: "ended"}


def test_told_twice_the_first_notice_counts_and_an_early_answer_does_not() -> None:
    story = given(
        ADMITTED,
        acknowledged("2026-03-02T11:00", role="municipal-health"),
        notified("2026-03-02T12:00", NURSING),
        notified("2026-03-02T14:00", NURSING),
        acknowledged("2026-03-02T15:00", role="municipal-health"),
    )
    assert [wait.value for wait in story.rows_of_wait("W-02", LATER)] == [3.0]
