"""Two agreements, one patient: an agreement that changes in mid-stay, a move in mid-stay, two regions at once."""

from datetime import date
from typing import Any

from given import given, instant
from liable import GAVLE, IN_TIME, MONDAY, OCKELBO, REGION, liable, moved, pays, told
from ward import NURSING, admitted, discharged, judged, not_ready, notified, proposed, ready, told_ready

from domain.agreement import AVERAGE, Agreement, LocalLimits, PaymentTerms
from domain.basis import Basis
from domain.facts._parts import Recipient

HOME = "2026-03-12T10:00"


def agreement(name: str, **said: Any) -> Agreement:
    return Agreement(id=name, version=1, title=name, **said)


def minutes(number: int) -> LocalLimits:
    return LocalLimits(discharge_ready_notice_minutes=number)


def due(story: Any, rule: str, moment: str = "2026-03-20T00:00") -> list[tuple[str, str]]:
    """When each duty of a rule was due, and by which agreement."""
    rows = sorted(story.duties(rule, moment), key=lambda row: row.valid_from)
    return [(row.due_at.isoformat() if row.due_at else "never", row.agreement) for row in rows]


# -- an agreement that changes in mid-stay -----------------------------------------------------------------------

OLD = agreement("old", valid_to=date(2026, 3, 3), limits=minutes(60))
NEW = agreement("new", valid_from=date(2026, 3, 4), limits=minutes(30), payment=PaymentTerms(free_days=5))
CHANGES = Basis(agreements=(OLD, NEW))


def test_what_had_begun_stays_under_the_old_agreement() -> None:
    """Judged ready on the last day of the old one, withdrawn, and again on the first day of the new one."""
    story = given(
        *IN_TIME,
        ready("2026-03-03T23:30"),
        not_ready("2026-03-04T08:00"),
        ready("2026-03-04T09:00"),
        basis=CHANGES,
    )
    assert due(story, "MH-09") == [
        ("2026-03-03T23:30:00+00:00", "old@1"),
        ("2026-03-04T08:30:00+00:00", "new@1"),
    ]


def test_the_day_is_the_one_in_sweden() -> None:
    """23:30 UTC on the 3rd is half past midnight on the 4th."""
    story = given(*IN_TIME, ready("2026-03-03T23:30:00Z"), basis=CHANGES)
    assert due(story, "MH-09") == [("2026-03-04T00:00:00+00:00", "new@1")]


def test_days_are_counted_as_agreed_when_the_notice_was_sent() -> None:
    """Three days for a notice of the 3rd, five for one of the 4th, whenever the patient leaves."""
    before = told(discharged(HOME), notice="2026-03-03T10:00", basis=CHANGES)
    after = told(discharged(HOME), notice="2026-03-04T10:00", basis=CHANGES)
    assert liable(before) == [(GAVLE, 6, "discharged")]  # from the 6th
    assert liable(after) == [(GAVLE, 3, "discharged")]  # from the 9th


def test_a_stay_told_of_under_individual_days_is_in_no_mean() -> None:
    average = agreement(
        "mean", valid_from=date(2026, 3, 4), payment=PaymentTerms(model=AVERAGE, threshold_days=1.0)
    )
    basis = Basis(agreements=(average,))
    assert liable(told(discharged(HOME), notice="2026-03-03T10:00", basis=basis)) == [
        (GAVLE, 6, "discharged")
    ]
    assert liable(told(discharged(HOME), notice="2026-03-04T10:00", basis=basis)) == []


# -- a move in mid-stay ------------------------------------------------------------------------------------------

GAVLES = agreement("gavle", municipalities=("2180",), limits=LocalLimits(takeover_answer_hours=12))
OCKELBOS = agreement(
    "ockelbo",
    municipalities=("2101",),
    limits=LocalLimits(takeover_answer_hours=6),
    payment=PaymentTerms(free_days=1),
)
EACH_ITS_OWN = Basis(agreements=(GAVLES, OCKELBOS))


def test_what_begins_after_a_move_is_under_the_new_municipality() -> None:
    story = given(
        *IN_TIME,
        proposed("2026-03-02T10:00"),
        moved("2026-03-03T10:00", "2101"),
        proposed("2026-03-03T12:00", municipality="2101"),
        basis=EACH_ITS_OWN,
    )
    assert due(story, "MH-24") == [
        ("2026-03-02T21:00:00+00:00", "gavle@1"),
        ("2026-03-03T17:00:00+00:00", "ockelbo@1"),
    ]


def test_each_municipality_pays_by_its_own_days() -> None:
    """Both were told on Monday the 2nd. Gävle would pay from the 5th; Ockelbo answers from the 4th on, by its one day."""
    both = (NURSING, Recipient(role="municipal-health", municipality="2101"))
    story = given(
        admitted("2026-02-27T10:00"),
        judged("2026-02-27T11:00"),
        notified("2026-02-27T12:00", *both),
        told_ready(MONDAY, *both),
        moved("2026-03-04T10:00", "2101"),
        discharged("2026-03-07T10:00"),
        basis=EACH_ITS_OWN,
    )
    assert pays(story, "2026-03-04T09:59") == (REGION, "waiting-days")
    assert pays(story, "2026-03-04T10:00") == (OCKELBO, None)
    assert liable(story) == [(OCKELBO, 3, "discharged")]


# -- two regions at once -----------------------------------------------------------------------------------------


def test_an_agreement_binds_the_hospitals_of_its_own_region_only() -> None:
    """A resident of Gävle in Uppsala's hospital: Gävleborg's agreement says nothing of that stay."""
    here = agreement("here", regions=("21",), limits=minutes(60))
    there = agreement("there", regions=("03",), limits=minutes(20))
    story = given(
        admitted("2026-03-02T08:00", stay="home"),
        ready("2026-03-02T09:00", stay="home"),
        discharged("2026-03-02T20:00", stay="home"),
        admitted("2026-03-03T08:00", stay="away", principal="03"),
        ready("2026-03-03T09:00", stay="away", principal="03"),
        basis=Basis(agreements=(here, there)),
    )
    assert due(story, "MH-09") == [
        ("2026-03-02T09:00:00+00:00", "here@1"),
        ("2026-03-03T08:20:00+00:00", "there@1"),
    ]


def test_without_an_agreement_there_the_statute_holds_away_from_home() -> None:
    here = agreement("here", regions=("21",), limits=minutes(60), payment=PaymentTerms(free_days=9))
    story = given(
        admitted("2026-03-02T08:00", principal="03"),
        ready("2026-03-02T09:00", principal="03"),
        basis=Basis(agreements=(here,)),
    )
    assert due(story, "MH-09") == [("never", "statute@1")]
    assert instant("2026-03-02T09:00") == story.duties("MH-09", "2026-03-02T09:30")[0].valid_from
