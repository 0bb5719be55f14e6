"""A municipality's month settled: each month here was worked out on paper, as its comment shows.

2 March 2026 is a Monday. Good Friday is 3 April 2026, Easter Monday 6 April. Gävle has 27 000 inhabitants aged 65 or
older here, whatever it has elsewhere.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from given import STORE

from domain.agreement import AVERAGE, CAPPED, Agreement, LocalLimits, PaymentTerms
from domain.amounts import Amount
from domain.basis import Basis
from domain.population import Population
from domain.settle import (
    Settled,
    agreed_in,
    dispute_day_agreed,
    first_day,
    first_day_after,
    freeze_day_agreed,
    settle,
)
from domain.settled import Mean, SettledCase
from domain.spells import PAID, READY, Spell

MARCH = "2026-03"
PEOPLE = Population(
    id="people",
    title="People",
    as_of=date(2025, 12, 31),
    source="by hand",
    total={"2180": 100_000},
    aged_65={"2180": 27_000},
)
CONFIRMED = (
    Amount(valid_from=date(2025, 1, 1), sek=10_000, confidence="primary"),
    Amount(valid_from=date(2026, 1, 1), sek=11_000, confidence="primary"),
)
IN_MEAN, UP_TO_CAP, APART = "in-mean", "in-mean-up-to-cap", "out-of-mean-over-cap"


def day(text: str) -> date:
    """``03-02`` is 2 March 2026."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def spell(name: str, start: str, end: str, agreement: str = "own@1", **more: Any) -> Spell:
    """A stay ready for discharge from ``start``, discharged on ``end``."""
    said: dict[str, Any] = {
        "journey": uuid5(STORE, f"journey {name}"),
        "stay": uuid5(STORE, f"stay {name}"),
        "id": uuid5(STORE, f"row {name}"),
        "rule": READY,
        "outcome": "discharged",
        "municipality": "2180",
        "notified": day(start),
    }
    return Spell(start=day(start), end=day(end), agreement=agreement, **{**said, **more})


def paid(name: str, start: str, end: str, agreement: str = "own@1", **more: Any) -> Spell:
    """Paid for from ``start``, until ``end``."""
    return spell(name, start, end, agreement, **{"rule": PAID, "id": uuid5(STORE, f"paid {name}"), **more})


def own(version: int = 1, **terms: Any) -> Agreement:
    """An agreement with a monthly mean and a threshold of two days, unless it says otherwise."""
    said: dict[str, Any] = {"model": AVERAGE, "threshold_days": 2.0, **terms}
    return Agreement(id="own", version=version, title="Own", regions=("21",), payment=PaymentTerms(**said))


def settled(*spells: Spell, month: str = MARCH, basis: Basis | None = None, **terms: Any) -> Any:
    """Decimals are compared with whole numbers below, which types would not allow."""
    return settle(
        "2180", month, spells, basis or Basis(agreements=(own(**terms),), amounts=CONFIRMED), PEOPLE
    )


def mean(*spells: Spell, **more: Any) -> Any:
    (one,) = settled(*spells, **more).means
    return one


def counted(found: Settled) -> list[tuple[str, int]]:
    return [(case.counted, case.days) for case in found.cases]


def stays(*days: int) -> list[Spell]:
    """Stays with a notice on 2 March, each so many calendar days long."""
    return [spell(str(number), "03-02", f"03-{2 + length:02}") for number, length in enumerate(days)]


# -- the mean ------------------------------------------------------------------------------------------------------


def test_above_the_threshold() -> None:
    """0, 2, 3 and 6 days: 11 days of 4 patients, mean 2.75. Two days each would be 8: 3 days at 11 000 SEK.

    11 days among 27 000 aged 65 or older: 11 000 / 27 000 = 0.4074 per 1 000.
    """
    assert mean(*stays(0, 2, 3, 6)) == Mean(
        agreement="own@1",
        discharged=4,
        days=11,
        mean=Decimal("2.7500"),
        threshold=Decimal("2.0"),
        above=True,
        billable=Decimal("3.0"),
        sek_per_day=11_000,
        amount=Decimal("33000.00"),
        per_1000_aged_65=Decimal("0.4074"),
    )


