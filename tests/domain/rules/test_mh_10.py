"""MH-10, LUS 4:3: the call to a SIP within three days of the discharge-ready notice, where a SIP is to be made."""

from datetime import UTC, datetime

import pytest
from given import STATUTE_ONLY, given, instant
from liable import GAVLE, IN_TIME, liable
from units import agreed, astray
from ward import (
    NURSING,
    admitted,
    amended,
    closed,
    consent,
    died,
    discharged,
    not_ready,
    ready,
    sip_called,
    sip_needed,
    told_ready,
)

ADMITTED = admitted("2026-03-01T10:00")
NEEDED = sip_needed("2026-03-01T15:00")
MONDAY = "2026-03-02T11:00"
READY = (ADMITTED, NEEDED, ready(MONDAY), told_ready(MONDAY))
MUCH_LATER = "2026-03-20T10:00"
THURSDAY_NIGHT = instant("2026-03-06T00:00")
"""The first moment after three local dates from Monday 2 March."""


@pytest.mark.parametrize(
    ("called", "state"),
    [
        ("2026-03-02T11:30", "done"),
        ("2026-03-05T23:59:59", "done"),  # the end of the third date, not 72 hours
        ("2026-03-06T00:00:00", "late"),
    ],
)
def test_called_within_three_dates(called: str, state: str) -> None:
    duty = given(*READY, sip_called(called)).duty("MH-10", MUCH_LATER)
    assert (duty.state, duty.party, duty.role) == (state, "region:21", "open-care")
    assert duty.due_at is not None
    assert (THURSDAY_NIGHT - duty.due_at).total_seconds() == pytest.approx(0, abs=1)


def test_not_called() -> None:
    story = given(*READY)
    assert story.duty("MH-10", "2026-03-05T23:59:59").state == "due"
    assert story.duty("MH-10", "2026-03-06T00:00:00").state == "missed"


@pytest.mark.parametrize(
    ("notice", "last_second"),
    [
        ("2026-03-27T16:00", "2026-03-30T23:59:59+02:00"),  # over the night summer time begins
        ("2026-10-23T16:00", "2026-10-26T23:59:59+01:00"),  # over the night it ends
        ("2026-12-31T23:59", "2027-01-03T23:59:59+01:00"),
        ("2026-03-03T00:30", "2026-03-06T23:59:59+01:00"),  # still 2 March in UTC
    ],
)
def test_dates_are_local_dates(notice: str, last_second: str) -> None:
    story = given(ADMITTED, NEEDED, ready(notice), told_ready(notice))
    assert story.duty("MH-10", last_second).state == "due"
    after = instant(last_second).timestamp() + 1
    assert story.duty("MH-10", _iso(after)).state == "missed"


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat()


def test_needs_both_a_notice_and_a_need() -> None:
    assert given(ADMITTED, NEEDED, ready(MONDAY)).duties("MH-10", MUCH_LATER) == []
    assert given(ADMITTED, ready(MONDAY), told_ready(MONDAY)).duties("MH-10", MUCH_LATER) == []
    not_needed = sip_needed("2026-03-01T15:00", needed=False)
    assert given(ADMITTED, not_needed, ready(MONDAY), told_ready(MONDAY)).duties("MH-10", MUCH_LATER) == []


def test_needed_first_after_the_notice_the_notice_still_starts_the_days() -> None:
    story = given(ADMITTED, ready(MONDAY), told_ready(MONDAY), sip_needed("2026-03-04T09:00"))
    assert story.duties("MH-10", "2026-03-04T08:59") == []
    duty = story.duty("MH-10", "2026-03-04T09:00")
    assert duty.state == "due"
    assert story.duty("MH-10", "2026-03-06T00:00").state == "missed"


def test_needed_after_the_three_days_is_missed_at_once() -> None:
    story = given(ADMITTED, ready(MONDAY), told_ready(MONDAY), sip_needed("2026-03-09T09:00"))
    assert story.duty("MH-10", "2026-03-09T09:00").state == "missed"


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_the_patient_says_no_before(decision: str) -> None:
    """LUS 4:2: a SIP is drawn up when the patient consents."""
    story = given(ADMITTED, NEEDED, consent("2026-03-01T16:00", decision), ready(MONDAY), told_ready(MONDAY))
    assert story.duties("MH-10", MUCH_LATER) == []


@pytest.mark.parametrize("decision", ["given", "incapable"])
def test_consent_or_no_ability_to_decide_stops_nothing(decision: str) -> None:
    story = given(ADMITTED, NEEDED, consent("2026-03-01T16:00", decision), ready(MONDAY), told_ready(MONDAY))
    assert story.duty("MH-10", MUCH_LATER).state == "missed"


def test_a_no_to_sharing_information_is_no_no_to_a_sip() -> None:
    no = consent("2026-03-01T16:00", "refused", scope="information-sharing")
    assert given(ADMITTED, NEEDED, no, ready(MONDAY), told_ready(MONDAY)).duty("MH-10", MUCH_LATER)


@pytest.mark.parametrize(
    ("said_no", "state"), [("2026-03-04T10:00", "cancelled"), ("2026-03-07T10:00", "missed")]
)
def test_the_patient_says_no_afterwards(said_no: str, state: str) -> None:
    assert given(*READY, consent(said_no, "refused")).duty("MH-10", MUCH_LATER).state == state


