"""W-05, LUS 4:3: dates from the discharge-ready notice to the call to a SIP."""

import pytest
from given import given
from units import agreed
from ward import admitted, discharged, not_ready, sip_called, sip_needed, told_ready

ADMITTED = admitted("2026-03-02T10:00")
NEEDED = sip_needed("2026-03-02T15:00")
LATER = "2027-03-10T10:00"


@pytest.mark.parametrize(
    ("notice", "called", "dates"),
    [
        ("2026-03-05T10:00", "2026-03-05T23:59", 0),
        ("2026-03-05T23:59", "2026-03-06T00:01", 1),
        ("2026-03-27T16:00", "2026-03-30T23:59", 3),  # over the night summer time begins
        ("2026-10-23T16:00", "2026-10-26T23:59", 3),
        ("2026-12-31T16:00", "2027-01-02T08:00", 2),
    ],
)
def test_dates(notice: str, called: str, dates: int) -> None:
    wait = given(ADMITTED, told_ready(notice), sip_called(called)).wait("W-05", LATER)
    assert (wait.value, wait.value_unit, wait.at_most) == (dates, "dates", 3)


def test_the_limit_is_the_last_day_as_agreed() -> None:
    """Thursday the 5th: three days are Sunday; where that rolls over the limit is Monday, the fourth."""
    story = given(
        ADMITTED,
        told_ready("2026-03-05T10:00"),
        sip_called("2026-03-09T10:00"),
        basis=agreed(sip_call_rolls_over=True),
    )
    assert (story.wait("W-05", LATER).value, story.wait("W-05", LATER).at_most) == (4, 4)


def test_a_call_before_the_notice_is_not_what_is_waited_for() -> None:
    story = given(ADMITTED, NEEDED, sip_called("2026-03-04T10:00"), told_ready("2026-03-05T10:00"))
    assert story.wait("W-05", "2026-03-07T10:00").state == "waiting"


def test_called_after_the_discharge() -> None:
    story = given(
        ADMITTED,
        told_ready("2026-03-05T10:00"),
        discharged("2026-03-06T10:00"),
        sip_called("2026-03-07T10:00"),
    )
    assert story.wait("W-05", LATER).value == 2


def test_withdrawn_cuts_it_short() -> None:
    story = given(ADMITTED, NEEDED, told_ready("2026-03-05T10:00"), not_ready("2026-03-06T10:00"))
    assert story.wait("W-05", LATER).outcome == "withdrawn"


def test_nobody_waits_where_no_sip_is_needed() -> None:
    """LUS 4:1 and 4:3: only a SIP that is to be made is called."""
    assert given(ADMITTED, told_ready("2026-03-05T10:00")).rows_of_wait("W-05") == []
    no = sip_needed("2026-03-02T15:00", needed=False)
    assert given(ADMITTED, no, told_ready("2026-03-05T10:00")).rows_of_wait("W-05") == []


def test_found_needed_after_the_notice_the_dates_still_run_from_it() -> None:
    story = given(ADMITTED, told_ready("2026-03-05T10:00"), sip_needed("2026-03-06T10:00"))
    assert story.rows_of_wait("W-05", "2026-03-06T09:59") == []
    assert story.wait("W-05", "2026-03-07T10:00").value == 2