@pytest.mark.parametrize("days", [(2, 2, 2), (1, 2, 3), (0, 4)])
def test_at_the_threshold_nothing_is_paid(days: tuple[int, ...]) -> None:
    """As many days as two for each patient: the mean is 2, and not above it."""
    found = mean(*stays(*days))
    assert (found.mean, found.above, found.billable, found.amount) == (2, False, 0, 0)


def test_below_the_threshold_nothing_is_paid() -> None:
    """1 and 2 days: 3 days of 2 patients, mean 1.5; it is never paid back."""
    found = mean(*stays(1, 2))
    assert (found.mean, found.above, found.billable, found.amount, found.amount_missing) == (
        Decimal("1.5000"),
        False,
        0,
        0,
        None,
    )


def test_a_mean_that_only_rounds_to_the_threshold_is_above_it() -> None:
    """30 000 patients of 2 days and one of 3: 60 003 days of 30 001 patients. The mean is 2.00003..., told as 2.0000,
    and 60 003 - 2 x 30 001 = 1 day is paid for."""
    many = [*(replace(spell("many", "03-02", "03-04"), id=UUID(int=n)) for n in range(30_000)), *stays(3)]
    found = mean(*many)
    assert (found.mean, found.above, found.billable) == (Decimal("2.0000"), True, 1)


def test_a_third_of_a_day_is_told_with_four_decimals() -> None:
    """1, 2 and 2 days: 5 of 3 patients, 1.66666... is 1.6667."""
    assert mean(*stays(1, 2, 2)).mean == Decimal("1.6667")


def test_a_threshold_that_no_float_can_hold_is_the_decimal_that_was_written() -> None:
    """3 x 2.1 = 6.3 exactly: 6.3 days would be at it; 7 days are 0.7 above, which cost 7 700 SEK at 11 000."""
    found = mean(*stays(2, 2, 3), threshold_days=2.1)
    assert (found.threshold, found.billable, found.amount) == (Decimal("2.1"), Decimal("0.7"), 7_700)
    at = mean(*stays(*[2] * 9, 3), threshold_days=2.1)  # 21 days of 10 patients
    assert (at.above, at.billable) == (False, 0)


@pytest.mark.parametrize(
    ("rounding", "threshold", "billable"),
    [
        # 3 and 4 days: 7 of 2 patients. 7 - 2 x 2.25 = 2.5; 7 - 2 x 2.3 = 2.4; 7 - 2 x 2.0 = 3.
        ("none", 2.25, "2.5"),
        ("up", 2.25, "3"),
        ("down", 2.25, "2"),
        ("half-up", 2.25, "3"),
        ("up", 2.3, "3"),
        ("down", 2.3, "2"),
        ("half-up", 2.3, "2"),
        ("up", 2.0, "3"),
        ("half-up", 3.25, "1"),  # 7 - 6.5 = 0.5
        ("down", 3.25, "0"),
    ],
)
def test_rounding(rounding: str, threshold: float, billable: str) -> None:
    found = mean(*stays(3, 4), rounding=rounding, threshold_days=threshold)
    assert (found.billable, found.above) == (Decimal(billable), True)
    assert found.amount == Decimal(billable) * 11_000


def test_parts_of_a_krona_are_told_in_ore() -> None:
    """7 - 2 x 2.33333 = 2.33334 days at 11 000: 25 666.74 SEK."""
    assert mean(*stays(3, 4), threshold_days=2.33333).amount == Decimal("25666.74")


# -- days ----------------------------------------------------------------------------------------------------------


