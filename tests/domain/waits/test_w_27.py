"""W-27: units asked, and referrals that came back, before somebody took the patient."""

from typing import Any

import pytest
from given import Story, given, instant, said
from ward import died, voided

from domain.command import Command
from domain.facts.contact import DigitalVisitHeld, VisitMade
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.rows import Figure

TRACK = "geriatrics"
FIRST, SECOND, THIRD = (f"hsa:SE2321000198-{name}" for name in ("GER1", "GER2", "GER3"))
LATER = "2026-12-30T10:00"


def sent(time: str, track: str = TRACK) -> Command:
    return said(time, ReferralSent(track=track, to_unit=FIRST))


def back(time: str, to: str | None = None, **more: Any) -> Command:
    return said(time, ReferralReturned(track=TRACK, reason="no-capacity", passed_on_to=to), **more)


def taken(time: str, track: str = TRACK) -> Command:
    return said(time, ReferralAccepted(track=track, unit=THIRD))


def figures(story: Story, now: str = LATER) -> list[tuple[str | None, float]]:
    rows = sorted(story.rows(Figure, now, "W-27"), key=lambda row: (row.started_at, row.detail))
    return [(row.detail, row.number) for row in rows]


def test_taken_by_the_first_unit_asked() -> None:
    story = given(sent("2026-03-02T10:00"), taken("2026-03-05T10:00"))
    assert figures(story) == [("returned", 0), ("units-asked", 1)]
    assert figures(story, "2026-03-05T09:59") == []
    (row, _) = story.rows(Figure, LATER, "W-27")
    assert (row.started_at, row.ended_at) == (instant("2026-03-02T10:00"), instant("2026-03-05T10:00"))
    assert (row.party, row.role, row.unit) == ("region:21", "specialist", FIRST)


def test_passed_on_twice() -> None:
    story = given(
        sent("2026-03-02T10:00"),
        back("2026-03-03T10:00", SECOND),
        back("2026-03-04T10:00", THIRD),
        taken("2026-03-05T10:00"),
        back("2026-03-06T10:00", SECOND),  # after somebody had taken the patient
    )
    assert figures(story) == [("returned", 2), ("units-asked", 3)]


@pytest.mark.parametrize("kind", [VisitMade, DigitalVisitHeld])
def test_a_visit_takes_the_patient_too(kind: Any) -> None:
    visit = said("2026-03-04T10:00", kind(track=TRACK, unit=SECOND))
    story = given(
        sent("2026-03-02T10:00"), back("2026-03-03T10:00", SECOND), visit, taken("2026-03-05T10:00")
    )
    assert figures(story, "2026-03-04T10:00") == [("returned", 1), ("units-asked", 2)]


def test_returned_and_referred_anew_is_counted_for_each_referral() -> None:
    story = given(
        sent("2026-03-02T10:00"),
        back("2026-03-03T10:00"),
        sent("2026-03-04T10:00"),
        taken("2026-03-05T10:00"),
    )
    assert figures(story) == [("returned", 1), ("units-asked", 1), ("returned", 0), ("units-asked", 1)]


def test_nobody_took_the_patient() -> None:
    for end in (back("2026-03-03T10:00"), died("2026-03-03T10:00"), taken("2026-03-03T10:00", "diabetes")):
        assert figures(given(sent("2026-03-02T10:00"), end)) == []


def test_a_return_annulled_leaves_no_trace() -> None:
    story = given(
        sent("2026-03-02T10:00"),
        back("2026-03-03T10:00", SECOND, message="back"),
        taken("2026-03-05T10:00"),
        voided("2026-03-06T10:00", "back"),
    )
    assert figures(story) == [("returned", 0), ("units-asked", 1)]
