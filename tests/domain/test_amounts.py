"""Money from confirmed amounts only (LUS 5:6): 7 800 SEK a day for 2019 (HSLF-FS 2018:67), read with its publisher."""

from datetime import date

import pytest

from domain.amounts import Amount, Cost, amount_on, amounts, cost


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "sek"),
    [
        ("2019-03-04", "2019-03-04", 0),
        ("2019-03-04", "2019-03-05", 7_800),
        ("2019-03-29", "2019-04-02", 31_200),  # four dates over the night summer time begins
        ("2019-01-01", "2020-01-01", 2_847_000),  # 365 days
        ("2026-03-04", "2026-03-04", 0),
    ],
)
def test_days_of_a_confirmed_year(start: str, end: str, sek: int) -> None:
    assert cost(day(start), day(end)) == Cost(sek)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2026-03-04", "2026-03-05", "2026"),
        ("2020-03-04", "2020-03-05", "2020"),  # 8 200 stands in the file, read with another party
        ("2019-12-30", "2020-01-02", "2020"),  # two days are known, and the sum is not
        ("2017-12-30", "2018-01-02", "2017, 2018"),
        ("2030-01-01", "2030-02-01", "2030"),  # the last year's amount is not the next one's
    ],
)
def test_an_amount_that_is_not_confirmed_is_said_to_be_missing(start: str, end: str, years: str) -> None:
    found = cost(day(start), day(end))
    assert found.amount is None
    assert found.missing == f"The amount per day is not confirmed for {years}."


def test_each_day_has_its_own_years_amount() -> None:
    known = [
        Amount(valid_from=day("2030-01-01"), sek=10, confidence="primary"),
        Amount(valid_from=day("2031-01-01"), sek=100, confidence="primary"),
        Amount(valid_from=day("2031-01-03"), sek=1000, confidence="primary"),
    ]
    assert cost(day("2030-12-30"), day("2031-01-04"), known) == Cost(10 + 10 + 100 + 100 + 1000)


def test_the_file_says_which_years_are_confirmed() -> None:
    assert [amount.valid_from.year for amount in amounts() if amount.confidence == "primary"] == [2019]
    assert [amount.valid_from.year for amount in amounts()] == list(range(2018, 2027))
    confirmed = amount_on(day("2019-06-30"))
    assert confirmed is not None
    assert (confirmed.sek, confirmed.regulation) == (7_800, "HSLF-FS 2018:67")
