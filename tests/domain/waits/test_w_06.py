"""W-06: dates as *utskrivningsklar*, from the last valid notice to discharge; day 0 is a day count of zero."""

import pytest
from given import given
from ward import admitted, amended, died, discharged, not_ready, told_ready, voided

ADMITTED = admitted("2026-03-02T10:00")
LATER = "2027-03-10T10:00"


@pytest.mark.parametrize(
    ("notice", "left", "dates"),
    [
        ("2026-03-05T09:00", "2026-03-05T16:00", 0),  # day 0
        ("2026-03-05T23:50", "2026-03-06T00:10", 1),
        ("2026-03-28T10:00", "2026-03-30T10:00", 2),
        ("2026-10-24T23:30", "2026-10-26T00:30", 2),
        ("2026-12-31T12:00", "2027-01-02T12:00", 2),
    ],
)
def test_dates(notice: str, left: str, dates: int) -> None:
    wait = given(ADMITTED, told_ready(notice), discharged(left)).wait("W-06", LATER)
    assert (wait.value, wait.value_unit, wait.outcome) == (dates, "dates", "discharged")
    assert wait.municipality == "2180"


def test_withdrawn_and_told_again_counts_from_the_last_notice() -> None:
    story = given(
        ADMITTED,
        told_ready("2026-03-05T10:00"),
        not_ready("2026-03-07T10:00"),
        told_ready("2026-03-09T10:00"),
        discharged("2026-03-12T10:00"),
    )
    waits = sorted(story.rows_of_wait("W-06", LATER), key=lambda wait: wait.valid_from)
    assert [(wait.outcome, wait.value) for wait in waits] == [("withdrawn", 2), ("discharged", 3)]


def test_still_ready_counts_to_today() -> None:
    story = given(ADMITTED, told_ready("2026-03-05T10:00"))
    assert (story.wait("W-06", "2026-03-07T00:01").state, story.wait("W-06", "2026-03-07T00:01").value) == (
        "waiting",
        2,
    )


def test_death_while_ready() -> None:
    wait = given(ADMITTED, told_ready("2026-03-05T10:00"), died("2026-03-07T10:00")).wait("W-06", LATER)
    assert (wait.outcome, wait.value) == ("stay-ended", 2)


def test_the_notice_is_annulled_or_its_sending_time_corrected() -> None:
    told = told_ready("2026-03-05T10:00", message="ready")
    left = discharged("2026-03-08T10:00")
    assert given(ADMITTED, told, left, voided("2026-03-09T10:00", "ready")).rows_of_wait("W-06") == []
    mended = amended("2026-03-09T10:00", "ready", told_ready("2026-03-07T10:00"))
    assert given(ADMITTED, told, left, mended).wait("W-06", LATER).value == 1
