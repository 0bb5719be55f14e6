"""Liability as it is asked for: one line for each notice, its state, its dates, and money where it is confirmed."""

from datetime import date
from typing import Any

import psycopg
import pytest
from given import JOURNEY, Story, given, instant
from liable import ADMITTED, IN_TIME, JUDGED, MONDAY, blocked, moved, told, unblocked
from ward import OPEN_CARE, admitted, discharged, not_ready, notified, told_ready

from domain.agreement import AVERAGE, CAPPED, AgreedAmount, Agreement, PaymentTerms
from domain.basis import Basis
from domain.rows import Wait
from projections import base
from projections.liability import LiabilityAnswer, liability
from projections.query import Filters

Shown = psycopg.Connection[Any]
UNKNOWN_2026 = "The amount per day is not confirmed for 2026."


def asked(connection: Shown, story: Story, now: str, **filters: Any) -> list[LiabilityAnswer]:
    base.copy_rows(connection, base.SCHEMA, story.all_rows(), {JOURNEY: 0})
    return liability(connection, base.SCHEMA, Filters(**filters), instant(now))


def test_nothing_before_the_notice(shown: Shown) -> None:
    assert asked(shown, told(), "2026-03-02T09:59") == []


@pytest.mark.parametrize(
    ("now", "state", "dates", "amount", "missing"),
    [
        ("2026-03-02T10:00", "waiting", 0, 0, None),
        ("2026-03-04T23:59:59.999999", "waiting", 0, 0, None),
        ("2026-03-05T00:00", "liable", 0, 0, None),
        ("2026-03-06T10:00", "liable", 1, None, UNKNOWN_2026),
        ("2026-03-07T10:00", "ended", 2, None, UNKNOWN_2026),
    ],
)
def test_from_waiting_to_ended(
    shown: Shown, now: str, state: str, dates: int, amount: int | None, missing: str | None
) -> None:
    (line,) = asked(shown, told(discharged("2026-03-07T10:00")), now)
    assert (line["state"], line["value"], line["amount"], line["amount_missing"]) == (
        state,
        dates,
        amount,
        missing,
    )
    assert (line["start_date"], line["municipality"], line["reason"]) == (date(2026, 3, 5), "2180", None)


def test_money_of_a_confirmed_year(shown: Shown) -> None:
    """Sent on Monday 4 March 2019 in the morning: from Thursday 7 until Sunday 10 March, three days of 7 800 SEK."""
    story = given(
        admitted("2019-03-01T10:00"),
        notified("2019-03-01T12:00"),
        told_ready("2019-03-04T10:00"),
        discharged("2019-03-10T10:00"),
    )
    (line,) = asked(shown, story, "2026-03-02T10:00")
    assert (line["value"], line["amount"], line["amount_missing"]) == (3, 23_400, None)


def test_not_liable_and_why(shown: Shown) -> None:
    (line,) = asked(shown, given(ADMITTED, JUDGED, told_ready(MONDAY)), "2026-03-06T10:00")
    assert (line["state"], line["reason"], line["value"]) == ("not-liable", "admission-notice", 0)
    assert (line["start_date"], line["liable_from"]) == (date(2026, 3, 5), None)
    assert line["basis"]["rule"] == "payment@1"


def test_begun_late(shown: Shown) -> None:
    story = told(blocked("2026-03-03T10:00"), unblocked("2026-03-08T15:00"))
    (line,) = asked(shown, story, "2026-03-10T10:00")
    assert (line["state"], line["value"], line["start_date"]) == ("liable", 2, date(2026, 3, 5))
    assert line["liable_from"] == instant("2026-03-08T15:00")


def test_never_told(shown: Shown) -> None:
    story = given(*IN_TIME, told_ready(MONDAY, OPEN_CARE), discharged("2026-03-08T10:00"))
    (line,) = asked(shown, story, "2026-03-10T10:00")
    assert (line["state"], line["reason"], line["start_date"]) == ("ended", "no-notice", None)


def test_told_after_all(shown: Shown) -> None:
    story = given(*IN_TIME, told_ready(MONDAY, OPEN_CARE), told_ready("2026-03-03T10:00"))
    (line,) = asked(shown, story, "2026-03-10T10:00")
    assert (line["state"], line["start_date"], line["value"]) == ("liable", date(2026, 3, 6), 4)


def test_each_notice_after_a_withdrawal_is_a_line(shown: Shown) -> None:
    story = told(not_ready("2026-03-07T10:00"), told_ready("2026-03-09T10:00"))
    lines = asked(shown, story, "2026-03-10T10:00")
    assert [(line["state"], line["value"]) for line in lines] == [("ended", 2), ("waiting", 0)]


def test_one_municipality_and_only_the_open_ones(shown: Shown) -> None:
    story = told(moved("2026-03-03T10:00", "2101"))
    (mine,) = asked(shown, story, "2026-03-10T10:00", municipality="2180")
    (theirs,) = liability(shown, base.SCHEMA, Filters(municipality="2101"), instant("2026-03-10T10:00"))
    assert (mine["state"], mine["outcome"], mine["reason"]) == ("ended", "moved", None)
    assert (theirs["state"], theirs["reason"]) == ("not-liable", "no-notice")
    not_ended = Filters(states=["waiting", "liable", "not-liable"])
    assert [
        line["municipality"] for line in liability(shown, base.SCHEMA, not_ended, instant("2026-03-10T10:00"))
    ] == ["2101"]


