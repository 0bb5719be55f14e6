"""What-if: what becomes missed and what ceases to be, under another agreement or with a step taken sooner."""

from datetime import date
from typing import Any

import pytest
from given import DEMO, JOURNEY, STATUTE_ONLY, Story, given, instant
from liable import GAVLE, IN_TIME, told
from ward import admitted, discharged, judged, notified, ready, sip_called, sip_needed, told_ready

from domain.agreement import STATUTE, Agreement, LiabilityTerms, LocalLimits, PaymentTerms
from domain.basis import Basis
from domain.spells import PAID, READY
from domain.whatif import Difference, Scope, Sooner, difference

LATER = instant("2026-05-01T00:00")
ALL = Scope(now=LATER)
LATE = (*IN_TIME, ready("2026-03-02T10:00"), told_ready("2026-03-02T11:30"), discharged("2026-03-04T10:00"))
"""The ward told the units an hour and a half after the judgement."""


def agreement(name: str = "other", **said: Any) -> Agreement:
    return Agreement(id=name, version=1, title=name, **said)


def minutes(number: int) -> Agreement:
    return agreement(limits=LocalLimits(discharge_ready_notice_minutes=number))


def what_if(story: Story, other: Basis | Sooner, scope: Scope = ALL) -> Difference:
    return difference(JOURNEY, story.history, story.basis, other, scope)


def changed(found: Difference) -> list[tuple[str, bool]]:
    """Rule, and whether it ceases to be missed."""
    return sorted((one.missed.rule, one.ceases) for one in found.otherwise)


def values(found: Difference, measure: str) -> tuple[list[float | None], list[float | None]]:
    return (
        [row.value for row in found.waits_before if row.rule == measure],
        [row.value for row in found.waits_after if row.rule == measure],
    )


# -- another basis -----------------------------------------------------------------------------------------------


def test_a_longer_limit_makes_a_miss_cease() -> None:
    story = given(*LATE, basis=Basis(agreements=(minutes(60),)))
    found = what_if(story, story.basis.with_agreement(minutes(90)))
    assert changed(found) == [("MH-09", True)]
    assert found.before["2180", "2026-03", "MH-09"] == 1
    assert found.after["2180", "2026-03", "MH-09"] == 0


def test_a_limit_where_there_was_none_makes_one() -> None:
    found = what_if(given(*LATE, basis=STATUTE_ONLY), STATUTE_ONLY.with_values(minutes(89)))
    assert changed(found) == [("MH-09", False)]


def test_the_same_basis_changes_nothing() -> None:
    found = what_if(given(*LATE), DEMO)
    assert found.otherwise == []
    assert found.before == found.after
    assert found.waits_before == found.waits_after


def test_values_are_set_in_every_agreement_and_the_rest_of_it_stays() -> None:
    gavle = agreement(
        "gavle",
        municipalities=("2180",),
        limits=LocalLimits(takeover_answer_hours=5, acknowledgement_hours=1),
    )
    basis = Basis(agreements=(gavle,)).with_values(agreement(limits=LocalLimits(acknowledgement_hours=9)))
    day = date(2026, 3, 2)
    here, elsewhere = basis.agreement_for("21", "2180", day), basis.agreement_for("21", "2101", day)
    assert (here.name, here.limits.acknowledgement_hours, here.limits.takeover_answer_hours) == (
        "gavle@1",
        9,
        5,
    )
    assert (elsewhere.name, elsewhere.limits.acknowledgement_hours) == ("statute@1", 9)


def test_an_agreement_takes_the_place_of_the_one_of_the_same_parties_and_holds_all_along() -> None:
    old = agreement("old", regions=("21",), valid_from=date(2025, 1, 1), payment=PaymentTerms(free_days=5))
    new = agreement("new", regions=("21",), valid_from=date(2030, 1, 1), payment=PaymentTerms(free_days=1))
    basis = Basis(agreements=(old,)).with_agreement(new)
    assert basis.agreement_for("21", "2180", date(2026, 3, 2)).payment.free_days == 1