def test_those_who_left_on_the_day_of_the_notice_count_with_no_days() -> None:
    """0, 0 and 6 days: mean 2, not above the threshold."""
    found = settled(*stays(0, 0, 6))
    assert (found.means[0].discharged, found.means[0].mean, found.means[0].billable) == (3, 2, 0)
    assert counted(found) == [(IN_MEAN, 0), (IN_MEAN, 0), (IN_MEAN, 6)]


def test_or_they_are_left_out_of_days_and_number() -> None:
    """Only the one of 6 days: mean 6, 4 days above the threshold."""
    found = settled(*stays(0, 0, 6), count_day_zero=False)
    (one,) = found.means
    assert (one.discharged, one.left_out, one.mean, one.billable) == (1, 2, 6, 4)
    assert counted(found) == [("left-out-day-zero", 0), ("left-out-day-zero", 0), (IN_MEAN, 6)]


def test_working_days_over_easter() -> None:
    """Notice on Thursday 2 April, home on Wednesday the 8th: Friday and Monday are holidays, so Tuesday and Wednesday
    are the days. Notice on Saturday the 11th, home on Sunday the 12th: none. Two days of two patients."""
    found = settled(
        spell("a", "04-02", "04-08"), spell("b", "04-11", "04-12"), month="2026-04", day_type="weekday"
    )
    assert counted(found) == [(IN_MEAN, 2), (IN_MEAN, 0)]
    assert (found.means[0].days, found.means[0].mean) == (2, 1)


def test_a_weekend_in_working_days_is_no_day_zero() -> None:
    """From Saturday to Sunday: no working day, but not the day of the notice either."""
    weekend = spell("a", "03-07", "03-08")
    found = settled(weekend, day_type="weekday", count_day_zero=False)
    assert counted(found) == [(IN_MEAN, 0)]


# -- long stays ----------------------------------------------------------------------------------------------------

CAP: dict[str, Any] = {"model": CAPPED, "individual_cap_days": 7}


def test_apart_leaves_the_mean_and_is_paid_for_singly() -> None:
    """2, 7 and 8 days: the one of 8 is out, so 9 days of 2 patients, mean 4.5 and 9 - 4 = 5 days to pay for. The long
    one is paid for from 5 March to the 10th: 5 days. 55 000 SEK each."""
    found = settled(*stays(2, 7, 8), paid("2", "03-05", "03-10"), **CAP, capped="apart")
    (one,) = found.means
    assert (one.discharged, one.days, one.billable, one.apart) == (2, 9, 5, 1)
    assert counted(found) == [(IN_MEAN, 2), (IN_MEAN, 7), (APART, 0), ("paid-singly", 5)]
    assert (one.amount, found.singly.stretches, found.singly.days, found.singly.amount) == (
        55_000,
        1,
        5,
        55_000,
    )


def test_beyond_the_cap_it_stays_in_the_mean_with_the_days_of_the_cap() -> None:
    """2, 7 and 8 days: 2 + 7 + 7 = 16 of 3 patients, 16 - 6 = 10 days to pay for, and one day beyond the cap singly."""
    found = settled(*stays(2, 7, 8), paid("2", "03-10", "03-11"), **CAP, capped="beyond-cap")
    (one,) = found.means
    assert (one.discharged, one.days, one.billable, one.apart) == (3, 16, 10, 0)
    assert counted(found) == [(IN_MEAN, 2), (IN_MEAN, 7), (UP_TO_CAP, 7), ("paid-singly", 1)]


def test_the_caps_days_in_working_days() -> None:
    """Notice on Monday the 2nd; seven calendar days on is Monday the 9th: five working days."""
    found = settled(spell("a", "03-02", "03-20"), **CAP, capped="beyond-cap", day_type="weekday")
    assert counted(found) == [(UP_TO_CAP, 5)]


def test_a_month_of_long_stays_alone_has_no_mean() -> None:
    found = settled(*stays(8), **CAP)
    (one,) = found.means
    assert (one.discharged, one.mean, one.above, one.billable, one.amount) == (0, None, False, 0, 0)


