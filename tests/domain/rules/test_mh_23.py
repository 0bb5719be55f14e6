"""MH-23, Öppna jämförelser: an unplanned admission within 30 days of the last discharge is a finding."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from units import agreed
from ward import admitted, amended, came_to_emergency, cancelled, died, discharged, left_emergency, voided

from domain.basis import Basis
from domain.command import Command
from domain.rows import Finding

DATES = agreed(readmission_by="dates")
FIRST = (admitted("2026-03-02T10:00", stay="A"), discharged("2026-03-05T14:00", stay="A"))
LATER = "2026-12-01T10:00"


def again(time: str, unplanned: bool | None = True) -> Command:
    return admitted(time, stay="B", unplanned=unplanned)


def found(*commands: Command, basis: Basis = STATUTE_ONLY, now: str = LATER) -> list[Finding]:
    return given(*commands, basis=basis).rows(Finding, now, "MH-23")


def test_a_first_admission_is_no_readmission() -> None:
    assert found(admitted("2026-03-02T10:00", unplanned=True)) == []


def test_it_is_found_at_the_admission() -> None:
    back = again("2026-03-20T10:00")
    assert found(*FIRST, back, now="2026-03-20T09:59") == []
    (finding,) = found(*FIRST, back, now="2026-03-20T10:00")
    assert (finding.started_at, finding.severity, finding.state) == (
        instant("2026-03-20T10:00"),
        "quality",
        "open",
    )
    assert (finding.party, finding.unit, finding.municipality) == ("region:21", WARD, "2180")
    assert len(finding.opened_by) == 2


@pytest.mark.parametrize("unplanned", [False, None])
def test_planned_or_not_said(unplanned: bool | None) -> None:
    assert found(*FIRST, again("2026-03-20T10:00", unplanned)) == []


@pytest.mark.parametrize(
    ("time", "by_hours", "by_dates"),
    [
        ("2026-03-05T14:00", True, True),  # in the moment of the discharge
        ("2026-03-05T20:00", True, True),  # on its day: day 0
        # 30 x 24 hours from 5 March 14:00 is 4 April 15:00, as summer time began on 29 March; 4 April is date 30.
        ("2026-04-04T15:00:00", True, True),
        ("2026-04-04T15:00:01", False, True),
        ("2026-04-04T23:59:59", False, True),
        ("2026-04-05T00:00:00", False, False),
    ],
)
def test_30_days_as_hours_or_as_dates(time: str, by_hours: bool, by_dates: bool) -> None:
    assert bool(found(*FIRST, again(time))) is by_hours
    assert bool(found(*FIRST, again(time), basis=DATES)) is by_dates


def test_over_the_night_summer_time_ends_the_hours_are_over_first() -> None:
    """From 5 October 00:30, 30 x 24 hours is 3 November 23:30; the 30th date is all of 4 November."""
    first = (admitted("2026-10-01T10:00", stay="A"), discharged("2026-10-05T00:30", stay="A"))
    assert found(*first, again("2026-11-03T23:30:00")) != []
    assert found(*first, again("2026-11-03T23:30:01")) == []
    assert found(*first, again("2026-11-04T23:59"), basis=DATES) != []


def test_the_last_discharge_counts() -> None:
    between = (admitted("2026-03-25T10:00", stay="C"), discharged("2026-03-28T10:00", stay="C"))
    (finding,) = found(*FIRST, *between, again("2026-04-20T10:00"))
    assert finding.started_at == instant("2026-04-20T10:00")


@pytest.mark.parametrize(
    "before",
    [
        (admitted("2026-03-10T10:00", stay="C"), cancelled("2026-03-10T12:00", stay="C")),
        (came_to_emergency("2026-03-10T10:00", stay="C"), left_emergency("2026-03-10T12:00", stay="C")),
        (
            admitted("2026-03-10T10:00", stay="C", principal=None),
            discharged("2026-03-12T10:00", stay="C", principal=None),
        ),
    ],
    ids=["cancelled", "emergency visit", "abroad"],
)
def test_what_was_no_stay_under_the_act_is_passed_over(before: tuple[Command, ...]) -> None:
    assert found(*FIRST, *before, again("2026-04-09T10:00")) == []
    assert len(found(*FIRST, *before, again("2026-04-02T10:00"))) == 1


def test_through_the_emergency_department_the_admission_counts() -> None:
    story = (*FIRST, came_to_emergency("2026-04-04T14:00", stay="B"), again("2026-04-04T16:00"))
    assert found(*story) == []


def test_another_stay_while_the_first_is_open_is_no_readmission() -> None:
    assert found(FIRST[0], again("2026-03-03T10:00"), FIRST[1]) == []


def test_death_leaves_it_found() -> None:
    assert len(found(*FIRST, again("2026-03-20T10:00"), died("2026-03-21T10:00", stay="B"))) == 1


def test_an_annulled_or_corrected_discharge() -> None:
    first = (FIRST[0], discharged("2026-03-05T14:00", stay="A", message="out"))
    assert found(*first, again("2026-04-01T10:00"), voided("2026-04-02T10:00", "out")) == []
    right = amended("2026-04-02T10:00", "out", discharged("2026-03-01T14:00"))
    assert found(*first, again("2026-04-01T10:00"), right) == []
