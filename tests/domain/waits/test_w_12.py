"""W-12, LUS 2:4: dates from the last told estimate to the discharge; negative when discharge came before."""

import pytest
from given import given, instant, said
from ward import admitted, discharged, notified

from domain.facts.notification import EstimatedDischargeChanged

ADMITTED = admitted("2026-03-02T10:00")
TOLD = notified("2026-03-02T12:00", estimated_discharge_at=instant("2026-03-06T12:00"))
LATER = "2026-03-20T10:00"


@pytest.mark.parametrize(
    ("left", "dates"),
    [("2026-03-06T20:00", 0), ("2026-03-09T08:00", 3), ("2026-03-05T23:00", -1)],
)
def test_later_and_earlier(left: str, dates: int) -> None:
    wait = given(ADMITTED, TOLD, discharged(left)).wait("W-12", LATER)
    assert (wait.state, wait.value, wait.value_unit) == ("ended", dates, "dates")


def test_the_last_estimate_told_before_the_discharge_counts() -> None:
    story = given(
        ADMITTED,
        TOLD,
        said("2026-03-04T10:00", EstimatedDischargeChanged(new_estimate_at=instant("2026-03-08T12:00"))),
        discharged("2026-03-09T08:00"),
        said("2026-03-10T10:00", EstimatedDischargeChanged(new_estimate_at=instant("2026-03-09T12:00"))),
    )
    assert story.wait("W-12", LATER).value == 1
    assert story.rows_of_wait("W-12", "2026-03-09T07:59") == []


def test_no_estimate_no_measure() -> None:
    told = notified("2026-03-02T12:00")
    assert given(ADMITTED, told, discharged("2026-03-06T10:00")).rows_of_wait("W-12") == []
