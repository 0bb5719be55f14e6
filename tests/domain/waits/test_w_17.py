"""W-17, HSF 6:1: dates from contact sought with primary care to the medical assessment, three at most."""

import pytest
from given import given, said
from ward import died

from domain.command import Command
from domain.facts.guarantee import CareAssessed, CareContactSought

CENTRE = "hsa:SE2321000198-VC1"
LATER = "2027-03-10T10:00"


def sought(time: str, track: str | None = None) -> Command:
    return said(time, CareContactSought(unit=CENTRE, channel="telephone", track=track))


def assessed(time: str) -> Command:
    return said(time, CareAssessed(unit=CENTRE, profession="nurse"))


@pytest.mark.parametrize(
    ("call", "assessment", "dates"),
    [
        ("2026-03-02T08:00", "2026-03-02T16:00", 0),
        ("2026-03-02T23:59", "2026-03-03T00:01", 1),
        ("2026-03-02T08:00", "2026-03-05T23:59", 3),  # the last date within the guarantee
        ("2026-03-02T08:00", "2026-03-06T00:00", 4),
        ("2026-03-27T08:00", "2026-03-30T07:00", 3),  # over the night summer time begins
        ("2026-12-31T08:00", "2027-01-02T08:00", 2),
    ],
)
def test_dates(call: str, assessment: str, dates: int) -> None:
    wait = given(sought(call), assessed(assessment)).wait("W-17", LATER)
    assert (wait.value, wait.value_unit, wait.at_most, wait.outcome) == (dates, "dates", 3, "done")
    assert (wait.party, wait.role, wait.unit) == ("region:21", "open-care", CENTRE)


def test_not_assessed_yet() -> None:
    wait = given(sought("2026-03-02T08:00")).wait("W-17", "2026-03-04T00:01")
    assert (wait.state, wait.value) == ("waiting", 2)


def test_assessed_before_is_another_matter_and_in_the_same_moment_it_counts() -> None:
    story = given(assessed("2026-03-02T07:59"), sought("2026-03-02T08:00"))
    assert story.wait("W-17", LATER).state == "waiting"
    assert given(assessed("2026-03-02T08:00"), sought("2026-03-02T08:00")).wait("W-17", LATER).value == 0


def test_contact_with_a_specialist_is_not_counted_here() -> None:
    assert given(sought("2026-03-02T08:00", "geriatrics")).rows_of_wait("W-17") == []


def test_death_cuts_it_short() -> None:
    wait = given(sought("2026-03-02T08:00"), died("2026-03-03T08:00")).wait("W-17", LATER)
    assert (wait.outcome, wait.value) == ("deceased", 1)
