"""What days cost by an agreement: its own amount where the parties set one, else Socialstyrelsen's (LUS 4:5, 5:6)."""

from collections.abc import Iterable
from datetime import date

from domain.agreement import Agreement
from domain.amounts import Amount, Cost, cost, summed
from domain.calendar import add_days


def agreed_cost(start: date, end: date, agreement: Agreement, known: Iterable[Amount] | None = None) -> Cost:
    """What the dates from ``start`` up to, not including, ``end`` cost, each by its own amount; nothing for none.

    ``known`` are Socialstyrelsen's amounts as adopted; ``None``: those that came with the programs.
    """
    if agreement.payment.amount_source != "local":
        return cost(start, end, known)
    missing = f"The agreement {agreement.name} has no amount for days in {{}}."
    return summed(start, end, lambda day: _local(day, agreement), missing)


def amount_of(day: date, agreement: Agreement, known: Iterable[Amount] | None = None) -> Cost:
    """The amount of one date."""
    return agreed_cost(day, add_days(day, 1), agreement, known)


def _local(day: date, agreement: Agreement) -> int | None:
    """SEK as agreed on; of several for a date the one valid since latest holds."""
    own = [
        amount
        for amount in agreement.payment.amounts
        if amount.valid_from <= day and (amount.valid_to is None or day <= amount.valid_to)
    ]
    return max(own, key=lambda amount: amount.valid_from).sek if own else None