def test_a_plain_mean_knows_no_cap() -> None:
    assert counted(settled(*stays(20), individual_cap_days=7)) == [(IN_MEAN, 20)]


# -- money ---------------------------------------------------------------------------------------------------------

LOCAL: list[dict[str, Any]] = [
    {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 3, 15), "sek": 4_000},
    {"valid_from": date(2026, 3, 16), "sek": 5_000},
]


def local(*amounts: dict[str, Any]) -> dict[str, Any]:
    terms = PaymentTerms.model_validate({"amounts": tuple(amounts)})
    return {"amount_source": "local", "amounts": terms.amounts}


def test_a_local_amount_is_that_of_the_months_last_day() -> None:
    """4 days of one patient, 2 above the threshold: 2 x 5 000, though the patient left on 6 March."""
    found = mean(*stays(4), **local(*LOCAL))
    assert (found.sek_per_day, found.amount) == (5_000, 10_000)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_local_amounts_the_one_since_latest(order: int) -> None:
    both: list[dict[str, Any]] = [
        {"valid_from": date(2026, 1, 1), "sek": 4_000},
        {"valid_from": date(2026, 3, 16), "sek": 5_000},
    ]
    assert mean(*stays(4), **local(*both[::order])).sek_per_day == 5_000


def test_each_day_paid_for_singly_has_the_amount_of_its_own_date() -> None:
    """From 14 to 18 March: the 14th and 15th at 4 000, the 16th and 17th at 5 000."""
    found = settled(paid("a", "03-14", "03-18"), **local(*LOCAL))
    (case,) = found.cases
    assert (case.days, case.amount, case.sek_per_day) == (4, 18_000, None)
    assert found.singly.amount == 18_000


def test_a_stay_over_new_year_is_paid_for_by_both_years() -> None:
    """30 and 31 December at 10 000, 1 January at 11 000."""
    found = settled(paid("a", "2025-12-30", "2026-01-02"), month="2026-01")
    assert found.singly.amount == 31_000


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (local(), "The agreement own@1 has no amount for days in 2026."),
        (local(LOCAL[0]), "The agreement own@1 has no amount for days in 2026."),
        ({}, "The amount per day is not confirmed for 2026."),
    ],
)
def test_without_an_amount_there_is_no_money_and_it_is_said_why(terms: dict[str, Any], why: str) -> None:
    shipped = Basis(agreements=(own(**terms),))
    found = settled(*stays(4), paid("x", "03-20", "03-22"), basis=shipped)
    (one,) = found.means
    assert (one.billable, one.sek_per_day, one.amount, one.amount_missing) == (2, None, None, why)
    assert (found.singly.days, found.singly.amount, found.singly.amount_missing) == (2, None, why)


def test_where_nothing_is_to_be_paid_no_amount_is_missing() -> None:
    found = settled(*stays(1), paid("x", "03-20", "03-20"), basis=Basis(agreements=(own(),)))
    assert (found.means[0].amount, found.means[0].amount_missing) == (0, None)
    assert (found.singly.amount, found.singly.amount_missing) == (0, None)


def test_an_amount_of_a_second_hand_is_none() -> None:
    heard = (Amount(valid_from=date(2026, 1, 1), sek=11_000, confidence="secondary"),)
    found = mean(*stays(4), basis=Basis(agreements=(own(),), amounts=heard))
    assert (found.amount, found.sek_per_day) == (None, None)


# -- whose days, under which agreement ---------------------------------------------------------------------------


