"""LUS 4:5: other days, working days, another hour, and a month's mean. Every date here was counted in a calendar.

2 March 2026 is a Monday. Good Friday is 3 April 2026, Easter Monday 6 April.
"""

from datetime import date, time
from typing import Any

import pytest
from given import Story, instant
from liable import GAVLE, REGION, liable, payers, pays, told
from ward import died, discharged, not_ready, sip_called, sip_needed

from domain.agreement import AVERAGE, CAPPED, Agreement, PaymentTerms
from domain.basis import Basis
from domain.liability import start_date
from domain.rows import Responsibility

NOT_READY, WAITING, MONTHLY = ((REGION, detail) for detail in ("not-ready", "waiting-days", "by-the-month"))
PAYS = (GAVLE, None)
CAP = {"model": CAPPED, "threshold_days": 2.0, "individual_cap_days": 7}
"""More than seven calendar days after the notice: for one of Monday the 2nd, from Tuesday the 10th on."""


def agreed(**terms: Any) -> Basis:
    return Basis(agreements=(Agreement(id="own", version=1, title="Own", payment=PaymentTerms(**terms)),))


def under(*more: Any, **terms: Any) -> Story:
    return told(*more, basis=agreed(**terms))


# -- for each patient by himself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "sent", "starts"),
    [
        ({"free_days": 5}, "2026-03-02T12:00", "2026-03-07"),
        ({"free_days": 5}, "2026-03-02T12:01", "2026-03-08"),
        ({"free_days": 0}, "2026-03-02T12:00", "2026-03-02"),
        ({"free_days": 0}, "2026-03-02T12:01", "2026-03-03"),
        ({"cutoff_local_time": "none"}, "2026-03-02T23:59", "2026-03-05"),
        ({"cutoff_local_time": time(14)}, "2026-03-02T14:00", "2026-03-05"),
        ({"cutoff_local_time": time(14)}, "2026-03-02T14:00:01", "2026-03-06"),
        ({"day_type": "weekday"}, "2026-03-02T10:00", "2026-03-05"),  # Tuesday, Wednesday, Thursday
        ({"day_type": "weekday"}, "2026-03-05T10:00", "2026-03-10"),  # Friday, Monday, Tuesday
        ({"day_type": "weekday"}, "2026-03-06T12:30", "2026-03-12"),  # Monday to Thursday
        ({"day_type": "weekday"}, "2026-03-07T09:00", "2026-03-11"),  # a Saturday: Monday to Wednesday
        ({"day_type": "weekday"}, "2026-04-02T10:00", "2026-04-09"),  # over Easter: Tuesday to Thursday
        ({"day_type": "weekday"}, "2026-06-18T10:00", "2026-06-24"),  # Midsummer Eve is Friday the 19th
        ({"day_type": "weekday", "free_days": 0}, "2026-03-07T09:00", "2026-03-07"),
    ],
)
def test_start_date(terms: dict[str, Any], sent: str, starts: str) -> None:
    assert start_date(instant(sent), PaymentTerms(**terms)) == date.fromisoformat(starts)


def test_days_owed_are_calendar_days_whatever_the_free_days_are() -> None:
    """Notice on Thursday, free Friday, Monday, Tuesday; paid for from Tuesday to the next Monday: six days."""
    story = told(discharged("2026-03-16T10:00"), notice="2026-03-05T10:00", basis=agreed(day_type="weekday"))
    assert liable(story) == [(GAVLE, 6, "discharged")]


# -- by a month's mean -------------------------------------------------------------------------------------------


def test_a_mean_makes_nobody_pay_for_one_patient() -> None:
    story = under(discharged("2026-04-02T10:00"), model=AVERAGE, threshold_days=2.5)
    assert payers(story) == [NOT_READY, MONTHLY]
    assert liable(story) == []
    assert story.duties("MH-15", "2026-06-01T00:00") == []
    assert pays(story, "2026-04-02T10:00") is None