@pytest.mark.parametrize("now", ["2026-03-05T00:00", "2026-03-06T10:00", "2026-03-12T10:00"])
def test_its_dates_are_those_of_w_11(shown: Shown, now: str) -> None:
    story = told(
        not_ready("2026-03-07T10:00"), told_ready("2026-03-09T13:00"), discharged("2026-03-15T10:00")
    )
    lines = [line["value"] for line in asked(shown, story, now) if line["liable_from"] is not None]
    assert lines == [
        row.value for row in sorted(story.rows(Wait, now, "W-11"), key=lambda row: row.valid_from)
    ]


# -- as agreed ---------------------------------------------------------------------------------------------------


def agreed(**terms: Any) -> Basis:
    return Basis(agreements=(Agreement(id="own", version=1, title="Own", payment=PaymentTerms(**terms)),))


CAP: dict[str, Any] = {"model": CAPPED, "threshold_days": 2.0, "individual_cap_days": 7}
"""More than seven days after a notice of Monday 2 March: from Tuesday the 10th on."""
LOCAL: dict[str, Any] = {
    "amount_source": "local",
    "amounts": (
        AgreedAmount(valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 5), sek=4_000),
        AgreedAmount(valid_from=date(2026, 3, 6), sek=5_000),
    ),
}


def under(connection: Shown, now: str, *more: Any, **terms: Any) -> LiabilityAnswer:
    """The one line under an agreement."""
    basis = agreed(**terms)
    base.copy_rows(connection, base.SCHEMA, told(*more, basis=basis).all_rows(), {JOURNEY: 0})
    (line,) = liability(connection, base.SCHEMA, Filters(), instant(now), basis)
    return line


def test_under_a_mean_nobody_pays_for_one_patient(shown: Shown) -> None:
    line = under(shown, "2026-03-20T10:00", model=AVERAGE, threshold_days=2.0)
    assert (line["state"], line["start_date"], line["liable_from"], line["value"]) == (
        *("by-the-month", None),
        *(None, 0),
    )
    assert (line["reason"], line["amount"], line["amount_missing"]) == ("by-the-month", 0, None)


def test_and_after_the_discharge_it_still_says_so(shown: Shown) -> None:
    line = under(shown, "2026-03-20T10:00", discharged("2026-03-12T10:00"), model=AVERAGE, threshold_days=2.0)
    assert (line["state"], line["reason"], line["start_date"]) == ("ended", "by-the-month", None)


def test_each_ready_period_under_a_mean_is_a_line(shown: Shown) -> None:
    basis = agreed(model=AVERAGE, threshold_days=2.0)
    story = told(not_ready("2026-03-07T10:00"), told_ready("2026-03-09T10:00"), basis=basis)
    lines = asked(shown, story, "2026-03-10T10:00")
    assert [line["state"] for line in lines] == ["ended", "by-the-month"]
    only = Filters(states=["by-the-month"])
    assert len(liability(shown, base.SCHEMA, only, instant("2026-03-10T10:00"))) == 1


def test_a_long_stay_is_paid_for_from_the_individual_rules_date(shown: Shown) -> None:
    """On the 9th by the month; from the 10th on singly, and then from the 5th: five days by the 10th."""
    home = discharged("2026-03-12T10:00")
    line = under(shown, "2026-03-09T23:59", home, **CAP)
    assert (line["state"], line["start_date"], line["value"]) == ("by-the-month", date(2026, 3, 10), 0)
    (line,) = liability(shown, base.SCHEMA, Filters(), instant("2026-03-10T10:00"), agreed(**CAP))
    assert (line["state"], line["liable_from"], line["value"]) == ("liable", instant("2026-03-05T00:00"), 5)


@pytest.mark.parametrize("minute", range(6))
def test_a_long_stay_without_free_days_is_still_one_line(shown: Shown, minute: int) -> None:
    """It is paid for from the notice on, which is when the month's row begins, too; ids are in any order."""
    notice, basis = f"2026-03-02T10:0{minute}", agreed(**CAP, free_days=0)
    base.copy_rows(shown, base.SCHEMA, told(notice=notice, basis=basis).all_rows(), {JOURNEY: 0})
    (line,) = liability(shown, base.SCHEMA, Filters(), instant("2026-03-12T10:00"), basis)
    assert (line["state"], line["liable_from"], line["value"]) == ("liable", instant(notice), 10)


def test_local_amounts_are_those_of_each_date(shown: Shown) -> None:
    """Paid for from the 5th to the 8th: one day at 4 000 and two at 5 000."""
    line = under(shown, "2026-03-20T10:00", discharged("2026-03-08T10:00"), **LOCAL)
    assert (line["value"], line["amount"], line["amount_missing"]) == (3, 14_000, None)


def test_without_the_agreements_the_amount_is_the_statutes(shown: Shown) -> None:
    under(shown, "2026-03-20T10:00", discharged("2026-03-08T10:00"), **LOCAL)
    (line,) = liability(shown, base.SCHEMA, Filters(), instant("2026-03-20T10:00"))
    assert (line["amount"], line["amount_missing"]) == (None, UNKNOWN_2026)