def test_two_agreements_in_one_month_are_two_means() -> None:
    """Psychiatric stays of 3 and 5 days with a threshold of 3: 8 - 6 = 2 days. Others of 2 and 3 days with 2: 1 day.
    And one under the statute, in no mean: its two days from the third on are paid for singly."""
    psychiatry = Agreement(
        id="psychiatry",
        version=4,
        title="Psychiatry",
        care_forms=("psychiatric",),
        payment=PaymentTerms(model=AVERAGE, threshold_days=3.0),
    )
    basis = Basis(agreements=(own(), psychiatry), amounts=CONFIRMED)
    found = settled(
        *stays(2, 3),
        spell("p", "03-02", "03-05", "psychiatry@4"),
        spell("q", "03-02", "03-07", "psychiatry@4"),
        spell("s", "03-02", "03-07", "statute@1"),
        paid("s", "03-05", "03-07", "statute@1"),
        basis=basis,
    )
    assert [(one.agreement, one.discharged, one.days, one.billable) for one in found.means] == [
        ("own@1", 2, 5, 1),
        ("psychiatry@4", 2, 8, 2),
    ]
    assert (found.singly.stretches, found.singly.days, found.singly.amount) == (1, 2, 22_000)
    assert counted(found)[-2:] == [("paid-singly", 2), ("under-no-mean", 5)]


def test_a_municipality_under_the_statute_has_single_lines_and_no_mean() -> None:
    """However they ended: 2 days withdrawn, 1 moved, 3 deceased, 0 discharged on the first date."""
    found = settled(
        paid("a", "03-05", "03-07", "statute@1", outcome="withdrawn"),
        paid("b", "03-05", "03-06", "statute@1", outcome="moved"),
        paid("c", "03-05", "03-08", "statute@1", outcome="deceased"),
        paid("d", "03-05", "03-05", "statute@1"),
        basis=Basis(amounts=CONFIRMED),
    )
    assert found.means == ()
    assert [(case.outcome, case.days, case.amount) for case in found.cases] == [
        ("discharged", 0, 0),
        ("moved", 1, 11_000),
        ("withdrawn", 2, 22_000),
        ("deceased", 3, 33_000),
    ]
    assert (found.singly.stretches, found.singly.days, found.singly.amount) == (4, 6, 66_000)


def test_other_municipalities_and_months_are_left_aside() -> None:
    found = settled(
        spell("a", "02-20", "03-01"),
        spell("b", "03-20", "04-01"),
        spell("c", "03-02", "03-05", municipality="2181"),
        spell("d", "03-20", "03-31"),
        paid("e", "03-30", "04-01"),
    )
    assert counted(found) == [(IN_MEAN, 9), (IN_MEAN, 11)]


def test_where_the_population_is_not_known_there_is_no_rate() -> None:
    nobody = PEOPLE.model_copy(update={"aged_65": {}})
    basis = Basis(agreements=(own(),), amounts=CONFIRMED)
    (found,) = settle("2180", MARCH, stays(1), basis, nobody).means
    assert found.per_1000_aged_65 is None


# -- versions ------------------------------------------------------------------------------------------------------


def versions(first: Agreement, second: Agreement, since: str) -> Basis:
    return Basis(
        agreements=(
            first.model_copy(update={"valid_to": date.fromordinal(day(since).toordinal() - 1)}),
            second.model_copy(update={"valid_from": day(since)}),
        ),
        amounts=CONFIRMED,
    )


def test_a_month_is_reckoned_by_the_version_of_its_last_day() -> None:
    """Version 2 from 16 March has a threshold of 1: of 2 and 4 days, 6 - 2 = 4 days are paid for, under one mean."""
    basis = versions(own(), own(2, threshold_days=1.0), "03-16")
    found = settled(spell("a", "03-02", "03-04"), spell("b", "03-17", "03-21", "own@2"), basis=basis)
    (one,) = found.means
    assert (one.agreement, one.discharged, one.threshold, one.billable) == ("own@2", 2, 1, 4)
    assert [(case.agreement, case.terms) for case in found.cases] == [("own@1", "own@2"), ("own@2", "own@2")]


def test_of_two_versions_on_the_last_day_the_one_since_latest() -> None:
    first, second = own(), own(2, threshold_days=1.0).model_copy(update={"valid_from": day("03-16")})
    for agreements in ((first, second), (second, first)):
        basis = Basis(agreements=agreements, amounts=CONFIRMED)
        assert mean(*stays(4), basis=basis).agreement == "own@2"