def test_to_be_received_has_no_date_under_a_mean() -> None:
    story = under(model=AVERAGE, threshold_days=2.5)
    duty = story.duty("MH-14", "2026-03-30T00:00")
    assert (duty.state, duty.due_at) == ("open", None)


def test_a_mean_without_a_threshold_cannot_be_reckoned_so_the_statute_holds() -> None:
    story = under(model=AVERAGE, free_days=9)
    assert pays(story, "2026-03-04T23:59:59") == WAITING
    assert pays(story, "2026-03-05T00:00") == PAYS


def test_a_cap_without_its_days_cannot_be_reckoned_either() -> None:
    story = under(model=CAPPED, threshold_days=2.0)
    assert pays(story, "2026-03-05T00:00") == PAYS


# -- a mean, and long stays singly -------------------------------------------------------------------------------


@pytest.mark.parametrize("capped", ["apart", "beyond-cap"])
def test_nobody_pays_for_one_patient_up_to_the_cap(capped: str) -> None:
    story = under(discharged("2026-03-09T23:59"), **CAP, capped=capped)
    assert payers(story) == [NOT_READY, MONTHLY]
    assert liable(story) == []


def test_apart_is_paid_for_as_by_the_individual_rule() -> None:
    """Settled on the 10th, from the 5th: discharged on the 12th that is seven days."""
    story = under(discharged("2026-03-12T10:00"), **CAP)
    assert pays(story, "2026-03-09T23:59:59.999999") == MONTHLY
    assert pays(story, "2026-03-10T00:00") == PAYS
    assert liable(story, "2026-03-09T23:59:59.999999") == []
    assert liable(story, "2026-03-10T00:00") == [(GAVLE, 5, None)]
    assert liable(story) == [(GAVLE, 7, "discharged")]
    (row,) = [row for row in story.rows(Responsibility, "2026-03-11T00:00", "payment") if row.party == GAVLE]
    assert (row.valid_from, row.started_at) == (instant("2026-03-10T00:00"), instant("2026-03-05T00:00"))


def test_apart_with_more_free_days_than_the_cap_is_asked_when_those_are_over() -> None:
    story = under(discharged("2026-03-14T10:00"), **CAP, free_days=10)
    assert pays(story, "2026-03-11T23:59") == MONTHLY
    assert liable(story) == [(GAVLE, 2, "discharged")]


def test_beyond_the_cap_only_the_days_after_it_are_paid_for() -> None:
    story = under(discharged("2026-03-12T10:00"), **CAP, capped="beyond-cap")
    assert pays(story, "2026-03-10T00:00") == PAYS
    assert liable(story) == [(GAVLE, 2, "discharged")]


def test_to_be_received_is_due_when_the_cap_is_reached() -> None:
    duty = under(**CAP).duty("MH-14", "2026-03-05T00:00")
    assert duty.due_at == instant("2026-03-09T23:59:59.999999")


def test_conditions_are_asked_when_the_cap_is_reached() -> None:
    """No call to a SIP that is needed; sent on Wednesday the 11th, too late only where that is a bar."""
    needed = sip_needed("2026-02-27T15:00")
    called, home = sip_called("2026-03-11T09:00"), discharged("2026-03-13T10:00")
    story = under(needed, called, home, **CAP)
    assert pays(story, "2026-03-10T12:00") == (REGION, "sip-call")
    assert pays(story, "2026-03-11T09:00") == (REGION, "late-sip-call")
    assert liable(story) == []
    missing = story.duty("MH-15", "2026-03-10T12:00")
    assert (missing.due_at, missing.detail) == (instant("2026-03-10T00:00"), "sip-call")


@pytest.mark.parametrize("over", [not_ready("2026-03-06T10:00"), died("2026-03-06T10:00")])
def test_what_ends_before_the_cap_never_comes_to_be_paid_for(over: Any) -> None:
    assert liable(under(over, **CAP)) == []