def test_the_statute_takes_the_place_of_every_agreement() -> None:
    gavle = agreement("gavle", municipalities=("2180",), payment=PaymentTerms(free_days=5))
    basis = Basis(agreements=(*DEMO.agreements, gavle)).with_agreement(STATUTE)
    assert basis.agreements == ()
    assert basis.agreement_for("21", "2180", date(2026, 3, 2)) == STATUTE


def test_what_was_worked_out_for_one_basis_is_not_taken_for_another() -> None:
    day = date(2026, 3, 2)
    assert STATUTE_ONLY.agreement_for("21", "2180", day).name == "statute@1"
    before = STATUTE_ONLY.digest
    other = STATUTE_ONLY.with_agreement(minutes(10))
    assert other.agreement_for("21", "2180", day).name == "other@1"
    assert other.digest != before


def test_liable_days_in_each() -> None:
    """From Thursday the 5th, or with one free day from Tuesday the 3rd, until Monday the 9th."""
    found = what_if(
        told(discharged("2026-03-09T10:00")), DEMO.with_values(agreement(payment=PaymentTerms(free_days=1)))
    )
    assert values(found, PAID) == ([4], [6])
    assert values(found, READY) == ([7], [7])
    assert [row.party for row in found.waits_after if row.rule == PAID] == [GAVLE]


@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        (Scope(now=LATER, first=date(2026, 3, 2), last=date(2026, 3, 2)), 1),
        (Scope(now=LATER, first=date(2026, 3, 3)), 0),
        (Scope(now=LATER, last=date(2026, 3, 1)), 0),
        (Scope(now=LATER, municipality="2180"), 1),
        (Scope(now=LATER, municipality="2101"), 0),
        (Scope(now=LATER, region="21"), 1),
        (Scope(now=LATER, region="03"), 0),
        (Scope(now=instant("2026-03-02T10:30")), 0),  # not missed yet
    ],
)
def test_only_what_is_asked_about_counts(scope: Scope, counted: int) -> None:
    story = given(*LATE, basis=STATUTE_ONLY)
    found = what_if(story, STATUTE_ONLY.with_values(minutes(60)), scope)
    assert len(found.otherwise) == sum(found.after.values()) - sum(found.before.values()) == counted


# -- a step taken sooner -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "saved"), [(0.25, False), (0.5, True), (48, True)])
def test_a_quicker_step_saves_a_miss_that_came_little_too_late(hours: float, saved: bool) -> None:
    found = what_if(given(*LATE), Sooner(rule="MH-09", hours=hours))
    ((was, would),) = found.asked
    assert was.state == "late"
    assert would is not None
    assert (would.state == "done") is saved


def test_a_step_is_never_taken_before_it_was_owed() -> None:
    found = what_if(given(*LATE), Sooner(rule="MH-09", hours=100))
    ((was, would),) = found.asked
    assert would is not None
    assert would.ended_at == was.valid_from == instant("2026-03-02T10:00")


def test_what_was_never_done_no_haste_would_have_saved() -> None:
    story = given(*IN_TIME, ready("2026-03-02T10:00"), discharged("2026-03-04T10:00"))
    ((was, would),) = what_if(story, Sooner(rule="MH-09", hours=100)).asked
    assert (was.state, would and would.state) == ("missed", "missed")


def test_what_a_quicker_step_would_have_led_to_is_concluded_as_well() -> None:
    """An admission notice 26 hours after the judgement bars liability; two hours sooner Gävle pays from the 5th."""
    story = given(
        admitted("2026-02-27T10:00"),
        judged("2026-02-27T11:00"),
        notified("2026-02-28T13:00"),
        told_ready("2026-03-02T10:00"),
        discharged("2026-03-09T10:00"),
    )
    found = what_if(story, Sooner(rule="MH-01", hours=2))
    assert values(found, PAID) == ([], [4])
    assert found.before["2180", "2026-02", "MH-01"] == 1
    assert found.after["2180", "2026-02", "MH-01"] == 0


def test_a_late_call_as_a_delay_instead_of_a_bar() -> None:
    story = told(
        sip_needed("2026-02-27T15:00"), sip_called("2026-03-06T10:00"), discharged("2026-03-09T10:00")
    )
    other = DEMO.with_values(agreement(liability=LiabilityTerms(late_sip_call="delay")))
    assert values(what_if(story, other), PAID) == ([], [3])