def test_without_a_version_on_the_last_day_it_is_the_stays_own() -> None:
    basis = Basis(agreements=(own().model_copy(update={"valid_to": day("03-15")}),), amounts=CONFIRMED)
    assert mean(*stays(4), basis=basis).agreement == "own@1"


def test_a_version_that_holds_only_later_is_not_asked() -> None:
    basis = versions(own(), own(2, threshold_days=1.0), "04-01")
    assert mean(*stays(4), basis=basis).agreement == "own@1"


def test_or_where_the_version_of_the_last_day_has_no_mean() -> None:
    single = own(2, model="individual", threshold_days=None)
    assert mean(*stays(4), basis=versions(own(), single, "03-16")).agreement == "own@1"


def test_a_stay_whose_own_version_had_no_mean_enters_none() -> None:
    basis = versions(own(1, model="individual", threshold_days=None), own(2), "03-16")
    found = settled(*stays(4), basis=basis)
    assert (found.means, counted(found)) == ((), [("under-no-mean", 4)])


def test_whether_a_stay_is_over_the_cap_is_by_its_own_version() -> None:
    """It was paid for singly by then, so it cannot be in the mean as well: not though the cap is 14 at the end."""
    basis = versions(own(1, **CAP), own(2, **{**CAP, "individual_cap_days": 14}), "03-16")
    assert counted(settled(*stays(8), basis=basis)) == [(APART, 0)]


def test_a_mean_that_cannot_be_reckoned_is_none() -> None:
    found = settled(*stays(4), threshold_days=None)
    assert (found.means, counted(found)) == ((), [("under-no-mean", 4)])


def test_an_agreement_that_is_not_known_any_more_has_no_mean() -> None:
    assert counted(settled(spell("a", "03-02", "03-06", "gone@1"))) == [("under-no-mean", 4)]


# -- days of the next month ----------------------------------------------------------------------------------------


def test_of_several_agreements_the_latest_days_hold() -> None:
    """The one of the last day, and what the month's cases rest on."""
    mine = own(freeze_day_of_month=13).model_copy(update={"limits": LocalLimits(dispute_day_of_month=12)})
    other = Agreement(
        id="other",
        version=1,
        title="Other",
        regions=("22",),
        limits=LocalLimits(dispute_day_of_month=10),
        payment=PaymentTerms(freeze_day_of_month=15),
    )
    basis = Basis(agreements=(mine, other))
    found = agreed_in("2180", MARCH, ["other@1", "statute@1"], basis)
    assert [one.name for one in found] == ["own@1", "other@1", "statute@1"]
    assert (freeze_day_agreed(found), dispute_day_agreed(found)) == (15, 12)
    assert agreed_in("2180", MARCH, [], basis) == (mine,)
    assert (freeze_day_agreed(found[2:]), dispute_day_agreed(found[2:])) == (None, None)


def test_months() -> None:
    assert (first_day("2026-12"), first_day_after("2026-12")) == (date(2026, 12, 1), date(2027, 1, 1))
    assert first_day_after("2028-02") == date(2028, 3, 1)
    with pytest.raises(ValueError, match="pattern"):
        first_day("2026-13")


def test_cases_say_what_they_rest_on() -> None:
    (case,) = settled(paid("a", "03-05", "03-07", notified=day("03-02"))).cases
    assert case == SettledCase(
        id=uuid5(STORE, "paid a"),
        journey=uuid5(STORE, "journey a"),
        stay=uuid5(STORE, "stay a"),
        agreement="own@1",
        terms="own@1",
        start=day("03-05"),
        end=day("03-07"),
        outcome="discharged",
        counted="paid-singly",
        days=2,
        notified=day("03-02"),
        sek_per_day=11_000,
        amount=22_000,
    )