def test_the_patient_says_no_and_then_yes() -> None:
    story = given(*READY, consent("2026-03-03T10:00", "refused"), consent("2026-03-04T10:00", "given"))
    duties = sorted(story.duties("MH-10", MUCH_LATER), key=lambda duty: duty.valid_from)
    assert [duty.state for duty in duties] == ["cancelled", "missed"]
    assert duties[1].valid_from == instant("2026-03-04T10:00")


def test_no_longer_needed() -> None:
    story = given(*READY, sip_needed("2026-03-03T10:00", needed=False))
    assert story.duty("MH-10", MUCH_LATER).state == "cancelled"


def test_withdrawn_and_declared_again_is_a_new_clock() -> None:
    story = given(
        *READY,
        not_ready("2026-03-03T10:00"),
        ready("2026-03-09T10:00"),
        told_ready("2026-03-09T10:00"),
        sip_called("2026-03-12T10:00"),
    )
    duties = sorted(story.duties("MH-10", MUCH_LATER), key=lambda duty: duty.valid_from)
    assert [duty.state for duty in duties] == ["cancelled", "done"]


def test_told_twice_the_first_notice_counts() -> None:
    story = given(*READY, told_ready("2026-03-04T10:00"))
    assert story.duty("MH-10", "2026-03-06T00:00").state == "missed"


def test_discharge_does_not_end_it() -> None:
    """A SIP is often made after the patient has come home; 4:3 counts from the notice all the same."""
    story = given(*READY, discharged("2026-03-03T10:00"), sip_called("2026-03-04T10:00"))
    assert story.duty("MH-10", MUCH_LATER).state == "done"


def test_discharge_to_compulsory_open_care_has_another_plan() -> None:
    """LUS 4:1 second paragraph: a *samordnad vårdplan* instead."""
    story = given(*READY, discharged("2026-03-03T10:00", "compulsory-open-care"))
    assert story.duty("MH-10", MUCH_LATER).state == "cancelled"


@pytest.mark.parametrize("end", [died, closed])
def test_death_or_closing_ends_it(end: object) -> None:
    assert callable(end)
    assert given(*READY, end("2026-03-04T10:00")).duty("MH-10", MUCH_LATER).state == "cancelled"


def test_the_sending_time_is_corrected_over_midnight() -> None:
    story = given(
        ADMITTED,
        NEEDED,
        ready("2026-03-02T22:00"),
        told_ready("2026-03-02T23:30", message="notice"),
        amended("2026-03-03T09:00", "notice", told_ready("2026-03-03T00:10")),
    )
    assert story.duty("MH-10", "2026-03-06T12:00").state == "due"
    assert story.duty("MH-10", "2026-03-07T00:00").state == "missed"


def test_a_call_that_reached_nobody_is_none() -> None:
    """Who was called says that it was not for them."""
    story = given(
        *READY,
        sip_called("2026-03-03T10:00", NURSING),
        astray("2026-03-04T10:00", "sip-meeting-called", NURSING),
    )
    assert story.duty("MH-10", "2026-03-04T09:59").state == "done"
    assert story.duty("MH-10", "2026-03-06T00:00").state == "missed"


@pytest.mark.parametrize(
    ("notice", "last_day", "rolled"),
    [
        ("2026-03-02T11:00", "2026-03-05", "2026-03-05"),  # Monday, to Thursday
        ("2026-03-04T11:00", "2026-03-07", "2026-03-09"),  # Wednesday: Saturday, or Monday
        ("2026-03-05T11:00", "2026-03-08", "2026-03-09"),  # Thursday: Sunday, or Monday
        ("2026-03-31T11:00", "2026-04-03", "2026-04-07"),  # Good Friday, or Tuesday after Easter
        ("2026-06-16T11:00", "2026-06-19", "2026-06-22"),  # Midsummer Eve, or Monday
        (
            "2026-12-28T11:00",
            "2026-12-31",
            "2027-01-04",
        ),  # New Year's Eve, or Monday: 2 January is a Saturday
    ],
)
def test_a_last_day_that_is_none_for_work_moves_where_that_is_agreed(
    notice: str, last_day: str, rolled: str
) -> None:
    """Lag (1930:173) 2 §: Saturdays, Sundays, holidays and the three eves move to the next working day."""
    said = (ADMITTED, NEEDED, told_ready(notice))
    for basis, day in ((STATUTE_ONLY, last_day), (agreed(sip_call_rolls_over=True), rolled)):
        duty = given(*said, basis=basis).duty("MH-10", "2027-03-01T00:00")
        assert duty.due_at == instant(f"{day}T23:59:59.999999")


def test_a_call_on_the_monday_is_in_time_and_no_bar_where_the_sunday_rolls_over() -> None:
    """Notice on Thursday the 5th: days would be paid from Sunday the 8th; the call comes on Monday."""
    said = (
        *IN_TIME,
        sip_needed("2026-02-27T15:00"),
        told_ready("2026-03-05T11:00"),
        sip_called("2026-03-09T09:00"),
        discharged("2026-03-12T10:00"),
    )
    strict, rolled = given(*said, basis=STATUTE_ONLY), given(*said, basis=agreed(sip_call_rolls_over=True))
    assert (strict.duty("MH-10", MUCH_LATER).state, liable(strict)) == ("late", [])
    assert (rolled.duty("MH-10", MUCH_LATER).state, liable(rolled)) == ("done", [(GAVLE, 3, "discharged")])
