"""MH-04, LUS 2:4: a new estimated discharge is told when the old one passes, or the ward's own system has another."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from units import agreed, astray, new_estimate, ward_says
from ward import NURSING, admitted, amended, died, discharged, notified, transferred

from domain.basis import Basis

ONE_DAY = agreed(estimate_changed_days=1)
ADMITTED = admitted("2026-03-02T10:00")
FRIDAY = "2026-03-06T14:00"
"""The estimate that the admission notice tells."""
TOLD = (ADMITTED, notified("2026-03-02T12:00", estimated_discharge_at=instant(FRIDAY)))
LATER = "2026-03-20T10:00"


def test_not_owed_before_the_estimate_has_passed() -> None:
    story = given(*TOLD, basis=ONE_DAY)
    assert story.duties("MH-04", "2026-03-06T13:59:59") == []
    assert story.duty("MH-04", FRIDAY).state == "due"


def test_no_estimate_was_told() -> None:
    story = given(ADMITTED, notified("2026-03-02T12:00"), ward_says("2026-03-03T10:00", estimate=FRIDAY))
    assert story.duties("MH-04", LATER) == []


def test_passed_the_agreed_days_run_to_the_end_of_the_day() -> None:
    """One day after Friday 6 March: until Saturday ends."""
    story = given(*TOLD, basis=ONE_DAY)
    duty = story.duty("MH-04", "2026-03-07T23:59:59")
    assert (duty.state, duty.severity, duty.party, duty.unit) == ("due", "legal", "region:21", WARD)
    assert duty.due_at == instant("2026-03-07T23:59:59.999999")
    assert story.duty("MH-04", "2026-03-08T00:00:00").state == "missed"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("2026-03-07T09:00", "done"),
        ("2026-03-07T23:59:59.999999", "done"),
        ("2026-03-08T00:00:00", "late"),
    ],
)
def test_passed_and_then_told(told: str, state: str) -> None:
    duty = given(*TOLD, new_estimate(told, "2026-03-12T14:00"), basis=ONE_DAY).duty(
        "MH-04", "2026-03-10T10:00"
    )
    assert (duty.state, duty.ended_at) == (state, instant(told))


@pytest.mark.parametrize("told", ["2026-03-05T09:00", FRIDAY])
def test_told_by_the_time_it_passes_nothing_is_owed(told: str) -> None:
    story = given(*TOLD, new_estimate(told, "2026-03-12T14:00"), basis=ONE_DAY)
    assert story.duties("MH-04", "2026-03-12T13:59") == []
    assert story.duty("MH-04", "2026-03-12T14:00").due_at == instant("2026-03-13T23:59:59.999999")


def test_a_new_admission_notice_tells_it_too() -> None:
    again = notified("2026-03-07T09:00", estimated_discharge_at=instant("2026-03-12T14:00"))
    assert given(*TOLD, again, basis=ONE_DAY).duty("MH-04", "2026-03-10T10:00").state == "done"


def test_the_statute_sets_no_limit() -> None:
    duty = given(*TOLD, basis=STATUTE_ONLY).duty("MH-04", LATER)
    assert (duty.state, duty.due_at) == ("open", None)


@pytest.mark.parametrize("end", [discharged, died])
@pytest.mark.parametrize("time", ["2026-03-05T10:00", FRIDAY])
def test_the_patient_had_left_by_then(end: object, time: str) -> None:
    assert callable(end)
    assert given(*TOLD, end(time), basis=ONE_DAY).duties("MH-04", LATER) == []


@pytest.mark.parametrize(
    ("left", "state"), [("2026-03-07T10:00", "cancelled"), ("2026-03-09T10:00", "missed")]
)
def test_the_patient_leaves_afterwards(left: str, state: str) -> None:
    assert given(*TOLD, discharged(left), basis=ONE_DAY).duty("MH-04", LATER).state == state


@pytest.mark.parametrize(
    ("estimate", "owed"),
    [
        ("2026-03-05T20:00", True),  # an earlier date
        ("2026-03-06T23:59", False),  # the same date
        ("2026-03-07T08:00", False),  # one day later, as agreed
        ("2026-03-08T00:00", True),  # two dates later, though 34 hours
    ],
)
def test_the_wards_own_system_has_another_date(estimate: str, owed: bool) -> None:
    story = given(*TOLD, ward_says("2026-03-04T08:00", estimate=estimate), basis=ONE_DAY)
    duties = story.duties("MH-04", "2026-03-04T08:00")
    assert [duty.due_at for duty in duties] == ([instant("2026-03-05T08:00")] if owed else [])


@pytest.mark.parametrize(("estimate", "owed"), [("2026-03-07T08:00", True), ("2026-03-06T23:59", False)])
def test_where_no_days_are_agreed_any_other_date_is_a_change_and_nothing_a_limit(
    estimate: str, owed: bool
) -> None:
    story = given(*TOLD, ward_says("2026-03-04T08:00", estimate=estimate), basis=STATUTE_ONLY)
    assert [duty.state for duty in story.duties("MH-04", "2026-03-05T23:00")] == (["open"] if owed else [])


@pytest.mark.parametrize(
    ("told", "state"),
    [("2026-03-05T08:00:00", "done"), ("2026-03-05T08:00:01", "late")],
)
def test_seen_in_the_wards_system_and_told_within_24_hours(told: str, state: str) -> None:
    story = given(
        *TOLD,
        ward_says("2026-03-04T08:00", estimate="2026-03-10T10:00"),
        new_estimate(told, "2026-03-10T10:00"),
        basis=ONE_DAY,
    )
    assert story.duty("MH-04", "2026-03-09T10:00").state == state


def test_one_duty_for_one_estimate_however_often_it_shows() -> None:
    story = given(
        *TOLD,
        ward_says("2026-03-04T08:00", estimate="2026-03-10T10:00"),
        ward_says("2026-03-05T08:00", estimate="2026-03-11T10:00"),
        basis=ONE_DAY,
    )
    assert story.duty("MH-04", LATER).due_at == instant("2026-03-05T08:00")


def test_the_estimate_passes_on_the_night_summer_time_begins() -> None:
    """One day after Saturday 28 March ends with the 23-hour Sunday, in summer time."""
    told = notified("2026-03-26T12:00", estimated_discharge_at=instant("2026-03-28T14:00"))
    story = given(admitted("2026-03-26T10:00"), told, basis=ONE_DAY)
    assert story.duty("MH-04", "2026-03-29T12:00").due_at == instant("2026-03-29T23:59:59.999999+02:00")


def test_a_zero_days_agreement_asks_for_it_the_same_day() -> None:
    basis: Basis = agreed(estimate_changed_days=0)
    assert given(*TOLD, basis=basis).duty("MH-04", LATER).due_at == instant("2026-03-06T23:59:59.999999")


def test_the_ward_where_the_patient_was_when_it_passed_owes_it() -> None:
    other = "hsa:SE2321000198-WARD2"
    story = given(*TOLD, transferred("2026-03-05T10:00", other), basis=ONE_DAY)
    assert story.duty("MH-04", LATER).unit == other


def test_a_notice_that_reached_nobody_told_no_estimate() -> None:
    story = given(
        ADMITTED,
        notified("2026-03-02T12:00", NURSING, estimated_discharge_at=instant(FRIDAY)),
        astray("2026-03-03T09:00", "admission-notified", NURSING),
        basis=ONE_DAY,
    )
    assert story.duties("MH-04", LATER) == []


def test_the_estimate_is_corrected() -> None:
    right = notified("2026-03-02T12:00", estimated_discharge_at=instant("2026-03-16T14:00"))
    story = given(
        ADMITTED,
        notified("2026-03-02T12:00", estimated_discharge_at=instant(FRIDAY), message="notice"),
        amended("2026-03-09T10:00", "notice", right),
        basis=ONE_DAY,
    )
    assert story.duties("MH-04", "2026-03-10T10:00") == []


def test_an_estimate_that_had_passed_when_it_was_told() -> None:
    """Told on Monday 9 March of Friday the 6th: owed from the telling, and the agreed day is over already."""
    late = notified("2026-03-09T09:00", estimated_discharge_at=instant(FRIDAY))
    story = given(ADMITTED, late, basis=ONE_DAY)
    assert story.duties("MH-04", "2026-03-09T08:59") == []
    duty = story.duty("MH-04", "2026-03-09T09:00")
    assert (duty.state, duty.due_at) == ("missed", instant("2026-03-07T23:59:59.999999"))


def test_the_wards_system_is_held_against_what_was_told_last() -> None:
    told = new_estimate("2026-03-04T09:00", "2026-03-10T14:00")
    same = ward_says("2026-03-04T12:00", estimate="2026-03-10T10:00")
    assert given(*TOLD, told, same, basis=ONE_DAY).duties("MH-04", "2026-03-09T10:00") == []
    other = ward_says("2026-03-05T12:00", estimate="2026-03-16T10:00")
    duty = given(*TOLD, told, other, basis=ONE_DAY).duty("MH-04", "2026-03-09T10:00")
    assert (duty.valid_from, duty.due_at) == (instant("2026-03-05T12:00"), instant("2026-03-06T12:00"))
