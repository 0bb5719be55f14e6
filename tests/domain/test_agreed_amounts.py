"""What days cost by an agreement's own amounts, else by Socialstyrelsen's."""

from datetime import date
from typing import Any

from domain.agreed_amounts import agreed_cost, amount_of
from domain.agreement import STATUTE, AgreedAmount, Agreement, PaymentTerms
from domain.amounts import Amount, Cost

APRIL = [date(2026, 4, number) for number in range(1, 10)]


def own(*amounts: tuple[date, date | None, int]) -> Agreement:
    table = tuple(AgreedAmount(valid_from=since, valid_to=until, sek=sek) for since, until, sek in amounts)
    terms: dict[str, Any] = {"amount_source": "local", "amounts": table}
    return Agreement(id="own", version=3, title="Own", payment=PaymentTerms(**terms))


def test_by_the_regulation_where_no_amount_is_agreed_on() -> None:
    """7 800 SEK in 2019."""
    assert agreed_cost(date(2019, 3, 7), date(2019, 3, 10), STATUTE) == Cost(23_400)
    assert amount_of(date(2019, 3, 7), STATUTE) == Cost(7_800)


def test_by_the_regulation_as_adopted() -> None:
    adopted = (Amount(valid_from=date(2026, 1, 1), sek=12_000, confidence="primary"),)
    assert agreed_cost(APRIL[0], APRIL[2], STATUTE, adopted) == Cost(24_000)


def test_local_amounts_with_a_last_day() -> None:
    agreed = own((APRIL[0], APRIL[1], 4_000), (APRIL[2], None, 5_000))
    assert agreed_cost(APRIL[1], APRIL[3], agreed) == Cost(9_000)


def test_a_day_without_a_local_amount_leaves_all_of_it_without() -> None:
    agreed = own((APRIL[0], APRIL[1], 4_000))
    assert agreed_cost(APRIL[1], APRIL[4], agreed) == Cost(
        None, "The agreement own@3 has no amount for days in 2026."
    )
    assert agreed_cost(date(2025, 12, 31), date(2026, 1, 2), agreed).missing == (
        "The agreement own@3 has no amount for days in 2025, 2026."
    )


def test_no_day_costs_nothing_whatever_is_known() -> None:
    assert agreed_cost(APRIL[0], APRIL[0], own()) == Cost(0)


def test_a_local_agreement_never_uses_the_regulation() -> None:
    assert amount_of(date(2019, 3, 7), own((APRIL[0], None, 4_000))).amount is None
